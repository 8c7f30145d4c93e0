"""One take of a plan: its identity, price and state against the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from kling_render.catalog import Price, RateCard
from kling_render.expansion import Address, Take, variant_of
from kling_render.ledger import Attempt, Picks, Snapshot
from kling_render.planning.continuity import NO_PICKS, Continuity, Resolved, Source, Variants
from kling_render.planning.states import DUE_STATES, NO_WISHES, TakeState, Wishes
from kling_render.project import Project


@dataclass(frozen=True, slots=True)
class PlannedTake:
    """A take with its identity, price and state.

    Attributes:
        take: the address and exact request.
        fingerprint: SHA-256 of what is sent.
        price: rate, seconds and sum; None when no rate is published.
        estimate_micro_usd: the price, else the project's assumption, else None.
        state: what a render would do about it.
        attempt: the ledger's newest attempt at it, if any.
        sources: what its references mean; empty where it has none.
        is_picked: whether it was chosen for the film.
        is_chosen: whether it is among those that were asked for.
        blocked_by: why it is blocked, in words.
        quoted_micro_usd: what the server says that it would reserve, where that is more than the estimate.
    """

    take: Take
    fingerprint: str
    price: Price | None
    estimate_micro_usd: int | None
    state: TakeState
    attempt: Attempt | None
    sources: tuple[Source, ...] = ()
    is_picked: bool = False
    is_chosen: bool = True
    blocked_by: str = ""
    quoted_micro_usd: int | None = None

    @property
    def reserve_micro_usd(self) -> int | None:
        """What is reserved for it: the larger of estimate and quote; None where neither is known."""
        return self.estimate_micro_usd if self.quoted_micro_usd is None else self.quoted_micro_usd

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
    def key(self) -> tuple[str, int]:
        """What is sent, and the take number: what is bought once."""
        return self.fingerprint, self.take.address.number

    @property
    def waits_for(self) -> tuple[Source, ...]:
        """What must be there before it can be asked for, and is not yet."""
        return tuple(each for each in self.sources if not each.is_ready)

    @property
    def has_clip(self) -> bool:
        """Whether its clip is here or on its way."""
        return self.state in (TakeState.BOUGHT, TakeState.IN_FLIGHT, TakeState.ELSEWHERE)

    @property
    def due_micro_usd(self) -> int:
        """What a render would reserve for it now."""
        return (self.reserve_micro_usd or 0) if self.is_due else 0


def plan_each(
    project: Project,
    takes: Iterable[Take],
    upstreams: Mapping[Variants, Sequence[Take]],
    snapshot: Snapshot,
    *,
    wishes: Wishes = NO_WISHES,
    picks: Picks = NO_PICKS,
    drafts: Picks = NO_PICKS,
) -> Iterator[PlannedTake]:
    """Each take against what the ledger knows, one after the other.

    Args:
        project: what is planned.
        takes: its takes.
        upstreams: the takes of the variants that others refer to.
        snapshot: what was bought already.
        wishes: what shall be bought besides new and changed takes.
        picks: the takes that were chosen for the film.
        drafts: those of the profile that this one is finished from: a variant chosen there and not here yet counts
            as picked with its first take, which is another performance.
    """
    continuity, prices = Continuity(upstreams, snapshot, wishes, picks), Prices(project.catalog.rates)
    unknown = project.budget.unknown_price
    assumed = unknown.assume_usd_per_take if unknown else None
    choices, drafted = bool(picks.by_variant), bool(drafts.by_variant)
    before = partial(snapshot.bought_before, profile=project.profile)
    seen: set[tuple[str, int]] = set()
    last: Take | None = None
    resolved, price = Resolved(""), None
    for take in takes:
        if last is None or take.body is not last.body or take.references:  # takes of one variant share their request
            resolved, price = continuity.resolve(take), prices.of(take)
        last = take
        mark, number = resolved.fingerprint, take.address.number
        attempt = snapshot.latest(mark, number)
        state = TakeState.SHARED if (mark, number) in seen else _state(take, resolved, attempt, before, wishes)
        seen.add((mark, number))
        picked = (choices or drafted) and _is_picked(continuity, drafts, take, mark)
        yield PlannedTake(
            take, mark, price, price.micro_usd if price else assumed, state, attempt, resolved.sources, picked,
            blocked_by=_blocked_by(resolved, state),
        )  # fmt: skip


def _is_picked(continuity: Continuity, drafts: Picks, take: Take, mark: str) -> bool:
    name, number = variant_of(take.address), take.address.number
    if continuity.is_picked(name, number, mark):
        return True
    return number == 1 and name in drafts.by_variant and not continuity.has_pick(name, mark)


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


def _state(
    take: Take, resolved: Resolved, attempt: Attempt | None, before: Callable[[str], bool], wishes: Wishes
) -> TakeState:
    state = wishes.state_of(attempt)
    if state in DUE_STATES and resolved.sources:
        if resolved.blocked_by:
            return TakeState.BLOCKED
        if resolved.waits_for:
            return TakeState.PENDING
    return TakeState.CHANGED if state is TakeState.NEW and before(str(take.address)) else state


def _blocked_by(resolved: Resolved, state: TakeState) -> str:
    source = resolved.blocked_by if state is TakeState.BLOCKED else None
    return f"{source.shown} is {source.state}" if source else ""
