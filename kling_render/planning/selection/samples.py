"""A few variants that stand for many: spread evenly, or one for each value of each axis."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

from kling_render.planning.selection.alternatives import Candidate

CandidateType = TypeVar("CandidateType", bound=Candidate)


def spread(takes: Sequence[CandidateType], count: int) -> list[CandidateType]:
    """The takes of so many variants, evenly from the first to the last; the same ones each time.

    Where it begins is a hash of the addresses, so that a sample is not always the first of each axis.
    """
    variants = list(dict.fromkeys(take.address.without_number for take in takes))
    if count >= len(variants):
        return list(takes)
    seed = hashlib.sha256("\n".join(str(take.address) for take in takes).encode()).digest()
    begin = int.from_bytes(seed[:8], "big") % len(variants)
    kept = {variants[(begin + at * len(variants) // count) % len(variants)] for at in range(count)}
    return [take for take in takes if take.address.without_number in kept]


def canaries(takes: Sequence[CandidateType]) -> list[CandidateType]:
    """The takes of variants that together have each value of each axis of each shot, first come, first kept."""
    seen: set[tuple[str, str, str]] = set()
    kept: set[tuple[object, ...]] = set()
    for take in takes:
        address = take.address
        values = {(address.shot, axis, value) for axis, value in (*address.version, *address.variant)}
        values = values or {(address.shot, "", "")}
        if address.without_number in kept or not values <= seen:
            kept.add(address.without_number)
            seen |= values
    return [take for take in takes if take.address.without_number in kept]
