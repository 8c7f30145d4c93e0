"""What every export says of a shot in its place: made once, so that all of them tell the same story."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import Any

from kling_render.catalog import exact_usd
from kling_render.exports.footage import Footage
from kling_render.film import Part, Reel
from kling_render.ledger import Attempt


class Counted(StrEnum):
    """Where the price of a take is counted, which is bought once however often it is shown."""

    HERE = "here"
    REPEATED = "repeated"
    """Where the same take stands earlier in the film."""
    SHARED = "shared"
    """In the film of an earlier version, which has the same take."""


@dataclass(frozen=True)
class Entry:
    """One shot in its place in the film of one version.

    Attributes:
        number: its place, from 1.
        name: the shot's label or name: the same for a placeholder, for every take and in every version.
        place: where its clip lies or will lie, relative to the film's folder; its name is what an editor links by.
        clip: that file; None while it is not on this disk.
        start_seconds: where it begins in the film.
        is_rehearsed: whether its clip is the placeholder of a rehearsal: nothing was charged, no task can be asked for.
        counted: where its price is counted.
    """

    part: Part
    number: int
    name: str
    place: PurePosixPath
    clip: Path | None
    start_seconds: float
    is_rehearsed: bool = False
    counted: Counted = Counted.HERE

    @property
    def take_number(self) -> int:
        """Which take it is, or will be."""
        return self._attempt.take if self._attempt else self.part.planned.address.number

    @property
    def fingerprint(self) -> str:
        """Of the request that its clip was made from, or will be."""
        return self._attempt.fingerprint if self._attempt else self.part.planned.fingerprint

    @property
    def prompt(self) -> str:
        """What its clip shows, or will show; the cuts of a sequence with a bar between them."""
        return " | ".join(cut.prompt for cut in self.part.cuts)

    @property
    def has_sound(self) -> bool:
        """Whether its clip has sound, or was asked for with it."""
        if self._attempt and self._attempt.clip:
            return self._attempt.clip.has_sound
        return self.part.planned.take.effective.get("enable_sound") is True

    @property
    def estimated_micro_usd(self) -> int | None:
        """What the plan says that it costs."""
        return self.part.planned.estimate_micro_usd

    @property
    def charged_micro_usd(self) -> int | None:
        """What was charged for it; None until that is settled."""
        return self._attempt.settled_micro_usd if self._attempt and not self.is_rehearsed else None

    @property
    def task_id(self) -> str | None:
        """The task that made it."""
        return self._attempt.task_id if self._attempt and not self.is_rehearsed else None

    def facts(self) -> dict[str, Any]:
        """All of it as JSON, amounts in USD as decimal texts: what travels in the metadata of a timeline."""
        planned, effective = self.part.planned, self.part.planned.take.effective
        return {
            "address": self.part.address,
            "shot": self.part.shot,
            "variant": self.part.variant,
            "take": self.take_number,
            "choice": self.part.choice.value,
            "scene": planned.scene,
            "tags": list(planned.tags),
            "notes": planned.take.notes,
            "prompt": self.prompt,
            "negative_prompt": effective.get("negative_prompt"),
            "cuts": [{"prompt": cut.prompt, "seconds": cut.seconds} for cut in self.part.cuts],
            "model": planned.take.model,
            "action": planned.take.action,
            "output_resolution": effective.get("output_resolution"),
            "aspect_ratio": effective.get("aspect_ratio"),
            "seconds": self.part.seconds,
            "sound": self.has_sound,
            "task_id": self.task_id,
            "fingerprint": self.fingerprint,
            "counted": self.counted.value,
            "estimated_usd": exact_usd(self.estimated_micro_usd),
            "charged_usd": exact_usd(self.charged_micro_usd),
            "clip": str(self.place),
        }

    @property
    def _attempt(self) -> Attempt | None:
        return self.part.attempt


def entries_of(footage: Footage, reel: Reel) -> tuple[Entry, ...]:
    """The shots of one version in the order of the film."""
    return tuple(_entries(footage, reel))


def _entries(footage: Footage, reel: Reel) -> Iterator[Entry]:
    earlier = takewhile(lambda each: each.version != reel.version, footage.reels)
    counted = {_key(part): Counted.SHARED for each in earlier for part in each.parts}
    start = 0.0
    for number, part in enumerate(reel.parts, 1):
        name = " ".join(footage.project.shots[part.shot].title.split())
        place, clip, where = footage.place(part), footage.clip(part), counted.get(_key(part), Counted.HERE)
        yield Entry(part, number, name, place, clip, start, footage.is_rehearsal, where)
        counted.setdefault(_key(part), Counted.REPEATED)
        start += part.seconds


def _key(part: Part) -> tuple[str, int]:
    """What is bought once."""
    return (part.attempt.fingerprint, part.attempt.take) if part.attempt else part.planned.key
