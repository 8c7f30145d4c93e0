"""Renders a plan: goes on with what is open, buys what is due, one task of the event loop for each take."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

import anyio
import anyio.lowlevel
from anyio.abc import TaskGroup

from kling_render.errors import (
    AuthenticationError,
    BudgetError,
    InsufficientCreditsError,
    KlingRenderError,
    RateLimitError,
    ServerError,
    StorageError,
    UnintelligibleAnswerError,
    UnreachableError,
)
from kling_render.events import Event
from kling_render.ledger import Attempt, State
from kling_render.planning import DUE_STATES, Plan, PlannedTake, Resolved, TakeState
from kling_render.rendering.chains import Chains
from kling_render.rendering.download import clip_gone, download
from kling_render.rendering.failures import BlockedError, RenderInterruptedError, TaskFailedError, TaskModeratedError
from kling_render.rendering.manifest import write_manifest
from kling_render.rendering.outcome import Outcome, is_here
from kling_render.rendering.polling import poll
from kling_render.rendering.slots import Slot, Slots
from kling_render.rendering.sources import source_values
from kling_render.rendering.submission import as_resolved, check_replay, reserve, submit
from kling_render.rendering.work import Work
from kling_render.runapi import Task

_STOPPING = (
    AuthenticationError,
    BudgetError,
    InsufficientCreditsError,
    RateLimitError,
    ServerError,
    StorageError,
    UnintelligibleAnswerError,
    UnreachableError,
)
"""After one of these on a submission, no other submission is tried; what is in flight is finished."""

_STOPPING_ANYWHERE = (AuthenticationError, StorageError, UnreachableError)
"""These concern key, disk or connection, so they stop further submissions wherever they are met."""

_IN_FLIGHT = frozenset({State.INTENT, State.SUBMITTED, State.PROCESSING})


@dataclass(frozen=True)
class _Step:
    """What is done about one take, once there is a place for it; lower ranks get one first."""

    address: str
    key: tuple[str, int]
    rank: int
    take: Callable[[Slot], Awaitable[None]]


async def render_plan(plan: Plan, work: Work) -> Outcome:
    """Render a plan whose budget and needs are checked already.

    Attempts that the ledger has open are finished even where their shot is no longer in the plan. One take's
    trouble does not touch another's, unless it concerns the account or the connection: then nothing more is
    submitted, and what is in flight is finished.
    """
    rendering = _Rendering(plan, work)
    try:
        await rendering.run()
    finally:
        snapshot = work.ledger.snapshot(work.run.project_id, plan.snapshot.identity)
        ended = rendering.plan
        manifest = write_manifest(ended, snapshot, work)
    work.emit(Event("finished", message=str(manifest)))
    return Outcome(
        ended, snapshot, dict(work.problems), frozenset(work.submitted), manifest, work.folder, halt=work.halt
    )


class _Rendering:
    """The steps of one render, a step for each take; they share nothing but the work and the chains."""

    def __init__(self, plan: Plan, work: Work) -> None:
        self._plan = plan
        self._work = work
        self._newest = work.ledger.newest_entry() or work.clock.now()
        self._marks: dict[tuple[str, int], str] = {}
        self._open = sorted([*plan.snapshot.open, *_lost(plan, work)], key=_urgency)
        begun = {planned.attempt.id: planned for planned in plan.takes if planned.attempt and planned.is_chosen}
        self._planned = {each.id: begun[each.id] for each in self._open if each.id in begun}
        self._ranks = {str(planned.address): rank for rank, planned in enumerate(plan.due, start=1)}
        self._chains = Chains(plan, work.live, work.folder, [(each.fingerprint, each.take) for each in self._open])

    @property
    def plan(self) -> Plan:
        """The plan, with the fingerprints that the takes were bought under, and with them those that share them."""
        takes = (as_resolved(each, self._marks.get(each.key, each.fingerprint)) for each in self._plan.takes)
        return replace(self._plan, takes=tuple(takes))

    async def run(self) -> None:
        """Take every step, each as soon as the limits and the clips that it needs allow."""
        due = self._plan.due
        for planned in self._plan.chosen:
            if planned.state is TakeState.BLOCKED:
                self._work.fail(str(planned.address), BlockedError(planned.blocked_by))
            elif planned.state is TakeState.EXPIRED:
                self._work.fail(str(planned.address), clip_gone())
        self._work.emit(Event("started", count=len(self._open) + len(due)))
        limits = self._work.limits
        in_flight = [self._going_on(each) for each in self._open if each.state in _IN_FLIGHT]
        at_home = [self._going_on(each) for each in self._open if each.state not in _IN_FLIGHT]
        with self._work.steps:
            async with anyio.create_task_group() as tasks:
                ready = [self._buying(planned) for planned in due if not self._chains.must_wait(planned)]
                tasks.start_soon(self._dispatch, tasks, limits.homecomings, at_home)
                tasks.start_soon(self._dispatch, tasks, limits.tasks, [*in_flight, *ready])
                for planned in due:
                    if self._chains.must_wait(planned):
                        tasks.start_soon(self._wait, tasks, planned)

    async def _dispatch(self, tasks: TaskGroup, slots: Slots, steps: list[_Step]) -> None:
        """Begin steps in their order, each as soon as there is a place for it."""
        for step in steps:
            tasks.start_soon(self._take_step, step, await slots.taken(step.rank))

    async def _wait(self, tasks: TaskGroup, planned: PlannedTake) -> None:
        """Begin a take that refers to others once their clips are here."""
        try:
            await self._chains.ready(planned)
        except BlockedError as error:
            if self._work.halt is None:  # else what it waits for was not begun either
                self._work.fail(str(planned.address), error)
            self._chains.end(planned.key)
            return
        await self._dispatch(tasks, self._work.limits.tasks, [self._buying(planned)])

    async def _take_step(self, step: _Step, slot: Slot) -> None:
        """A take's trouble is noted and does not touch the others."""
        try:
            with slot:
                await step.take(slot)
        except RenderInterruptedError:
            pass  # said once, for all
        except KlingRenderError as error:
            self._work.fail(step.address, error)
            if isinstance(error, _STOPPING_ANYWHERE):
                self._work.stop(error)
        finally:
            self._chains.end(step.key)

    def _buying(self, planned: PlannedTake) -> _Step:
        async def take(slot: Slot) -> None:
            await self._buy(planned, self._work.options.retries, slot)

        return _Step(str(planned.address), planned.key, self._ranks[str(planned.address)], take)

    async def _buy(self, planned: PlannedTake, retries: int, slot: Slot, *, may_have_failed: bool = False) -> None:
        """Buy a take and bring its clip home; a task that failed is bought anew while retries are left.

        The place is given back as soon as the task has ended: a download has limits of its own.
        """
        if may_have_failed and planned.sources:  # who waits for another take holds no place that it may need
            slot.release()
            await self._chains.ready(planned)
            with await self._work.limits.tasks.taken(self._ranks.get(str(planned.address), 0)) as another:
                await self._attempts(planned, retries, another, may_have_failed=may_have_failed)
            return
        await self._attempts(planned, retries, slot, may_have_failed=may_have_failed)

    async def _attempts(self, planned: PlannedTake, retries: int, slot: Slot, *, may_have_failed: bool) -> None:
        work = self._work
        resolved = await self._chains.ready(planned)
        self._marks[planned.key] = resolved.fingerprint
        planned = as_resolved(planned, resolved.fingerprint)
        for left in range(retries, -1, -1):
            await anyio.lowlevel.checkpoint_if_cancelled()  # what ends begins nothing
            last = work.live.latest(*planned.key)
            states = DUE_STATES | ({TakeState.FAILED} if may_have_failed else set())
            if work.halt is not None or self._plan.continuing.wishes.state_of(last) not in states:
                return
            with _submitting(work):
                attempt = await self._reserved(planned, resolved, last)
                if attempt is None:
                    return
                work.submitted.add(attempt.id)
                attempt = await submit(work, attempt)
            polled = await self._polled(attempt, left)
            if polled is not None:
                slot.release()
                await download(work, *polled)
                return
            may_have_failed = True

    async def _reserved(self, planned: PlannedTake, resolved: Resolved, last: Attempt | None) -> Attempt | None:
        """A new intent, with what it names uploaded; None where nothing more is submitted by then."""
        values = await source_values(self._work, resolved.sources)
        values |= {file: await self._work.host_file(file) for file in planned.take.local_files}
        return reserve(self._work, planned, last, values) if self._work.halt is None else None

    async def _polled(self, attempt: Attempt, retries: int) -> tuple[Attempt, Task] | None:
        """The completed task; None where it failed and may be bought anew."""
        try:
            return await poll(self._work, attempt)
        except TaskModeratedError:
            raise
        except TaskFailedError as error:
            if retries <= 0 or self._work.halt is not None:
                raise
            text = f"{error.message}; it is bought anew"
            self._work.emit(Event("retried", attempt.address, text, attempt.task_id, attempt=attempt.attempt))
            return None

    def _going_on(self, attempt: Attempt) -> _Step:
        async def take(slot: Slot) -> None:
            work = self._work
            text = attempt.state.value
            work.emit(Event("resumed", attempt.address, text, attempt.task_id, attempt=attempt.attempt))
            planned = self._planned.get(attempt.id)
            retries = work.options.retries - attempt.attempt + 1 if planned else 0
            current = await self._repeated(attempt) if attempt.state is State.INTENT else attempt
            if current is None:
                return
            polled = await self._polled(current, retries)
            if polled is not None:
                slot.release()
                await download(work, *polled)
            elif planned is not None:
                least = max(planned.reserve_micro_usd or 0, attempt.reserved_micro_usd)  # what it was agreed at
                again = replace(planned, quoted_micro_usd=least)
                await self._buy(again, retries - 1, slot, may_have_failed=True)

        return _Step(attempt.address, (attempt.fingerprint, attempt.take), 0, take)

    async def _repeated(self, attempt: Attempt) -> Attempt | None:
        """An unanswered request, asked again under its key; None where nothing more is submitted."""
        if self._work.halt is not None:
            return None
        check_replay(self._work, attempt, self._newest)
        with _submitting(self._work):
            attempt = self._work.take_over(attempt)
            self._work.submitted.add(attempt.id)
            return await submit(self._work, attempt, replay=True)


def _lost(plan: Plan, work: Work) -> Iterator[Attempt]:
    """Bought takes of the plan whose clip is not on this disk."""
    for planned in plan.takes:
        attempt = planned.attempt
        if planned.state is TakeState.BOUGHT and attempt is not None and not is_here(attempt, work.folder):
            yield attempt


def _urgency(attempt: Attempt) -> tuple[bool, datetime]:
    """Clips whose address dies first come first; then what is in flight, oldest first."""
    expires = attempt.url_expires_at
    return expires is None, expires or attempt.created_at


@contextmanager
def _submitting(work: Work) -> Iterator[None]:
    try:
        yield
    except _STOPPING as error:
        work.stop(error)
        raise
