"""The outbox: which callbacks are due when, and how each attempt to deliver them went; no I/O."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Attempt:
    """One try at delivering a callback.

    Attributes:
        at: the simulated time of it.
        status: what the receiver answered; None when nothing did.
        reason: why nothing did.
        is_final: whether another try would be no better.
    """

    at: datetime
    status: int | None = None
    reason: str = ""
    is_final: bool = False

    @property
    def succeeded(self) -> bool:
        """Whether the receiver took it: any 2xx, and nothing else."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True)
class Callback:
    """The envelope of a task that ended, on its way to the task's `callback_url`.

    Attributes:
        body: JSON, as a poll at the task's end would have shown it. It is not signed: RunAPI's signature scheme is
            not published, so none is imitated.
        ended_at: when the task ended.
        due_at: when it is to be tried next; None when that is over.
    """

    task_id: str
    url: str
    body: bytes
    ended_at: datetime
    due_at: datetime | None
    attempts: tuple[Attempt, ...] = ()

    @property
    def outcome(self) -> str:
        """`waiting`, `delivered`, or `not delivered:` and the reason."""
        if self.due_at is not None:
            return "waiting"
        last = self.attempts[-1]
        return "delivered" if last.succeeded else f"not delivered: {last.reason or f'answered {last.status}'}"


class Outbox:
    """The callbacks of one simulator."""

    def __init__(self, pauses_seconds: Sequence[float]) -> None:
        self._pauses = [timedelta(seconds=pause) for pause in pauses_seconds]
        self._callbacks: dict[str, Callback] = {}
        self._queue: list[tuple[datetime, int, str]] = []
        self._order = itertools.count()

    @property
    def all(self) -> tuple[Callback, ...]:
        """All callbacks in the order in which their tasks ended."""
        return tuple(self._callbacks.values())

    def add(self, callback: Callback) -> None:
        """Take a callback, to be delivered when it is due."""
        self._callbacks[callback.task_id] = callback
        if callback.due_at is not None:
            heapq.heappush(self._queue, (callback.due_at, next(self._order), callback.task_id))

    def next_due(self) -> Callback | None:
        """The callback to be tried first."""
        while self._queue:
            due_at, _, task_id = self._queue[0]
            if self._callbacks[task_id].due_at == due_at:
                return self._callbacks[task_id]
            heapq.heappop(self._queue)
        return None

    def record(self, task_id: str, attempt: Attempt) -> Callback:
        """Note how an attempt went; one that failed is repeated after a pause, while there are pauses left."""
        callback = self._callbacks[task_id]
        attempts = (*callback.attempts, attempt)
        is_over = attempt.succeeded or attempt.is_final or len(attempts) > len(self._pauses)
        due_at = None if is_over else attempt.at + self._pauses[len(attempts) - 1]
        tried = replace(callback, attempts=attempts, due_at=due_at)
        self.add(tried)
        return tried
