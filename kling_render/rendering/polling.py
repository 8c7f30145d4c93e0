"""Waits for a task to end."""

from __future__ import annotations

import shlex

import anyio

from kling_render.errors import (
    ApiError,
    PollTimeoutError,
    RequestRefusedError,
    ServerError,
    UnintelligibleAnswerError,
    UnreachableError,
)
from kling_render.events import Event
from kling_render.ledger import Attempt, State
from kling_render.rendering.failures import TaskFailedError, TaskLostError, TaskModeratedError, UnknownStatusError
from kling_render.rendering.work import Work
from kling_render.runapi import Task
from kling_render.settings import DEFAULT_BASE_URL

_LONGEST_RETRY_AFTER = 120.0
_STRANGE_SECONDS = 120.0
"""How long a status that is not known is put up with."""
_MOST_FAILURES = 3
"""Looks in a row that may fail, each after the client's own retries, before the task is left for the next run."""
_PASSING = (ServerError, UnintelligibleAnswerError, UnreachableError)


async def poll(work: Work, attempt: Attempt) -> tuple[Attempt, Task]:
    """The attempt, recorded as completed, and its task.

    Raises:
        TaskFailedError: the task failed; TaskModeratedError where moderation refused it.
        PollTimeoutError: it took longer than the options allow; the task stays open.
        UnknownStatusError: for too long a status that is not known; the task stays open.
        ApiError: the server could not be asked.
    """
    watch = _Watch(work, attempt)
    while True:
        await watch.wait()
        task = await watch.look()
        if task is None:
            continue
        attempt = watch.attempt
        if task.status == "completed":
            return _completed(work, attempt, task), task
        if task.status == "failed":
            raise _failed(work, attempt, task)
        if task.status == "processing" and attempt.state is State.SUBMITTED:
            watch.attempt = work.record(attempt, State.PROCESSING)
        watch.judge(task)


class _Watch:
    """One task that is waited for."""

    def __init__(self, work: Work, attempt: Attempt) -> None:
        self.attempt = attempt
        self._work = work
        self._id = attempt.task_id or ""
        self._began = anyio.current_time()
        elapsed = (work.clock.now() - attempt.created_at).total_seconds()
        is_new = attempt.state is State.SUBMITTED and attempt.run_id == work.run.id
        kind = (attempt.action, attempt.model)
        self._pause = 0.0
        self._first = work.waits.first(kind, max(elapsed, 0.0)) if is_new else 0.0
        self._asked = 0.0
        self._failures = 0
        self._strange_since: float | None = None

    @property
    def _waited(self) -> float:
        return anyio.current_time() - self._began

    async def wait(self) -> None:
        """Until it is time for the next look."""
        left = max(self._work.options.poll_timeout_seconds - self._waited, 0.0)
        if self._pause:
            await anyio.sleep(min(max(self._pause, self._asked), left))
        else:
            await anyio.sleep(min(self._first, left))
        self._pause = self._work.waits.following(self._pause)
        await self._work.waits.turn()

    async def look(self) -> Task | None:
        """The task as it is; None where the look failed in passing."""
        try:
            task = await ask(self._work, self.attempt, self._id)
        except _PASSING:
            self._failures += 1
            if self._failures >= _MOST_FAILURES:
                raise
            return None
        self._failures = 0
        self._asked = min(task.retry_after or 0.0, _LONGEST_RETRY_AFTER)
        return task

    def judge(self, task: Task) -> None:
        """Whether it is worth waiting on.

        Raises:
            PollTimeoutError, UnknownStatusError: it is not.
        """
        if task.status == "unrecognised":
            self._strange_since = self._waited if self._strange_since is None else self._strange_since
            if self._waited - self._strange_since >= _STRANGE_SECONDS:
                text = f"task {self._id} has a status that is not known: {task.said_status}"
                hint = "It stays open: the same command looks at it again. A newer kling-render may know it."
                raise UnknownStatusError(text, hint=hint, task_id=self._id)
        else:
            self._strange_since = None
        if self._waited >= self._work.options.poll_timeout_seconds:
            hint = "It stays open: the same command goes on waiting for it."
            raise PollTimeoutError(f"task {self._id} is {task.status} after {self._waited:.0f} s", hint=hint)


def _completed(work: Work, attempt: Attempt, task: Task) -> Attempt:
    """Write that it is made and what it cost; a clip that was here once keeps its row as it is."""
    if attempt.state is State.DOWNLOADED:
        return attempt
    now = work.clock.now()
    if attempt.state is not State.COMPLETED and attempt.run_id == work.run.id:
        work.waits.learn((attempt.action, attempt.model), (now - attempt.created_at).total_seconds())
    expires = attempt.url_expires_at or now + work.options.result_url_life
    attempt = work.record(attempt, State.COMPLETED, settled_micro_usd=task.cost_micro_usd, url_expires_at=expires)
    if attempt.drift is not None:
        work.emit(Event("drifted", attempt.address, f"charged {attempt.drift:+.1%} against the estimate", task.id))
    return attempt


def _failed(work: Work, attempt: Attempt, task: Task) -> TaskFailedError:
    reason = task.error or "the server gives no reason"
    if task.is_moderated:
        attempt = work.record(attempt, State.MODERATED, error=reason, settled_micro_usd=task.cost_micro_usd)
        hint = "Change what the shot asks for: the same request is refused again."
        return TaskModeratedError(f"moderation refused task {task.id}: {reason}", attempt, hint=hint)
    attempt = work.record(attempt, State.FAILED, error=reason, settled_micro_usd=task.cost_micro_usd)
    hint = "A render buys it anew with --retry-failed, or at once as often as [render] retries allows."
    return TaskFailedError(f"task {task.id} failed: {reason}", attempt, hint=hint)


async def ask(work: Work, attempt: Attempt, task_id: str) -> Task:
    """The task of an attempt as the server tells it now.

    Raises:
        UnintelligibleAnswerError: the answer is about another task, as a confused cache in between may give it.
        ApiError: the server could not be asked, or does not know the task.
    """
    try:
        task = await work.api.task(attempt.action, task_id)
    except RequestRefusedError as error:
        if error.status != 404:
            raise
        raise _lost(work, attempt, task_id) from error
    if task.id != task_id:
        raise UnintelligibleAnswerError(f"the server was asked about task {task_id}, and answered about {task.id}")
    return task


def _lost(work: Work, attempt: Attempt, task_id: str) -> ApiError:
    is_real = work.run.origin == DEFAULT_BASE_URL
    advice = "Ask RunAPI's support" if is_real else "A mock server forgets its tasks when it stops"
    hint = f"{advice}; give the attempt up with: kling-render abandon {shlex.quote(attempt.address)}"
    return TaskLostError(f"{work.run.origin} does not know task {task_id} any more", hint=hint)
