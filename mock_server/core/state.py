"""The state of one simulator: its time, accounts, tasks, files and callbacks, and how time moves them."""

from __future__ import annotations

import heapq
import itertools
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from kling_render.catalog import Catalog, MediaFacts
from mock_server.core.accounts import Account, Accounts
from mock_server.core.callbacks import Callback, Outbox
from mock_server.core.config import Config
from mock_server.core.envelope import task_envelope
from mock_server.core.fault import Fault
from mock_server.core.faults import Faults
from mock_server.core.journal import Journal
from mock_server.core.latency import Latency
from mock_server.core.messages import Request
from mock_server.core.subjects import Subjects
from mock_server.core.tasks import NEVER, Task
from mock_server.core.uploads import Uploads
from mock_server.core.urls import result_url
from mock_server.core.verdict import Record, Verdict, judge

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Call:
    """A request on its way through an endpoint, with what its path says and what the scenario does to it."""

    request: Request
    params: Mapping[str, str]
    client_request_id: str | None = None
    faults: tuple[Fault, ...] = ()


@dataclass
class State:
    """All that a simulator remembers.

    Attributes:
        noted_media: what a rehearsal told of files elsewhere, by URL.
        noted_tasks: the models of completed tasks elsewhere, by id; None where nobody knows.
        polls: how often each task was asked for.
        signing: how often the URLs of results were made to die so far.
        removed_clips: the tasks whose clips are gone for good.
        began: the first time seen.
        skew: how far simulated time was let run ahead of the door's clock.
    """

    config: Config
    catalog: Catalog
    latency: Latency
    accounts: Accounts
    uploads: Uploads
    outbox: Outbox
    faults: Faults
    journal: Journal
    subjects: Subjects = field(default_factory=Subjects)
    noted_media: dict[str, MediaFacts] = field(default_factory=dict)
    noted_tasks: dict[str, str | None] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    polls: Counter[str] = field(default_factory=Counter)
    signing: int = 0
    removed_clips: set[str] = field(default_factory=set)
    began: datetime | None = None
    now: datetime = _LONG_AGO
    skew: timedelta = timedelta()
    requests: int = 0
    _due: list[tuple[datetime, int, Task]] = field(default_factory=list)
    _order: itertools.count[int] = field(default_factory=itertools.count)

    @classmethod
    def opened(cls, config: Config, catalog: Catalog, latency: Latency) -> State:
        """The state of a simulator that has seen nothing yet."""
        uploads = Uploads(config.seed, timedelta(seconds=config.upload_url_seconds))
        outbox = Outbox(config.callback_pauses_seconds)
        return cls(
            config, catalog, latency, Accounts(config), uploads, outbox, Faults(config), Journal(config.journal_entries)
        )

    @property
    def result_url_days(self) -> float:
        """How long the URL of a result lives."""
        days = self.config.url_days
        return self.catalog.contract.service.result_url_days if days is None else days

    @property
    def next_event(self) -> datetime | None:
        """When a task ends or a callback is due next; None when nothing is under way."""
        times = [self._due[0][0]] if self._due else []
        if (callback := self.outbox.next_due()) and callback.due_at is not None:
            times.append(callback.due_at)
        return min(times, default=None)

    def advance(self, at: datetime) -> None:
        """Let time pass until `at` (never back) and end every task that is due on the way."""
        self.now = max(self.now, at.astimezone(UTC))
        self.began = self.began or self.now
        while self._due and self._due[0][0] <= self.now:
            self._end(heapq.heappop(self._due)[2])

    @property
    def elapsed_seconds(self) -> float:
        """Simulated seconds since the first request."""
        return (self.now - self.began).total_seconds() if self.began else 0.0

    def skip(self, span: timedelta) -> None:
        """Let the simulated time run ahead of the door's clock."""
        self.skew += span
        self.advance(self.now + span)

    def reset(self, seed: int) -> None:
        """Forget everything, but for the scenario."""
        scenario = self.faults.scenario
        fresh = State.opened(replace(self.config, seed=seed), self.catalog, self.latency)
        vars(self).update(vars(fresh))
        self.faults.scenario = scenario

    def verdict(self) -> Verdict:
        """What the clients so far would have cost by carelessness."""
        life = timedelta(days=self.result_url_days)
        return judge(Record(tuple(self.journal), dict(self.tasks), self.now, life, self.journal.dropped))

    def add(self, task: Task) -> None:
        """Accept a task: its price is reserved until it ends."""
        self.accounts[task.account].reserve(task.id, task.micro_usd, self.now)
        self.tasks[task.id] = task
        if task.completes_at != NEVER:
            heapq.heappush(self._due, (task.completes_at, next(self._order), task))

    def task_of(self, account: Account, task_id: str) -> Task | None:
        """A task by its id, unless it belongs to another account."""
        task = self.tasks.get(task_id)
        return task if task and task.account == account.digest else None

    def finished(self, task_id: str) -> Task | None:
        """The task of an id, of whichever account, once it has a clip."""
        task = self.tasks.get(task_id)
        return task if task and task.status_at(self.now) == "completed" else None

    def video_url(self, task: Task, base_url: str) -> str:
        """Where the clip of a task is downloaded, as it is told now."""
        return result_url(base_url, self.config.seed, task.id, self.signing)

    def _end(self, task: Task) -> None:
        account, ended_at = self.accounts[task.account], task.completes_at
        if task.error:
            account.release(task.id, task.micro_usd, ended_at)
        else:
            account.settle(task.id, task.micro_usd, ended_at)
        if task.callback_url:
            shown = task_envelope(task, ended_at, self.video_url(task, task.base_url))
            body = json.dumps(shown, separators=(",", ":")).encode("ascii")
            self.outbox.add(Callback(task.id, task.callback_url, body, ended_at, due_at=ended_at))
