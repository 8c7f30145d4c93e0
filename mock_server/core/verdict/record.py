"""What a verdict is made from, and the questions that every part of it asks."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from mock_server.core.journal import Entry
from mock_server.core.routes import POLLS
from mock_server.core.tasks import Task
from mock_server.core.urls import clip_task_id

_UNKNOWN_STATUSES = frozenset({500, 502, 503, 504})
_UNREADABLE = frozenset({"malformed_json", "html_answer", "doubled_answer"})


@dataclass(frozen=True)
class Record:
    """A journal with the tasks that it tells of.

    Attributes:
        entries: in order.
        tasks: by id, with price and end.
        ended_at: the simulated time at which it was closed.
        result_life: how long the URL of a result lives.
        dropped: how many entries are missing at its beginning.
    """

    entries: Sequence[Entry]
    tasks: Mapping[str, Task]
    ended_at: datetime
    result_life: timedelta
    dropped: int = 0

    @cached_property
    def creates(self) -> tuple[Entry, ...]:
        """Every create."""
        return tuple(each for each in self.entries if each.endpoint == "create")

    @cached_property
    def polls(self) -> Mapping[str, tuple[Entry, ...]]:
        """The polls of each task, by its id."""
        found: dict[str, list[Entry]] = {}
        for each in self.entries:
            if each.endpoint in POLLS and each.task_id:
                found.setdefault(each.task_id, []).append(each)
        return {task_id: tuple(polls) for task_id, polls in found.items()}

    @cached_property
    def downloads(self) -> Mapping[str, tuple[Entry, ...]]:
        """The GETs of each task's clip, by its id."""
        found: dict[str, list[Entry]] = {}
        for each in self.entries:
            if each.endpoint == "clip" and each.request.method == "GET":
                found.setdefault(clip_task_id(each.request.path), []).append(each)
        return {task_id: tuple(gets) for task_id, gets in found.items()}

    @cached_property
    def repeats(self) -> Sequence[tuple[Entry, ...]]:
        """The same request again and again: method, path, both keys and body. Those sent once are left out."""
        found: dict[tuple[str | None, ...], list[Entry]] = {}
        for each in self.entries:
            same = (each.request.method, each.request.path, each.key, each.idempotency_key, input_of(each))
            found.setdefault(same, []).append(each)
        return [tuple(group) for group in found.values() if len(group) > 1]

    def is_resolved(self, entry: Entry, later: Sequence[Entry]) -> bool:
        """Whether the client has found out what became of a create: by its key, or by the task that it asked for."""
        key = entry.idempotency_key
        by_key = key is not None and any(each.idempotency_key == key for each in later)
        return by_key or bool(entry.task_id and self.polls.get(entry.task_id))

    def price(self, task_id: str | None) -> int:
        """What a task costs in micro-USD: nothing where it failed or is unknown."""
        task = self.tasks.get(task_id or "")
        return 0 if task is None or task.status_at(self.ended_at) == "failed" else task.micro_usd


def input_of(entry: Entry) -> str:
    """A digest of a body: the same JSON in another order is the same input."""
    body = entry.request.body
    with contextlib.suppress(ValueError, RecursionError):  # what is not JSON is its own input
        body = json.dumps(json.loads(body), sort_keys=True).encode("utf-8", "surrogatepass")
    return hashlib.sha256(body).hexdigest()


def is_unknown(entry: Entry) -> bool:
    """Whether the client cannot know what became of a request: no answer, one that cannot be read, or a 5xx."""
    return not entry.has_arrived or entry.status in _UNKNOWN_STATUSES or entry.response.fault in _UNREADABLE


def has_failed_in_passing(entry: Entry) -> bool:
    """Whether the client may well send the same request again."""
    return is_unknown(entry) or entry.status == 429
