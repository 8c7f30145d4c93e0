"""What the board shows, frozen and in words: the templates lay it out and decide nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Slate:
    """A placeholder's colours, as `#rrggbb`."""

    ground: str
    accent: str


@dataclass(frozen=True)
class Span:
    """A piece of a prompt; one that a variable printed says which, and where its value comes from."""

    text: str
    variable: str = ""
    source: str = ""


@dataclass(frozen=True)
class CutView:
    """One cut: its prompt, when it begins and how long it is in seconds, and the same as shares of 1,000."""

    number: int
    start: float
    seconds: float
    x: int
    width: int
    spans: tuple[Span, ...]

    @property
    def text(self) -> str:
        """Its prompt."""
        return "".join(span.text for span in self.spans)


@dataclass(frozen=True)
class TakeView:
    """One take: a clip, or what is known instead.

    Attributes:
        id: of its element in the page.
        address: as commands take it.
        state: what a render would do about it, in the tool's words.
        tone: how that is coloured: `good`, `wait`, `bad` or `plain`.
        source: where the clip lies, for `src`; empty where there is none.
        poster: a picture as a data URI; empty where there is none.
        is_drawn: whether the poster is the request's first frame, not a frame of the clip.
        is_standing: whether it stands in the film.
        is_older: whether it was made from an older request.
        words: the prompts that it was made from, where they are not the card's.
        can_pick: whether it can be picked.
    """

    id: str
    address: str
    number: int
    state: str
    tone: str
    price: str
    message: str = ""
    source: str = ""
    poster: str = ""
    seconds: str = ""
    is_drawn: bool = False
    is_picked: bool = False
    is_locked: bool = False
    is_standing: bool = False
    is_older: bool = False
    words: tuple[str, ...] = ()
    can_pick: bool = False


@dataclass(frozen=True)
class Variable:
    """A variable of the templates with its value and source."""

    name: str
    value: str
    source: str
    is_used: bool


@dataclass(frozen=True)
class Member:
    """Someone or something in the shot, and what of it is sent."""

    name: str
    description: str
    sent: str


@dataclass(frozen=True)
class CardView:
    """One variant of one shot in one version.

    Attributes:
        place: its number in the film; empty where it is not in it.
        address: without a take number.
        axes: what it varies in, without the version.
        estimated: what its planned takes cost, without those that count on another card.
        settled: what was charged for all of its takes, further and older ones too; empty where nothing was.
        shared_with: the variant on whose card all of its planned takes count; empty where one counts here.
        choice: why a take of it stands in the film; empty where none does.
        shape: `wide`, `tall` or `square`.
        filters: what it is found by: scene, shot, version, tags, states, axes.
    """

    id: str
    place: str
    shot: str
    title: str
    address: str
    axes: tuple[tuple[str, str], ...]
    version: str
    scene: str
    tags: tuple[str, ...]
    notes: str
    note: str
    summary: str
    length: str
    estimated: str
    settled: str
    shared_with: str
    choice: str
    shape: str
    slate: Slate
    takes: tuple[TakeView, ...]
    cuts: tuple[CutView, ...]
    parameters: tuple[tuple[str, str], ...]
    variables: tuple[Variable, ...]
    cast: tuple[Member, ...]
    warnings: tuple[str, ...]
    filters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ReelView:
    """The film of one version; `parts` is what the player plays, as JSON."""

    version: str
    length: str
    parts: tuple[dict[str, Any], ...]
    is_missing: int


@dataclass(frozen=True)
class Section:
    """The cards of one version."""

    version: str
    cards: tuple[CardView, ...]


@dataclass(frozen=True)
class FilterView:
    """One filter: its key in a card's `filters`, its label, and what can be chosen."""

    key: str
    label: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class BoardView:
    """The whole page.

    Attributes:
        facts: label and value of what stands under the title.
        banner: a sentence about what kind of clips these are; empty for takes bought at RunAPI.
        made: when; empty for a rehearsal, whose files are the same each time.
    """

    title: str
    profile: str
    banner: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    reels: tuple[ReelView, ...]
    filters: tuple[FilterView, ...]
    warnings: tuple[str, ...]
    made: str
    count: int
    can_pick: bool = True
