"""From plan, ledger, picks and notes to what the board shows: pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from typing import Any

from kling_render.bookkeeping import Candidate
from kling_render.catalog import format_usd
from kling_render.expansion import variant_of
from kling_render.expansion.address import Pairs
from kling_render.expansion.marking import Marked
from kling_render.film import Choice, Part, Reel, cut_film
from kling_render.ledger import Picks, Snapshot
from kling_render.planning import Plan, PlannedTake, TakeState
from kling_render.project import DEFAULT_PROFILE
from kling_render.report.board.cards import Cards
from kling_render.report.board.media import Media
from kling_render.report.board.sums import Settled, settle
from kling_render.report.board.takes import TakeViews, element_id, take_id
from kling_render.report.board.view import BoardView, FilterView, ReelView, Section
from kling_render.report.board.words import UNKNOWN_PROMPT, clock

_UNKNOWN_SECONDS = 3.0
"""For how long the player shows a placeholder of which nobody knows how long it will be."""
_LABELS = {"scene": "Scene", "shot": "Shot", "version": "Version", "tag": "Tag", "state": "State"}

Variants = dict[tuple[Pairs, str, Pairs], list[PlannedTake]]


@dataclass(frozen=True)
class Known:
    """What is known of a project at one moment, as far as the board shows it.

    Attributes:
        chosen: the takes that are shown: those that a selection left.
        clip_folder: what the paths of clips are relative to.
        banner: what kind of clips these are, where they were not bought at RunAPI.
    """

    plan: Plan
    snapshot: Snapshot
    chosen: Sequence[PlannedTake]
    picks: Picks
    candidates: Sequence[Candidate]
    notes: Mapping[str, str]
    marks: Mapping[tuple[Pairs, str, Pairs], Marked]
    clip_folder: Path
    now: datetime
    banner: str = ""
    is_rehearsal: bool = False


def board_view(known: Known, media: Media) -> BoardView:
    """The whole board."""
    plan, project = known.plan, known.plan.project
    variants = _by_variant(known.chosen)
    reels = [_shown(reel, variants) for reel in cut_film(plan, known.snapshot, known.picks)]
    by_variant: dict[str, list[Candidate]] = {}
    for each in known.candidates:
        by_variant.setdefault(each.variant, []).append(each)
    settled = settle(known.chosen, known.candidates, known.snapshot, project.profile)
    bearers = {each.key: each for each in known.chosen if not each.is_shared}
    views = TakeViews(known.snapshot, known.picks, by_variant, media, settled, bearers, known.is_rehearsal)
    cards = Cards(project.folder, project.shots, views, known.notes, plan.warnings, known.marks)
    sections = tuple(_sections(reels, variants, cards))
    profile = "" if project.profile == DEFAULT_PROFILE else project.profile
    return BoardView(
        title=project.table.name,
        profile=profile,
        banner=known.banner,
        facts=tuple(_facts(known, settled)),
        sections=sections,
        reels=tuple(_reel(reel, project.shots) for reel in reels if reel.parts),
        filters=tuple(_filters(sections)),
        warnings=tuple(each.message for each in plan.warnings if not each.place.key.startswith("shot.")),
        made="" if known.is_rehearsal else f"{known.now:%Y-%m-%d %H:%M} UTC",
        count=sum(len(section.cards) for section in sections),
        can_pick=not known.is_rehearsal,
    )


def _by_variant(takes: Sequence[PlannedTake]) -> Variants:
    found: Variants = {}
    for each in takes:
        found.setdefault(each.address.without_number, []).append(each)
    return found


def _shown(reel: Reel, variants: Variants) -> Reel:
    """The film without the shots that a selection left out."""
    return Reel(reel.version, tuple(each for each in reel.parts if each.planned.address.without_number in variants))


# ── cards


def _sections(reels: Sequence[Reel], variants: Variants, cards: Cards) -> Iterator[Section]:
    """The cards of each version in the order of the film; shots that are not in it come last."""
    for reel in reels:
        parts = {each.planned.address.without_number: each for each in reel.parts}
        places: dict[str, list[str]] = {}
        for number, part in enumerate(reel.parts, start=1):
            places.setdefault(part.shot, []).append(str(number))
        mine = [key for key in variants if variants[key][0].address.version_text == reel.version]
        order = {shot: at for at, shot in enumerate(places)}
        mine.sort(key=lambda key: order.get(key[1], len(order)))
        made = tuple(cards.card(variants[key], ", ".join(places.get(key[1], ())), parts.get(key)) for key in mine)
        if made:
            yield Section(reel.version, made)


def _filters(sections: Sequence[Section]) -> Iterator[FilterView]:
    """What cards can be told apart by: whatever not all of them share."""
    found: dict[str, dict[str, int]] = {key: {} for key in _LABELS}
    count = 0
    for card in (card for section in sections for card in section.cards):
        count += 1
        for key, values in card.filters.items():
            for value in values:
                found.setdefault(key, {})[value] = found.get(key, {}).get(value, 0) + 1
    for key, values in found.items():
        if values and min(values.values()) < count:
            yield FilterView(key, _LABELS.get(key, key.removeprefix("axis ")), tuple(values))


# ── the film


def _reel(reel: Reel, shots: Mapping[str, Any]) -> ReelView:
    missing = sum(each.choice is Choice.MISSING for each in reel.parts)
    starts = accumulate((_seconds(each) for each in reel.parts), initial=0.0)
    parts = tuple(_part(each, start, shots) for each, start in zip(reel.parts, starts, strict=False))
    return ReelView(reel.version, clock(reel.seconds), parts, missing)


def _part(part: Part, start: float, shots: Mapping[str, Any]) -> dict[str, Any]:
    """What the player knows of a part: its elements in the page, its length, and where it cuts inside."""
    planned, attempt = part.planned, part.attempt
    number, mark = (attempt.take, attempt.fingerprint) if attempt else (planned.address.number, planned.fingerprint)
    seconds = _seconds(part)
    begins = list(accumulate((cut.seconds for cut in part.cuts), initial=0.0))[:-1]
    return {
        "card": element_id("c", variant_of(planned.address)),
        "take": take_id(variant_of(planned.address), number, mark),
        "label": shots[part.shot].title,
        "address": part.address,
        "choice": part.choice.value,
        "start": round(start, 3),
        "seconds": round(seconds, 3),
        "cuts": [round(begin, 3) for begin in begins if begin < seconds] or [0.0],
        "words": _words(part),
    }


def _words(part: Part) -> list[str]:
    """The prompts of its cuts as they were sent, which the card's need not be."""
    is_older = part.choice in (Choice.STALE, Choice.LOCKED)
    if is_older and part.attempt is not None and not part.attempt.body:
        return [UNKNOWN_PROMPT for _ in part.cuts]
    return [cut.prompt for cut in part.cuts]


def _seconds(part: Part) -> float:
    return part.seconds or _UNKNOWN_SECONDS


# ── sums


def _facts(known: Known, settled: Settled) -> Iterator[tuple[str, str]]:
    """What stands under the title: the sums of what stands on the cards."""
    plan, chosen = known.plan, known.chosen
    own = [each for each in chosen if not each.is_shared]
    yield "takes", f"{len(chosen)} planned, {_made(known)} made"
    unknown = sum(each.estimate_micro_usd is None for each in own)
    estimated = format_usd(sum(each.estimate_micro_usd or 0 for each in own))
    yield "estimated", f"{estimated} and {unknown} unknown" if unknown else estimated
    if not known.is_rehearsal:
        yield "settled", format_usd(sum(settled.by_card.values()))
        yield "to pay", format_usd(sum(each.due_micro_usd for each in chosen))
    yield "prices of", plan.project.catalog.rates.as_of


def _made(known: Known) -> int:
    """How many clips were made of the variants that are shown: further and older ones too, shared ones once."""
    variants = {variant_of(each.address) for each in known.chosen}
    others = {(each.attempt.fingerprint, each.attempt.take) for each in known.candidates if each.variant in variants}
    return len(others | {each.key for each in known.chosen if each.state in (TakeState.BOUGHT, TakeState.ELSEWHERE)})
