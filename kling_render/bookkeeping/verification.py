"""Asks the server about every open task, and looks at every clip on this disk; writes nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import anyio

from kling_render.bookkeeping.status import Status
from kling_render.errors import ApiError, RequestRefusedError
from kling_render.ledger import Attempt, State
from kling_render.rendering import Clock, real_clock
from kling_render.settings import Settings, load_settings

if TYPE_CHECKING:
    from kling_render.runapi import RunApi

_AT_A_TIME = 8
_NOT_FOUND = 404

FileState = Literal["whole", "missing", "changed"]


@dataclass(frozen=True)
class CheckedTask:
    """An open attempt, and what the server says of its task.

    Attributes:
        answer: the server's status of the task, "lost" where it does not know it, or why it could not be asked.
        is_known: whether the server knows the task.
    """

    attempt: Attempt
    answer: str
    is_known: bool


@dataclass(frozen=True)
class CheckedFile:
    """A downloaded clip, and whether it is on this disk as it came."""

    attempt: Attempt
    state: FileState


@dataclass(frozen=True)
class Verification:
    """What was found."""

    tasks: tuple[CheckedTask, ...]
    files: tuple[CheckedFile, ...]

    @property
    def is_clean(self) -> bool:
        """Whether the server knows every open task and every clip is whole."""
        return all(each.is_known for each in self.tasks) and all(each.state == "whole" for each in self.files)


def verify(status: Status, *, settings: Settings | None = None) -> Verification:
    """Check what a status tells against the server and the disk; nothing is written or bought.

    Args:
        status: what is known.
        settings: key and base URL; read from the environment by default.

    Raises:
        KeyMissingError, AuthenticationError: tasks are open, and there is no key that the server takes.
    """
    attempts = status.snapshot.attempts
    files = [each for each in attempts if each.clip is not None and each.state is State.DOWNLOADED]
    open_tasks = [each for each in attempts if each.task_id and (each.is_open or each.state is State.UNKNOWN)]
    clock, tasks = real_clock(), ()
    if open_tasks:
        tasks = clock.run_async(_check_tasks, open_tasks, settings or load_settings(), clock)
    return Verification(tuple(tasks), tuple(CheckedFile(each, _look_at(each, status.folder)) for each in files))


async def _check_tasks(attempts: list[Attempt], settings: Settings, clock: Clock) -> tuple[CheckedTask, ...]:
    from kling_render.runapi import connect  # late: it brings the HTTP client along

    found: dict[int, CheckedTask] = {}
    limit = anyio.CapacityLimiter(_AT_A_TIME)

    async def check(number: int, attempt: Attempt) -> None:
        async with limit:
            found[number] = await _check_task(api, attempt)

    async with connect(settings, clock.now) as api:
        await api.me()  # a key that is refused is said once
        async with anyio.create_task_group() as tasks:
            for number, attempt in enumerate(attempts):
                tasks.start_soon(check, number, attempt)
    return tuple(found[number] for number in range(len(attempts)))


async def _check_task(api: RunApi, attempt: Attempt) -> CheckedTask:
    try:
        task = await api.task(attempt.action, attempt.task_id or "")
    except RequestRefusedError as error:
        is_lost = error.status == _NOT_FOUND
        return CheckedTask(attempt, "lost" if is_lost else error.message, is_known=False)
    except ApiError as error:
        return CheckedTask(attempt, error.message, is_known=False)
    said = f"{task.status} ({task.said_status})" if task.said_status else task.status
    return CheckedTask(attempt, f"{said}: {task.error}" if task.error else said, is_known=True)


def _look_at(attempt: Attempt, folder: Path) -> FileState:
    clip = attempt.clip
    if clip is None:
        return "missing"
    try:
        with (folder / clip.path).open("rb") as file:
            return "whole" if hashlib.file_digest(file, "sha256").hexdigest() == clip.sha256 else "changed"
    except OSError:
        return "missing"
