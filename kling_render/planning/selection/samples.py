"""A few variants that stand for many: spread evenly, or one for each value of each axis."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

from kling_render.expansion.address import Pairs
from kling_render.planning.selection.alternatives import Candidate

Variants = tuple[Pairs, str, Pairs]
CandidateType = TypeVar("CandidateType", bound=Candidate)


def spread(takes: Sequence[CandidateType], count: int) -> list[CandidateType]:
    """The takes of so many variants, one of each of as many equal stretches; the same ones each time.

    Which one of a stretch is a hash of its addresses: at equal distances the same value of an axis could come again and
    again.
    """
    variants = list(dict.fromkeys(take.address.without_number for take in takes))
    if count >= len(variants):
        return list(takes)
    bounds = [at * len(variants) // count for at in range(count + 1)]
    kept = {_one_of(variants[begin:end]) for begin, end in pairwise(bounds)}
    return [take for take in takes if take.address.without_number in kept]


def _one_of(variants: Sequence[Variants]) -> Variants:
    digest = hashlib.sha256(repr((variants[0], len(variants))).encode()).digest()
    return variants[int.from_bytes(digest[:8], "big") % len(variants)]


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
