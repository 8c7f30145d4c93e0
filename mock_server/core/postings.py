"""The account's own record of its tasks: each movement of money as it happened, and the bill of each task."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mock_server.core.tasks import Task

Movement = Literal["reserved", "settled", "released"]


@dataclass(frozen=True)
class Posting:
    """One movement, in micro-USD, at a simulated time."""

    task_id: str
    movement: Movement
    micro_usd: int
    at: datetime


@dataclass(frozen=True)
class Bill:
    """What one task has done to the books.

    Attributes:
        key_digest: SHA-256 (hex) of the Idempotency-Key that made it; empty where there was none.
        client_request_id: the X-Client-Request-Id that made it.
        movements: in order; a sound bill is `reserved`, and then at most one of `settled` and `released`.
        settled_micro_usd: what was charged, all settlements added up.
    """

    task_id: str
    key_digest: str
    client_request_id: str | None
    movements: tuple[Movement, ...]
    settled_micro_usd: int

    @property
    def is_sound(self) -> bool:
        """Whether it was reserved once and ended at most once."""
        return self.movements in (("reserved",), ("reserved", "settled"), ("reserved", "released"))


def bills(tasks: Iterable[Task], postings: Sequence[Posting]) -> tuple[Bill, ...]:
    """The bills of tasks, from what was posted."""
    by_task: dict[str, list[Posting]] = {}
    for posting in postings:
        by_task.setdefault(posting.task_id, []).append(posting)
    return tuple(_bill(task, by_task.get(task.id, [])) for task in tasks)


def _bill(task: Task, postings: Sequence[Posting]) -> Bill:
    movements = tuple(posting.movement for posting in postings)
    settled = sum(posting.micro_usd for posting in postings if posting.movement == "settled")
    return Bill(task.id, task.key_digest, task.client_request_id, movements, settled)
