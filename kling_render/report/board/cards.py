"""One variant of one shot as a card."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from kling_render.catalog import format_usd
from kling_render.errors import Fault
from kling_render.expansion import variant_of
from kling_render.expansion.marking import Marked
from kling_render.expansion.marks import Stretch
from kling_render.film import Choice, Part
from kling_render.planning import PlannedTake
from kling_render.project import Shot
from kling_render.report.board.slates import slate_of
from kling_render.report.board.takes import SHARED, TakeViews, element_id
from kling_render.report.board.view import CardView, CutView, Member, Span, TakeView, Variable
from kling_render.report.board.words import (
    clock,
    place_text,
    shape_of,
    short,
    source_of,
    source_of_member,
    value_text,
)
from kling_render.report.plan import describe, estimate

_SHARES = 1000
_NOT_PARAMETERS = frozenset({"prompt", "multi_prompt", "multi_shots", "kling_elements"})


@dataclass(frozen=True)
class Cards:
    """Makes the cards of one project.

    Attributes:
        folder: the project's.
        notes: what was written in boards, by variant.
        warnings: of the plan, each with its place.
        marks: the marked prompts, by variant.
    """

    folder: Path
    shots: Mapping[str, Shot]
    views: TakeViews
    notes: Mapping[str, str]
    warnings: Sequence[Fault]
    marks: Mapping[Any, Marked]

    def card(self, takes: Sequence[PlannedTake], place: str, part: Part | None) -> CardView:
        """The card of a variant.

        Args:
            takes: its takes, in their order.
            place: its number in the film; empty where it is not in it.
            part: what stands in the film for its shot; None where that is another variant.
        """
        first, take = takes[0], takes[0].take
        shot, variant = self.shots[take.address.shot], variant_of(first.address)
        marked = self.marks[take.address.without_number]
        views = self.views.of(takes, part)
        attempt = part.attempt if part else None
        size = (attempt.clip.width, attempt.clip.height) if attempt and attempt.clip else None
        choice = part.choice.value if part else ""
        return CardView(
            id=element_id("c", variant),
            place=place if part else "",
            shot=shot.name,
            title=shot.title,
            address=variant,
            axes=take.address.variant,
            version=take.address.version_text,
            scene=take.scene or "",
            tags=take.tags,
            notes=take.notes,
            note=self.notes.get(variant, ""),
            summary=describe(take),
            length="unknown length" if take.seconds is None else clock(take.seconds),
            estimated=_estimated(takes),
            settled=self._settled(variant),
            shared_with=self._shared_with(takes),
            choice=choice,
            shape=shape_of(take.effective, size),
            slate=slate_of(shot.name),
            takes=views,
            cuts=tuple(self._cuts(first, marked)),
            parameters=tuple(_parameters(first)),
            variables=tuple(self._variables(marked)),
            cast=tuple(Member(each.name, each.description, each.sent) for each in marked.cast),
            warnings=tuple(_about(self.warnings, shot.name)),
            filters=_filters(first, views, choice),
        )

    def _settled(self, variant: str) -> str:
        """What was charged for all takes on the card; nothing is settled in a rehearsal."""
        settled = self.views.settled.by_card.get(variant)
        return "" if settled is None or self.views.is_rehearsal else format_usd(settled)

    def _shared_with(self, takes: Sequence[PlannedTake]) -> str:
        """On whose card all of the planned takes count; empty where one of them counts on this one."""
        return variant_of(self.views.bearers[takes[0].key].address) if all(each.is_shared for each in takes) else ""

    def _cuts(self, first: PlannedTake, marked: Marked) -> Iterator[CutView]:
        written = first.take.body.get("multi_prompt", ())
        lengths = [float(each["duration_seconds"]) for each in written] or [float(first.take.seconds or 0)]
        starts = [0.0, *accumulate(lengths)]
        whole = starts[-1] or 1.0
        sources = self._sources(marked)
        for number, (start, seconds, prompt) in enumerate(zip(starts, lengths, marked.prompts, strict=False), start=1):
            x, end = round(_SHARES * start / whole), round(_SHARES * (start + seconds) / whole)
            yield CutView(number, start, seconds, x, end - x, tuple(_span(each, sources) for each in prompt))

    def _sources(self, marked: Marked) -> dict[str, str]:
        variables = {each.name: source_of(each, self.folder) for each in marked.variables}
        cast = {f"element.{each.name}": source_of_member(each, self.folder) for each in marked.cast}
        return {**variables, **cast}

    def _variables(self, marked: Marked) -> Iterator[Variable]:
        for each in marked.variables:
            yield Variable(each.name, short(value_text(each.value)), source_of(each, self.folder), each.is_used)
        for member in marked.cast:
            place = place_text(member.place, self.folder)
            yield Variable(f"element.{member.name}", short(member.description), f"{member.sent}; {place}", True)


def _span(stretch: Stretch, sources: Mapping[str, str]) -> Span:
    return Span(stretch.text, stretch.variable, sources.get(stretch.variable, ""))


def _estimated(takes: Sequence[PlannedTake]) -> str:
    """What the takes that count on this card cost in all by estimate, and each where there are several."""
    if takes[0].estimate_micro_usd is None:
        return "price unknown"
    each, own = estimate(takes[0]), [planned for planned in takes if not planned.is_shared]
    if len(own) == 1:
        return each
    total = sum(planned.estimate_micro_usd or 0 for planned in own)
    return f"{format_usd(total)} ({each} each)"


def _parameters(first: PlannedTake) -> Iterator[tuple[str, str]]:
    yield "endpoint", first.take.action
    for name, value in first.take.shown_body().items():
        if name not in _NOT_PARAMETERS:
            yield name, value_text(value)


def _about(warnings: Sequence[Fault], shot: str) -> Iterator[str]:
    """The warnings whose place is in a shot."""
    key = f"shot.{shot}"
    for each in warnings:
        if each.place.key == key or each.place.key.startswith((f"{key}.", f"{key}[")):
            yield each.message


def _filters(first: PlannedTake, views: Sequence[TakeView], choice: str) -> dict[str, Any]:
    """What a card is found by."""
    states = list(dict.fromkeys(each.state for each in views))
    states += [SHARED] if any(each.price == SHARED for each in views) else []
    picked = [each for each in (Choice.STALE, Choice.LOCKED, Choice.MISSING) if each.value == choice]
    states += [each.value for each in picked]
    if any(each.is_picked for each in views):
        states.append(Choice.PICKED.value)
    found: dict[str, Any] = {"shot": [first.address.shot], "state": list(dict.fromkeys(states)), "tag": [*first.tags]}
    if first.scene:
        found["scene"] = [first.scene]
    if first.address.version:
        found["version"] = [first.address.version_text]
    for axis, value in first.address.variant:
        found[f"axis {axis}"] = [value]
    return found
