"""From plan, ledger and picks to the film in its order: pure, so that film, board and exports tell the same story."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any

from kling_render.expansion import Address, variant_of
from kling_render.ledger import MADE_STATES, Attempt, Pick, Picks, Snapshot
from kling_render.planning import Plan, PlannedTake


class Choice(StrEnum):
    """Why a take stands for a shot."""

    PICKED = "picked"
    LOCKED = "locked"
    """Picked for an older request, and kept on purpose."""
    STALE = "stale"
    """Picked for an older request: it stands in the film until something else is picked or bought."""
    FIRST = "first"
    """Nothing was picked: the first take that is there."""
    MISSING = "missing"
    """No take is there: a placeholder stands for it."""


_RANKS = tuple(Choice)
_PICKED = frozenset({Choice.PICKED, Choice.LOCKED, Choice.STALE})


@dataclass(frozen=True)
class Cut:
    """One cut inside a clip: its prompt, and its length in seconds as declared."""

    prompt: str
    seconds: float


@dataclass(frozen=True)
class Part:
    """One shot in its place in the film.

    Attributes:
        planned: the take of the plan that it is about: its variant, request and price.
        choice: why this take.
        attempt: the attempt whose clip stands for it; None where it is missing.
        pick: what was picked of its variant, if anything.
        cuts: of a multi-shot clip its cuts, else one; of an older request, as it was.
        has_older: whether clips of an older request are there, of which none was picked.
    """

    planned: PlannedTake
    choice: Choice
    attempt: Attempt | None
    pick: Pick | None
    cuts: tuple[Cut, ...]
    has_older: bool = False

    @property
    def shot(self) -> str:
        """The shot's name."""
        return self.planned.address.shot

    @property
    def variant(self) -> str:
        """Its address without a take number."""
        return variant_of(self.planned.address)

    @property
    def address(self) -> str:
        """The address of the take that stands for it; of the one that should, where it is missing."""
        number = self.attempt.take if self.attempt else self.planned.address.number
        return f"{self.variant}#{number}"

    @property
    def unknown_pick(self) -> str:
        """The address of a picked take that is not known here, and so cannot stand for the shot; else empty."""
        is_heeded = self.pick is None or self.choice not in (Choice.FIRST, Choice.MISSING)
        return "" if is_heeded or self.pick is None else f"{self.variant}#{self.pick.take}"

    @property
    def seconds(self) -> float:
        """How long it is: measured, where its clip is here, else as declared."""
        clip = self.attempt.clip if self.attempt else None
        return clip.seconds if clip else sum(cut.seconds for cut in self.cuts)


@dataclass(frozen=True)
class Reel:
    """The film of one version.

    Attributes:
        version: its values as addresses have them, `de,9:16`; empty where there are no versions.
        parts: the shots in the order of the film, those that are repeated twice or more.
    """

    version: str
    parts: tuple[Part, ...]

    @property
    def seconds(self) -> float:
        """How long it is."""
        return sum(part.seconds for part in self.parts)


def cut_film(plan: Plan, snapshot: Snapshot, picks: Picks) -> tuple[Reel, ...]:
    """The film of each version, in the order of the plan.

    A shot with several variants is in the film once: with its picked variant; else with the one that goes together, by
    a reference, with what is picked of another shot; else with one of which a take is there, first such as goes
    together with the others; else with the first.

    Args:
        plan: of the whole project under one profile.
        snapshot: what was bought; may be newer than the plan's own.
        picks: the choices of that profile.
    """
    versions: dict[str, dict[str, dict[Address, list[PlannedTake]]]] = {}
    for planned in plan.takes:
        address = planned.address
        variants = versions.setdefault(address.version_text, {}).setdefault(address.shot, {})
        variants.setdefault(_first_of(address), []).append(planned)
    part_of = partial(_part, snapshot=snapshot, picks=picks, profile=plan.profile)
    order = plan.project.order
    return tuple(Reel(version, tuple(_parts(order, shots, part_of))) for version, shots in versions.items())


def _first_of(address: Address) -> Address:
    return Address(address.shot, 1, address.variant, address.version)


def _parts(
    order: Sequence[str],
    shots: dict[str, dict[Address, list[PlannedTake]]],
    part_of: Callable[[Sequence[PlannedTake]], Part],
) -> Iterator[Part]:
    parts = {shot: [part_of(takes) for takes in found.values()] for shot, found in shots.items()}
    chosen = _chosen(parts)
    for shot in order:
        if shot in chosen:
            yield chosen[shot]


def _chosen(parts: Mapping[str, Sequence[Part]]) -> dict[str, Part]:
    """One variant of each shot; what goes together with a picked one is chosen even where it is still missing."""
    best = {shot: _best(each) for shot, each in parts.items()}
    chosen = {shot: part for shot, part in best.items() if part.choice in _PICKED}
    together = _together([part for each in parts.values() for part in each])
    for start in (*chosen.values(), *best.values()):
        followed = [chosen.setdefault(start.shot, start)]
        for part in followed:  # grows
            for shot, others in together.get(part.variant, {}).items():
                other = _best(others)
                if shot not in chosen and (start.choice in _PICKED or other.choice is best[shot].choice):
                    followed.append(chosen.setdefault(shot, other))
    return chosen


def _best(parts: Sequence[Part]) -> Part:
    return min(parts, key=lambda part: _RANKS.index(part.choice))


def _together(parts: Sequence[Part]) -> Mapping[str, Mapping[str, list[Part]]]:
    """By the address of a variant, the parts that refer to it or that it refers to, by their shots."""
    by_variant = {part.variant: part for part in parts}
    found: dict[str, dict[str, list[Part]]] = {}
    for part in parts:
        for reference in part.planned.take.references:
            upstream = by_variant.get(variant_of(reference.upstream))
            if upstream is not None:
                found.setdefault(part.variant, {}).setdefault(upstream.shot, []).append(upstream)
                found.setdefault(upstream.variant, {}).setdefault(part.shot, []).append(part)
    return found


def _part(takes: Sequence[PlannedTake], *, snapshot: Snapshot, picks: Picks, profile: str) -> Part:
    """The part of one variant: its pick, else its first take that is there."""
    first = takes[0]
    name = variant_of(first.address)
    pick, cuts = picks.of(name, first.fingerprint), _cuts(first)
    chosen = snapshot.latest(pick.fingerprint, pick.take) if pick else None
    if pick is not None and chosen is not None and chosen.state in MADE_STATES:
        by_number = {each.address.number: each for each in takes}
        is_current = pick.fingerprint == first.fingerprint
        choice = Choice.PICKED if is_current else Choice.LOCKED if pick.locked else Choice.STALE
        made = cuts if is_current else _cuts_made(chosen, cuts)
        return Part(by_number.get(pick.take, first), choice, chosen, pick, made)
    for planned in takes:
        attempt = snapshot.latest(*planned.key)
        if attempt is not None and attempt.state in MADE_STATES:
            return Part(planned, Choice.FIRST, attempt, pick, cuts)
    has_older = any(snapshot.bought_before(str(planned.address), profile) for planned in takes)
    return Part(first, Choice.MISSING, None, pick, cuts, has_older)


def _cuts(planned: PlannedTake) -> tuple[Cut, ...]:
    return read_cuts(planned.take.effective, float(planned.take.seconds or 0))


def _cuts_made(attempt: Attempt, otherwise: tuple[Cut, ...]) -> tuple[Cut, ...]:
    """The cuts of the request that was sent; where only `takes.lock` knows of it, those of the request as it is."""
    if not attempt.body:
        return otherwise
    values = json.loads(attempt.body)
    clip = attempt.clip.seconds if attempt.clip else sum(cut.seconds for cut in otherwise)
    return read_cuts(values, float(values.get("duration_seconds") or clip))


def read_cuts(values: Mapping[str, Any], seconds: float = 0.0) -> tuple[Cut, ...]:
    """The cuts of a request, by its values: those of a sequence, else one of so many seconds."""
    shots = values.get("multi_prompt")
    if isinstance(shots, list | tuple) and shots:
        return tuple(Cut(str(each.get("prompt", "")), float(each.get("duration_seconds", 0))) for each in shots)
    return (Cut(str(values.get("prompt", "")), seconds),)
