"""A plan take by take: each is told and let go, so that memory does not grow with their number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from kling_render.errors import Fault, InvalidProjectError
from kling_render.expansion import stream_takes
from kling_render.expansion.links import has_references
from kling_render.ledger import Caps, Snapshot
from kling_render.planning.plan import caps_of, twin_warnings
from kling_render.planning.states import NO_WISHES, Wishes
from kling_render.planning.takes import PlannedTake, plan_each
from kling_render.planning.tally import Tally
from kling_render.project import Project, locate


@dataclass(frozen=True)
class StreamedPlan:
    """What is left of a plan whose takes were let go."""

    project: Project
    tally: Tally
    snapshot: Snapshot
    caps: Caps
    warnings: tuple[Fault, ...]
    refusals: tuple[str, ...]


def can_stream(project: Project) -> bool:
    """Whether each take can be planned without knowing the others: not where shots refer to each other."""
    return not has_references(project)


def stream_plan(
    project: Project,
    snapshot: Snapshot,
    max_micro_usd: int | None,
    now: datetime,
    hear: Callable[[PlannedTake], None],
    *,
    wishes: Wishes = NO_WISHES,
) -> StreamedPlan:
    """Plan a project whose shots do not refer to each other; `hear` is told each take.

    Raises:
        InvalidProjectError: with every fault of the project; some takes may have been told by then.
    """
    faults: list[Fault] = []
    caps = caps_of(project.budget, max_micro_usd)
    tally = Tally(caps, project.render.retries)

    def told() -> Iterator[PlannedTake]:
        takes = stream_takes(project, faults)
        for planned in plan_each(project, takes, {}, snapshot, wishes=replace(wishes, now=now)):
            tally.add(planned)
            hear(planned)
            yield planned

    twins = list(twin_warnings(told(), project))
    if errors := [fault for fault in faults if fault.severity == "error"]:
        raise InvalidProjectError(locate(errors))
    warnings = (*dict.fromkeys(faults), *twins)
    return StreamedPlan(project, tally, snapshot, caps, warnings, tuple(tally.refusals(snapshot, now)))
