"""The plan: every take with its exact request, price and state, and whether the budget allows it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property

from kling_render.catalog import Price
from kling_render.errors import Fault
from kling_render.expansion import Expansion, Take, expand
from kling_render.ledger import Attempt, Caps, Snapshot, Spent, State, broken_cap
from kling_render.planning.identity import fingerprint, plan_hash
from kling_render.project import BudgetTable, Project

DEFAULT_PROFILE = "default"


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
    FAILED = "failed"
    UNKNOWN = "unknown"


DUE_STATES = frozenset({TakeState.NEW, TakeState.CHANGED})
_WITHOUT_CLIP = frozenset({TakeState.FAILED, TakeState.UNKNOWN, TakeState.SHARED})
_BY_ATTEMPT = {
    State.DOWNLOADED: TakeState.BOUGHT,
    State.FAILED: TakeState.FAILED,
    State.UNKNOWN: TakeState.UNKNOWN,
}


@dataclass(frozen=True)
class PlannedTake:
    """A take with its identity, price and state.

    Attributes:
        take: the address and exact request.
        fingerprint: SHA-256 of what is sent.
        price: rate, seconds and sum; None when no rate is published.
        estimate_micro_usd: what is reserved for it: the price, else the project's assumption, else None.
        state: what a render would do about it.
        attempt: the ledger's newest attempt at it, if any.
    """

    take: Take
    fingerprint: str
    price: Price | None
    estimate_micro_usd: int | None
    state: TakeState
    attempt: Attempt | None

    @property
    def is_estimate(self) -> bool:
        """Whether its price rests on an assumption, or on a length that only the finished clip will tell."""
        return self.take.length.is_estimate or (self.price is None and self.estimate_micro_usd is not None)

    @property
    def is_due(self) -> bool:
        """Whether a render would buy it."""
        return self.state in DUE_STATES

    @property
    def due_micro_usd(self) -> int:
        """What a render would reserve for it now."""
        return (self.estimate_micro_usd or 0) if self.is_due else 0


@dataclass(frozen=True)
class Plan:
    """All takes of a project in the order of the file, and the budget's verdict.

    Attributes:
        refusals: why a render would refuse, in words; empty when it would go ahead.
    """

    project: Project
    takes: tuple[PlannedTake, ...]
    snapshot: Snapshot
    caps: Caps
    price_card: str
    profile: str
    warnings: tuple[Fault, ...] = ()
    refusals: tuple[str, ...] = ()

    @property
    def due(self) -> tuple[PlannedTake, ...]:
        """The takes that a render would buy."""
        return tuple(planned for planned in self.takes if planned.is_due)

    @property
    def due_micro_usd(self) -> int:
        """What a render would reserve in all; unknown prices count nothing here."""
        return sum(planned.due_micro_usd for planned in self.takes)

    @property
    def low_micro_usd(self) -> int:
        """What a render would reserve at least for a whole film: one take of each shot that has none yet."""
        filmed = {each.take.address.shot for each in self.takes if not each.is_due and each.state not in _WITHOUT_CLIP}
        firsts: dict[str, int] = {}
        for each in self.due:
            if each.take.address.shot not in filmed:
                firsts.setdefault(each.take.address.shot, each.due_micro_usd)
        return sum(firsts.values())

    @property
    def worst_micro_usd(self) -> int:
        """What a render would reserve if every take had to be bought anew as often as [render] retries allows."""
        return self.due_micro_usd * (1 + self.project.render.retries)

    @property
    def total_micro_usd(self) -> int:
        """What the whole plan costs from nothing, shared takes once."""
        return sum(each.estimate_micro_usd or 0 for each in self.takes if each.state is not TakeState.SHARED)

    @cached_property
    def hash(self) -> str:
        """What `--expect-plan` compares."""
        return plan_hash((str(each.take.address), each.fingerprint, each.estimate_micro_usd) for each in self.takes)


def plan(
    project: Project,
    *,
    snapshot: Snapshot | None = None,
    max_micro_usd: int | None = None,
    now: datetime | None = None,
    retry_failed: bool = False,
) -> Plan:
    """The plan of a project against what the ledger knows.

    Args:
        project: what to plan.
        snapshot: what was bought already (nothing by default).
        max_micro_usd: a cap for the next run, besides the project's own.
        now: the moment whose day `max_usd_per_day` means.
        retry_failed: whether failed takes are due again.

    Raises:
        InvalidProjectError: with every fault of the project.
    """
    return plan_takes(
        project, expand(project), snapshot or Snapshot(), max_micro_usd, now or datetime.now(UTC),
        retry_failed=retry_failed,
    )  # fmt: skip


def plan_takes(
    project: Project,
    expansion: Expansion,
    snapshot: Snapshot,
    max_micro_usd: int | None,
    now: datetime,
    *,
    retry_failed: bool = False,
) -> Plan:
    """The plan of takes that are expanded already; `retry_failed` makes failed takes due again."""
    takes = _planned(expansion.takes, snapshot, project)
    if retry_failed:
        takes = tuple(replace(each, state=TakeState.NEW) if each.state is TakeState.FAILED else each for each in takes)
    caps = caps_of(project.budget, max_micro_usd)
    return Plan(
        project, takes, snapshot, caps, project.catalog.rates.as_of, DEFAULT_PROFILE,
        (*expansion.warnings, *twin_warnings(expansion.takes, project)),
        tuple(_refusals(takes, caps, snapshot, now)),
    )  # fmt: skip


def caps_of(budget: BudgetTable, max_micro_usd: int | None) -> Caps:
    """The project's caps, the one per run narrowed by the command line's."""
    per_run = [cap for cap in (budget.max_usd_per_run, max_micro_usd) if cap is not None]
    return Caps(budget.max_usd, min(per_run, default=None), budget.max_usd_per_day, budget.max_usd_per_take)


def _planned(takes: Sequence[Take], snapshot: Snapshot, project: Project) -> tuple[PlannedTake, ...]:
    unknown = project.budget.unknown_price
    assumed = unknown.assume_usd_per_take if unknown else None
    seen: set[tuple[str, int]] = set()
    planned = []
    for take in takes:
        mark, number = fingerprint(take), take.address.number
        price = project.catalog.rates.price(take.action, take.effective)
        attempt = snapshot.latest(mark, number)
        state = TakeState.SHARED if (mark, number) in seen else _state(take, attempt, snapshot)
        seen.add((mark, number))
        planned.append(PlannedTake(take, mark, price, price.micro_usd if price else assumed, state, attempt))
    return tuple(planned)


def _state(take: Take, attempt: Attempt | None, snapshot: Snapshot) -> TakeState:
    if attempt is not None and attempt.state is not State.RELEASED:
        return _BY_ATTEMPT.get(attempt.state, TakeState.IN_FLIGHT)
    return TakeState.CHANGED if snapshot.bought_before(str(take.address)) else TakeState.NEW


def twin_warnings(takes: Sequence[Take], project: Project) -> Iterable[Fault]:
    """Shots that ask for exactly the same thing: they would share their paid takes."""
    first: dict[str, str] = {}
    for take in takes:
        shot = take.address.shot
        twin = first.setdefault(fingerprint(take), shot)
        if twin != shot and take.address.number == 1:
            message = f"the same request as {twin}: both share the same paid takes"
            yield Fault(project.shots[shot].place, message, "Change a prompt, or use takes.", "warning")


def _refusals(takes: Sequence[PlannedTake], caps: Caps, snapshot: Snapshot, now: datetime) -> Iterable[str]:
    due = [planned for planned in takes if planned.is_due]
    yield from _unknown_prices([planned.take for planned in due if planned.estimate_micro_usd is None])
    for planned in due:
        if caps.take is not None and planned.due_micro_usd > caps.take:
            yield f"{planned.take.address}: {broken_cap(Caps(take=caps.take), Spent(), planned.due_micro_usd)}"
    total = sum(planned.due_micro_usd for planned in due)
    today = [each for each in snapshot.attempts if each.created_at.date() == now.date()]
    spent = Spent(snapshot.counted_micro_usd(), 0, snapshot.counted_micro_usd(today))
    whole = replace(caps, take=None, run=None)
    if due and (reason := broken_cap(whole, spent, total)):
        yield reason
    possible = total + snapshot.counted_micro_usd(snapshot.unanswered)
    if reason := broken_cap(Caps(run=caps.run), Spent(), possible):
        yield reason


def _unknown_prices(takes: Sequence[Take]) -> Iterable[str]:
    assume = "set [budget] unknown_price = { assume_usd_per_take = 1.50 } to go ahead with an assumption"
    if endless := _named(take for take in takes if take.seconds is None):
        yield f"nobody knows how long the clip of {endless} will be: write estimate_seconds in the shot, or {assume}"
    if unpriced := _named(take for take in takes if take.seconds is not None):
        yield f"no price is published for {unpriced}; {assume}"


def _named(takes: Iterable[Take]) -> str:
    names = [str(take.address) for take in takes]
    return f"{', '.join(names[:5])}{' …' if len(names) > 5 else ''}"
