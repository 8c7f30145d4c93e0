"""Renders a plan: goes on with what is open, buys what is due, a few takes at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import anyio

from kling_render.errors import (
    AuthenticationError,
    BudgetError,
    DownloadError,
    IncompleteError,
    InsufficientCreditsError,
    KlingRenderError,
    RateLimitError,
    ServerError,
    StorageError,
    UnintelligibleAnswerError,
    UnreachableError,
)
from kling_render.events import Event
from kling_render.ledger import Attempt, Snapshot, State
from kling_render.planning import Plan, PlannedTake, TakeState
from kling_render.rendering.download import download
from kling_render.rendering.manifest import write_manifest
from kling_render.rendering.polling import TaskFailedError, poll
from kling_render.rendering.submission import check_replay, reserve, submit
from kling_render.rendering.work import Work

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

_STUCK = frozenset({TakeState.FAILED, TakeState.UNKNOWN})
"""Takes that an earlier run failed to deliver and that no run tries again by itself."""

_EXIT_ORDER = (10, 11, 3, 12, 7, 6, 5)
"""Which exit code counts where several apply."""


@dataclass(frozen=True)
class Outcome:
    """What a render achieved.

    Attributes:
        plan: what was planned, with the states before the render.
        snapshot: the ledger after it.
        problems: why takes were not delivered, by address.
        submitted_ids: the ledger's ids of the attempts that this run submitted or repeated.
        manifest: the manifest's path.
        folder: what the clips' paths are relative to.
    """

    plan: Plan
    snapshot: Snapshot
    problems: dict[str, KlingRenderError]
    submitted_ids: frozenset[int]
    manifest: Path
    folder: Path

    @property
    def exit_code(self) -> int:
        """0 when everything is delivered, else the code of the gravest problem."""
        codes = {problem.exit_code for problem in self.problems.values()}
        if any(planned.state in _STUCK for planned in self.plan.chosen):
            codes.add(IncompleteError.exit_code)
        return next((code for code in _EXIT_ORDER if code in codes), 1 if codes else 0)

    @property
    def undelivered(self) -> tuple[str, ...]:
        """Addresses of the plan whose clip is not here."""
        return tuple(
            str(planned.take.address)
            for planned in self.plan.chosen
            if not _is_here(self.snapshot.latest(planned.fingerprint, planned.take.address.number), self.folder)
        )

    @property
    def submitted(self) -> tuple[str, ...]:
        """Addresses of the attempts that this run submitted or repeated."""
        return tuple(each.address for each in self.own_attempts)

    @property
    def run_micro_usd(self) -> int:
        """What this run's submissions cost: settled where known, else reserved."""
        return self.snapshot.counted_micro_usd(each for each in self.own_attempts if each.task_id)

    @property
    def own_attempts(self) -> list[Attempt]:
        """What this run submitted or repeated, as the ledger has it now."""
        return [each for each in self.snapshot.attempts if each.id in self.submitted_ids]


async def render_plan(plan: Plan, work: Work) -> Outcome:
    """Render a plan whose budget and needs are checked already.

    Attempts that the ledger has open are finished even where their shot is no longer in the plan. One take's
    trouble does not touch another's, unless it concerns the account or the connection: then nothing more is
    submitted, and what is in flight is finished.
    """
    submitted: set[int] = set()
    newest = work.ledger.newest_entry() or work.clock.now()
    open_attempts = [*plan.snapshot.open, *_lost(plan, work)]
    in_flight = {each.attempt.id: each for each in plan.takes if each.attempt and each.state is TakeState.IN_FLIGHT}
    steps = [
        *((each.address, _resume(work, each, in_flight.get(each.id), newest, submitted)) for each in open_attempts),
        *((str(each.take.address), _buy(work, each, submitted)) for each in plan.due),
    ]
    for planned in plan.chosen:
        if planned.state is TakeState.PENDING:
            work.fail(str(planned.take.address), _waiting(planned))
    work.emit(Event("started", count=len(steps)))
    try:
        async with anyio.create_task_group() as tasks:
            queue = iter(steps)
            for _ in range(min(work.options.concurrency, len(steps))):
                tasks.start_soon(_work_through, work, queue)
    finally:
        identity = plan.snapshot.identity
        after = work.ledger.snapshot(work.run.project_id, identity)
        manifest = write_manifest(plan, after, work)
    work.emit(Event("finished", message=str(manifest)))
    return Outcome(plan, after, dict(work.problems), frozenset(submitted), manifest, work.folder)


def _waiting(planned: PlannedTake) -> IncompleteError:
    """Why a take that refers to another shot is not bought."""
    upstream = ", ".join(reference.shown for reference in planned.take.references)
    return IncompleteError(f"it waits for {upstream}", hint="Takes that refer to other shots cannot be rendered yet.")


def _lost(plan: Plan, work: Work) -> Iterator[Attempt]:
    """Bought takes of the plan whose clip is not on this disk and can still be fetched."""
    for planned in plan.takes:
        attempt = planned.attempt
        if planned.state is not TakeState.BOUGHT or attempt is None or _is_here(attempt, work.folder):
            continue
        if attempt.url_expires_at is None or work.clock.now() < attempt.url_expires_at:
            yield attempt
        else:
            hint = "It was paid and is gone: RunAPI keeps results for seven days. Change the prompt to buy it anew."
            work.fail(attempt.address, DownloadError("its clip is missing and can no longer be fetched", hint=hint))


def _is_here(attempt: Attempt | None, folder: Path) -> bool:
    return (
        attempt is not None
        and attempt.state is State.DOWNLOADED
        and attempt.clip is not None
        and (folder / attempt.clip.path).exists()
    )


Step = Callable[[], Awaitable[None]]


async def _work_through(work: Work, queue: Iterator[tuple[str, Step]]) -> None:
    """One of the workers that share the queue; a take's trouble is noted and does not touch the next one."""
    for address, step in queue:
        try:
            await step()
        except KlingRenderError as error:
            work.fail(address, error)
            if isinstance(error, _STOPPING_ANYWHERE):
                work.stop(error)


def _buy(work: Work, planned: PlannedTake, submitted: set[int]) -> Step:
    async def step() -> None:
        await _deliver(work, planned, planned.attempt, work.options.retries, submitted)

    return step


async def _deliver(work: Work, planned: PlannedTake, last: Attempt | None, retries: int, submitted: set[int]) -> None:
    """Buy a take and bring its clip home; a task that failed is bought anew while retries are left."""
    for left in range(retries, -1, -1):
        if work.halt is not None:
            return
        with _submitting(work):
            last = await reserve(work, planned, last)
            submitted.add(last.id)
            last = await submit(work, last)
        try:
            return await _finish(work, last)
        except TaskFailedError as error:
            if not left or work.halt is not None:
                raise
            last = error.attempt
            _tell_retry(work, error)


def _resume(work: Work, attempt: Attempt, planned: PlannedTake | None, newest: datetime, submitted: set[int]) -> Step:
    async def step() -> None:
        current = attempt
        work.emit(Event("resumed", current.address, current.state.value, current.task_id))
        if current.state is State.INTENT:
            if work.halt is not None:
                return
            check_replay(work, current, newest)
            submitted.add(current.id)
            with _submitting(work):
                current = await submit(work, current, replay=True)
        try:
            await _finish(work, current)
        except TaskFailedError as error:
            left = work.options.retries - current.attempt
            if planned is None or left < 0 or work.halt is not None:
                raise
            _tell_retry(work, error)
            await _deliver(work, planned, error.attempt, left, submitted)

    return step


def _tell_retry(work: Work, error: TaskFailedError) -> None:
    work.emit(Event("retried", error.attempt.address, f"{error.message}; it is bought anew", error.attempt.task_id))


@contextmanager
def _submitting(work: Work) -> Iterator[None]:
    try:
        yield
    except _STOPPING as error:
        work.stop(error)
        raise


async def _finish(work: Work, attempt: Attempt) -> None:
    attempt, task = await poll(work, attempt)
    await download(work, attempt, task)
