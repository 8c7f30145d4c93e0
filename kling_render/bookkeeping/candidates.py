"""The takes there are to choose from, by the variants that they can stand for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from kling_render.bookkeeping.status import Status
from kling_render.errors import UsageError
from kling_render.expansion import variant_of
from kling_render.ledger import MADE_STATES, Attempt, Picks, read_picks
from kling_render.planning import Plan
from kling_render.rendering.paths import PICKS

_NAMED = 8
"""So much of a fingerprint stands in the name of a clip, too."""


@dataclass(frozen=True)
class Candidate:
    """A take that can be picked.

    Attributes:
        name: what `pick` takes: its address; `walk#1@3f2a90c1`, with the begin of its fingerprint, where that means
            another one, of the request as it is now or bought later.
        address: the take.
        variant: its address without the number.
        attempt: what was bought.
        is_current: whether it was made from the request as it is now.
        is_picked: whether it is the chosen one of its variant.
        is_locked: whether that choice stays although the shot has changed.
        shared_with: the take that it was bought as, or counts as, where another variant of the plan asks for the same.
    """

    name: str
    address: str
    variant: str
    attempt: Attempt
    is_current: bool
    is_picked: bool
    is_locked: bool
    shared_with: str = ""


def list_takes(status: Status) -> tuple[Candidate, ...]:
    """Every take that was made of the project's variants under its profile, in the order of the plan, older ones last.

    What several versions ask for is bought once, and listed for each of them. A shot that was renamed has its takes;
    those of shots that are no longer in the project come at the end.

    Args:
        status: what is known; its plan must be there.

    Raises:
        UsageError: the project has faults.
    """
    picks = read_picks(status.folder / PICKS, status.project.profile)
    made = {(each.fingerprint, each.take): each for each in status.snapshot.attempts if each.state in MADE_STATES}
    mine = [each for each in made.values() if each.profile == status.project.profile]
    marks = {variant_of(each.address): each.fingerprint for each in plan_of(status).takes}
    order = {variant: place for place, variant in enumerate(marks)}
    found = sorted(
        _candidates(mine, marks, picks),
        key=lambda each: (
            order.get(each.variant, len(order)), not each.is_current, each.attempt.take, -each.attempt.id,
        ),
    )  # fmt: skip
    return tuple(_told_apart(found))


def _candidates(made: list[Attempt], marks: Mapping[str, str], picks: Picks) -> Iterator[Candidate]:
    wanting: dict[str, list[str]] = {}
    for variant, mark in marks.items():
        wanting.setdefault(mark, []).append(variant)
    for variant, chosen in picks.by_variant.items():
        if marks.get(variant, chosen.fingerprint) != chosen.fingerprint:
            wanting.setdefault(chosen.fingerprint, []).append(variant)
    for attempt in made:
        own, others = variant_of(attempt.address), wanting.get(attempt.fingerprint, [])
        first, *rest = dict.fromkeys([own, *others] if own in marks or not others else others)
        yield _candidate(attempt, first, marks, picks)
        for variant in rest:
            yield replace(_candidate(attempt, variant, marks, picks), shared_with=f"{first}#{attempt.take}")


def _told_apart(candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    """Candidates whose names differ."""
    taken: set[str] = set()
    for each in candidates:
        if each.address in taken:
            yield replace(each, name=f"{each.address}@{each.attempt.fingerprint[:_NAMED]}")
        else:
            yield each
        taken.add(each.address)


def _candidate(attempt: Attempt, variant: str, marks: Mapping[str, str], picks: Picks) -> Candidate:
    mark = marks.get(variant, attempt.fingerprint)
    chosen = picks.of(variant, mark)
    is_picked = chosen is not None and (chosen.take, chosen.fingerprint) == (attempt.take, attempt.fingerprint)
    address = f"{variant}#{attempt.take}"
    return Candidate(
        name=address,
        address=address,
        variant=variant,
        attempt=attempt,
        is_current=mark == attempt.fingerprint,
        is_picked=is_picked,
        is_locked=is_picked and chosen is not None and chosen.locked,
    )


def plan_of(status: Status) -> Plan:
    """The plan of a status.

    Raises:
        UsageError: the project has faults.
    """
    if status.plan is None:
        raise UsageError("the project has faults", hint="See: kling-render check")
    return status.plan
