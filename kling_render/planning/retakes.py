"""One more take of a variant, beyond those that the project declares."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kling_render.catalog import listed
from kling_render.errors import UsageError
from kling_render.expansion import Expansion, variant_of
from kling_render.ledger import State
from kling_render.planning.plan import Plan
from kling_render.planning.selection import Selection
from kling_render.planning.takes import PlannedTake


@dataclass(frozen=True)
class Retake:
    """So many takes more of the variant that an address names."""

    address: str
    count: int = 1


def with_retakes(expansion: Expansion, plan: Plan, retake: Retake) -> tuple[Expansion, Selection]:
    """The takes with the further ones, and the selection that means these alone.

    A further take that is in flight already counts: the same command after a crash goes on with it. One that was
    refused for now, and cost nothing, is asked for again.

    Raises:
        UsageError: the address means no variant, or several.
    """
    found = Selection.parse([retake.address]).choose(plan.takes)
    variants = {each.take.address.without_number for each in found}
    if len(variants) != 1:
        names = sorted({variant_of(each.address) for each in found})
        raise UsageError(f"{retake.address} means {len(variants)} variants", hint=f"Name one of {listed(names)}.")
    last = [each for each in plan.takes if each.take.address.without_number in variants][-1]
    numbers = _numbers(plan, last, retake.count)
    further = [replace(last.take, address=replace(last.address, number=number)) for number in numbers]
    selection = Selection.parse([str(take.address) for take in further])
    return replace(expansion, takes=(*expansion.takes, *further)), selection


def _numbers(plan: Plan, last: PlannedTake, count: int) -> list[int]:
    further = (each for each in plan.snapshot.takes_of(last.fingerprint) if each.take > last.address.number)
    known = {each.take: each for each in further if each.state is not State.RELEASED}
    open_ones = [number for number, attempt in sorted(known.items()) if attempt.is_open]
    first = max(known, default=last.address.number) + 1
    return [*open_ones, *range(first, first + max(count - len(open_ones), 0))]
