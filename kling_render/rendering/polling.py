"""Waits for a task to end."""

from __future__ import annotations

import anyio

from kling_render.errors import ApiError, KlingRenderError, PollTimeoutError, RequestRefusedError
from kling_render.events import Event
from kling_render.ledger import Attempt, State
from kling_render.rendering.work import Work
from kling_render.runapi import Task

_GROWTH = 1.25
_SLOWEST = 5.0
"""The pause between polls grows up to so many times the interval."""
_LONGEST_RETRY_AFTER = 120.0


class TaskFailedError(KlingRenderError):
    """The server could not make the clip; the reservation is released.

    Attributes:
        attempt: the attempt as the ledger has it now.
    """

    exit_code = 7

    def __init__(self, message: str, attempt: Attempt, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.attempt = attempt


class TaskLostError(ApiError):
    """The server does not know a task that it once gave out; the attempt stays open."""

    exit_code = 7


async def poll(work: Work, attempt: Attempt) -> tuple[Attempt, Task]:
    """The attempt and its task, once the task is completed.

    Raises:
        TaskFailedError: the task failed.
        PollTimeoutError: it took longer than the options allow; the task stays open.
        ApiError: the server could not be asked.
    """
    task_id = attempt.task_id or ""
    pause = work.options.poll_interval_seconds
    waited = 0.0
    while True:
        task = await _ask(work, attempt, task_id)
        if task.status == "completed":
            return attempt, task
        if task.status == "failed":
            reason = task.error or "the server gives no reason"
            failed = work.record(attempt, State.FAILED, error=reason, settled_micro_usd=task.cost_micro_usd)
            raise TaskFailedError(f"task {task_id} failed: {reason}", failed, hint="Change the shot, or ask RunAPI.")
        if task.status == "processing" and attempt.state is State.SUBMITTED:
            attempt = work.record(attempt, State.PROCESSING)
            work.emit(Event("status", attempt.address, "processing", task_id))
        if waited >= work.options.poll_timeout_seconds:
            hint = "It stays open: the same command goes on waiting for it."
            raise PollTimeoutError(f"task {task_id} is {task.status} after {waited:.0f} s", hint=hint)
        asked = min(task.retry_after or 0.0, _LONGEST_RETRY_AFTER)
        await anyio.sleep(max(pause, asked))
        waited += max(pause, asked)
        pause = min(pause * _GROWTH, work.options.poll_interval_seconds * _SLOWEST)


async def _ask(work: Work, attempt: Attempt, task_id: str) -> Task:
    try:
        return await work.api.task(attempt.action, task_id)
    except RequestRefusedError as error:
        if error.status != 404:
            raise
        hint = (
            "A mock server forgets its tasks when it stops: start the next one on another port, where nothing was "
            "bought yet. At RunAPI, ask their support."
        )
        raise TaskLostError(f"{work.run.origin} does not know task {task_id} any more", hint=hint) from error
