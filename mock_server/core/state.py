"""The state of one simulator: its time, accounts, tasks and files, and how time moves them."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from kling_render.catalog import Catalog
from mock_server.core.accounts import Account, Accounts
from mock_server.core.config import Config
from mock_server.core.latency import Latency
from mock_server.core.messages import Request
from mock_server.core.tasks import Task
from mock_server.core.uploads import Uploads

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Call:
    """A request on its way through an endpoint, with what its path says."""

    request: Request
    params: Mapping[str, str]
    client_request_id: str | None = None


@dataclass
class State:
    """All that a simulator remembers."""

    config: Config
    catalog: Catalog
    latency: Latency
    accounts: Accounts
    uploads: Uploads = field(default_factory=Uploads)
    tasks: dict[str, Task] = field(default_factory=dict)
    now: datetime = _LONG_AGO
    requests: int = 0
    _due: list[tuple[datetime, int, Task]] = field(default_factory=list)
    _order: itertools.count[int] = field(default_factory=itertools.count)

    def advance(self, at: datetime) -> None:
        """Let time pass until `at` (never back) and settle every task that completes on the way."""
        self.now = max(self.now, at.astimezone(UTC))
        while self._due and self._due[0][0] <= self.now:
            _, _, task = heapq.heappop(self._due)
            account = self.accounts[task.account]
            account.books = account.books.settle(task.micro_usd, task.completes_at.date())

    def add(self, task: Task) -> None:
        """Accept a task: its price is reserved until it completes."""
        account = self.accounts[task.account]
        account.books = account.books.reserve(task.micro_usd)
        self.tasks[task.id] = task
        heapq.heappush(self._due, (task.completes_at, next(self._order), task))

    def task_of(self, account: Account, task_id: str) -> Task | None:
        """A task by its id, unless it belongs to another account."""
        task = self.tasks.get(task_id)
        return task if task and task.account == account.digest else None
