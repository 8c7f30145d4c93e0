"""The plan: every take with its exact request, price and state, and whether the budget allows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from kling_render.errors import Fault
from kling_render.expansion import Expansion, expand
from kling_render.expansion.collector import collector_paused
from kling_render.expansion.doubts import judge_twins
from kling_render.ledger import Caps, Picks, Snapshot
from kling_render.planning.continuity import NO_PICKS, NOT_CONTINUING, Continuing
from kling_render.planning.selection import Selection
from kling_render.planning.states import DUE_STATES, NO_WISHES, TakeState, Wishes
from kling_render.planning.takes import PlannedTake, plan_each
from kling_render.planning.tally import Tally
from kling_render.project import BudgetTable, Project


@dataclass(frozen=True)
class Plan:
    """All takes of a project in the order of the film, and the budget's verdict.

    Attributes:
        takes: all of them, those that a selection left out as well.
        tally: what they add up to.
        refusals: why a render would refuse, in words; empty when it would go ahead.
        continuing: what references are resolved with while it is rendered.
        outdated_drafts: variants whose pick of the draft is not followed, because its prompt has changed since.
    """

    project: Project
    takes: tuple[PlannedTake, ...]
    tally: Tally
    snapshot: Snapshot
    caps: Caps
    price_card: str
    profile: str
    warnings: tuple[Fault, ...] = ()
    refusals: tuple[str, ...] = ()
    continuing: Continuing = NOT_CONTINUING
    outdated_drafts: tuple[str, ...] = ()

    @property
    def chosen(self) -> tuple[PlannedTake, ...]:
        """The takes that were asked for: all of them without a selection."""
        return tuple(planned for planned in self.takes if planned.is_chosen)

    @property
    def due(self) -> tuple[PlannedTake, ...]:
        """The takes that a render would buy."""
        return tuple(planned for planned in self.takes if planned.is_due)

    @property
    def due_micro_usd(self) -> int:
        """What a render would reserve in all; unknown prices count nothing here."""
        return self.tally.due_micro_usd

    @property
    def low_micro_usd(self) -> int:
        """What a render would reserve at least for a whole film: one take of each variant that has none yet."""
        return self.tally.low_micro_usd

    @property
    def worst_micro_usd(self) -> int:
        """What a render would reserve if every take had to be bought anew as often as [render] retries allows."""
        return self.tally.worst_micro_usd

    @property
    def total_micro_usd(self) -> int:
        """What the whole plan costs from nothing, shared takes once."""
        return self.tally.total_micro_usd

    @property
    def hash(self) -> str:
        """What `--expect-plan` compares."""
        return self.tally.hash


def plan(
    project: Project,
    *,
    snapshot: Snapshot | None = None,
    max_micro_usd: int | None = None,
    now: datetime | None = None,
    wishes: Wishes = NO_WISHES,
    selection: Selection | None = None,
    picks: Picks = NO_PICKS,
    drafts: Picks = NO_PICKS,
) -> Plan:
    """The plan of a project against what the ledger knows.

    Args:
        project: what to plan.
        snapshot: what was bought already (nothing by default).
        max_micro_usd: a cap for the next run, besides the project's own.
        now: the moment whose day `max_usd_per_day` means.
        wishes: what shall be bought besides new and changed takes.
        selection: which takes are asked for; all by default.
        picks: the chosen takes.
        drafts: the chosen takes of the profile that this one is finished from.

    Raises:
        InvalidProjectError: with every fault of the project.
        UsageError: the selection matches nothing.
    """
    return plan_takes(
        project, expand(project), snapshot or Snapshot(), max_micro_usd, now or datetime.now(UTC),
        wishes=wishes, selection=selection, picks=picks, drafts=drafts,
    )  # fmt: skip


def plan_takes(
    project: Project,
    expansion: Expansion,
    snapshot: Snapshot,
    max_micro_usd: int | None,
    now: datetime,
    *,
    wishes: Wishes = NO_WISHES,
    selection: Selection | None = None,
    picks: Picks = NO_PICKS,
    drafts: Picks = NO_PICKS,
) -> Plan:
    """The plan of takes that are expanded already."""
    wishes = replace(wishes, now=now)
    with collector_paused():
        each = plan_each(
            project, expansion.takes, expansion.upstreams, snapshot, wishes=wishes, picks=picks, drafts=drafts
        )
        takes = tuple(each)
    if selection is not None:
        takes = _chosen(takes, selection)
    caps = caps_of(project.budget, max_micro_usd)
    tally = Tally(caps, project.render.retries)
    for planned in takes:
        tally.add(planned)
    return Plan(
        project, takes, tally, snapshot, caps, project.catalog.rates.name, project.profile,
        (*expansion.warnings, *twin_warnings(takes, project)), tuple(tally.refusals(snapshot, now)),
        Continuing(expansion.upstreams, wishes, picks), drafts.outdated,
    )  # fmt: skip


def reserving(plan: Plan, quoted: Mapping[tuple[str, int], int], now: datetime) -> Plan:
    """The plan with what the server says that it would reserve, where that is more than the estimate.

    Args:
        plan: the plan.
        quoted: micro-USD by fingerprint and take number; only amounts over the estimate.
        now: the moment whose day `max_usd_per_day` means.
    """
    if not quoted:
        return plan
    takes = tuple(replace(each, quoted_micro_usd=quoted.get(each.key)) for each in plan.takes)
    tally = Tally(plan.caps, plan.project.render.retries)
    for planned in takes:
        tally.add(planned)
    return replace(plan, takes=takes, tally=tally, refusals=tuple(tally.refusals(plan.snapshot, now)))


def caps_of(budget: BudgetTable, max_micro_usd: int | None) -> Caps:
    """The project's caps, the one per run narrowed by the command line's."""
    caps = Caps(budget.max_usd, budget.max_usd_per_run, budget.max_usd_per_day, budget.max_usd_per_take)
    if max_micro_usd is None or (caps.run is not None and caps.run <= max_micro_usd):
        return caps
    return replace(caps, run=max_micro_usd, run_name="--max-usd")


def twin_warnings(takes: Iterable[PlannedTake], project: Project, *, whole: bool = True) -> list[Fault]:
    """Axes that change nothing, shots and variants that ask for the same thing; see `expansion.doubts`."""
    return judge_twins(((each.address, each.fingerprint) for each in takes), project, whole=whole)


def _chosen(takes: tuple[PlannedTake, ...], selection: Selection) -> tuple[PlannedTake, ...]:
    left = {id(planned) for planned in selection.choose(takes)}
    chosen = _shared_anew([replace(each, is_chosen=id(each) in left) for each in takes])
    return tuple(_blocked_anew(chosen))


def _blocked_anew(takes: list[PlannedTake]) -> list[PlannedTake]:
    """Takes that wait for one that was left out are not bought, nor those that wait for them."""
    bought = {each.key for each in takes if each.is_due}
    left_out = {each.key for each in takes if each.state in DUE_STATES} - bought
    while left_out:
        left_out_now: set[tuple[str, int]] = set()
        for at, planned in enumerate(takes):
            source = next((each for each in planned.waits_for if (each.fingerprint, each.number) in left_out), None)
            if source is not None and planned.state is TakeState.PENDING:
                takes[at] = replace(planned, state=TakeState.BLOCKED, blocked_by=f"{source.shown} is not selected")
                left_out_now.add(planned.key)
        left_out = left_out_now
    return takes


def _shared_anew(takes: list[PlannedTake]) -> list[PlannedTake]:
    """Of takes that share a request, the first chosen one stands for all: one that was left out would not be bought."""
    standing: dict[tuple[str, int], int] = {}
    for at, planned in enumerate(takes):
        first = standing.setdefault((planned.fingerprint, planned.take.address.number), at)
        if first != at and planned.is_chosen and not takes[first].is_chosen:
            takes[at] = replace(planned, state=takes[first].state)
            takes[first] = replace(takes[first], state=planned.state)
            standing[planned.fingerprint, planned.take.address.number] = at
    return takes
