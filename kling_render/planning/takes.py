"""One take of a plan: its identity, price and state against the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from kling_render.catalog import Price, RateCard
from kling_render.expansion import Address, Reference, Take
from kling_render.expansion.address import Pairs
from kling_render.ledger import Attempt, Snapshot, State
from kling_render.planning.identity import fingerprint
from kling_render.project import Project

Variants = tuple[Pairs, str, Pairs]
"""A variant of a shot in a version, as `Address.without_number` tells them apart."""


class TakeState(StrEnum):
    """What a render would do about a take."""

    NEW = "new"
    """Buy it."""
    CHANGED = "changed"
    """Buy it: its address has a paid clip, but of another request."""
    IN_FLIGHT = "in flight"
    """Go on with it: it is submitted, or perhaps submitted."""
    BOUGHT = "bought"
    """Nothing: its clip is paid and here."""
    SHARED = "shared"
    """Nothing of its own: the same request and take number stands earlier in the plan."""
    PENDING = "pending"
    """Wait: it refers to a clip that is not there yet."""
    FAILED = "failed"
    UNKNOWN = "unknown"


DUE_STATES = frozenset({TakeState.NEW, TakeState.CHANGED})
_BY_ATTEMPT = {
    State.DOWNLOADED: TakeState.BOUGHT,
    State.FAILED: TakeState.FAILED,
    State.UNKNOWN: TakeState.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class PlannedTake:
    """A take with its identity, price and state.

    Attributes:
        take: the address and exact request.
        fingerprint: SHA-256 of what is sent.
        price: rate, seconds and sum; None when no rate is published.
        estimate_micro_usd: what is reserved for it: the price, else the project's assumption, else None.
        state: what a render would do about it.
        attempt: the ledger's newest attempt at it, if any.
        is_chosen: whether it is among those that were asked for.
    """

    take: Take
    fingerprint: str
    price: Price | None
    estimate_micro_usd: int | None
    state: TakeState
    attempt: Attempt | None
    is_chosen: bool = True

    @property
    def address(self) -> Address:
        """Its name."""
        return self.take.address

    @property
    def scene(self) -> str | None:
        """The scene of its shot."""
        return self.take.scene

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of its shot."""
        return self.take.tags

    @property
    def micro_usd(self) -> int | None:
        """What it costs, if that is known."""
        return self.estimate_micro_usd

    @property
    def is_picked(self) -> bool:
        """Whether it was chosen for the film; nothing can be yet."""
        return False

    @property
    def is_estimate(self) -> bool:
        """Whether its price rests on an assumption, or on a length that only the finished clip will tell."""
        return self.take.length.is_estimate or (self.price is None and self.estimate_micro_usd is not None)

    @property
    def is_due(self) -> bool:
        """Whether a render would buy it."""
        return self.is_chosen and self.state in DUE_STATES

    @property
    def is_shared(self) -> bool:
        """Whether the same request and take number stands earlier in the plan."""
        return self.state is TakeState.SHARED

    @property
    def has_clip(self) -> bool:
        """Whether its clip is here or on its way."""
        return self.state in (TakeState.BOUGHT, TakeState.IN_FLIGHT)

    @property
    def due_micro_usd(self) -> int:
        """What a render would reserve for it now."""
        return (self.estimate_micro_usd or 0) if self.is_due else 0


def plan_each(
    project: Project,
    takes: Iterable[Take],
    upstreams: Mapping[Variants, Take],
    snapshot: Snapshot,
    *,
    retry_failed: bool = False,
) -> Iterator[PlannedTake]:
    """Each take against what the ledger knows, one after the other.

    Args:
        project: what is planned.
        takes: its takes.
        upstreams: the first takes of the variants that others refer to.
        snapshot: what was bought already.
        retry_failed: whether failed takes are due again.
    """
    marks, prices = Fingerprints(upstreams), Prices(project.catalog.rates)
    unknown = project.budget.unknown_price
    assumed = unknown.assume_usd_per_take if unknown else None
    seen: set[tuple[str, int]] = set()
    last: Take | None = None
    mark, price = "", None
    for take in takes:
        if last is None or take.body is not last.body:  # takes of one variant share their request
            mark, price = marks.of(take), prices.of(take)
        last = take
        number = take.address.number
        attempt = snapshot.latest(mark, number)
        if (mark, number) in seen:
            state = TakeState.SHARED
        else:
            state = TakeState.PENDING if take.references else _state(take, attempt, snapshot, retry_failed)
        seen.add((mark, number))
        yield PlannedTake(take, mark, price, price.micro_usd if price else assumed, state, attempt)


class Prices:
    """The prices of takes; each distinct one is reckoned once."""

    def __init__(self, rates: RateCard) -> None:
        self._rates = rates
        self._known: dict[tuple[object, ...], Price | None] = {}

    def of(self, take: Take) -> Price | None:
        """The price of a take, or None where it is unknown."""
        values = take.effective
        schedule = self._rates.schedule(take.action, take.model)
        keys = (*(schedule.keys if schedule else ()), "duration_seconds")
        key = (take.action, take.model, *(str(values.get(name)) for name in keys))
        if key not in self._known:
            self._known[key] = self._rates.price(take.action, values)
        return self._known[key]


class Fingerprints:
    """The fingerprints of takes, those that refer to others among them: by what they refer to."""

    def __init__(self, upstreams: Mapping[Variants, Take]) -> None:
        self._upstreams = upstreams
        self._known: dict[Variants, str] = {}

    def of(self, take: Take) -> str:
        """The fingerprint of a take."""
        return fingerprint(take, self._identity)

    def _identity(self, reference: Reference) -> Mapping[str, str]:
        variant = reference.upstream.without_number
        if variant not in self._known:
            self._known[variant] = self.of(self._upstreams[variant])
        return {"upstream": self._known[variant], "part": reference.part}


def _state(take: Take, attempt: Attempt | None, snapshot: Snapshot, retry_failed: bool) -> TakeState:
    if attempt is not None and attempt.state is not State.RELEASED:
        state = _BY_ATTEMPT.get(attempt.state, TakeState.IN_FLIGHT)
        return TakeState.NEW if retry_failed and state is TakeState.FAILED else state
    return TakeState.CHANGED if snapshot.bought_before(str(take.address)) else TakeState.NEW
