"""A rehearsal: the very render path against the mock server in-process, on virtual time, from an empty ledger."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path, PurePosixPath
from random import Random
from typing import Any

import anyio
import anyio.to_thread
from pydantic import SecretStr

from kling_render.catalog import MediaFacts, MediaKind
from kling_render.errors import StorageError, UsageError
from kling_render.events import Emit, ignore
from kling_render.expansion import expand
from kling_render.ledger import Caps, Identity, Snapshot
from kling_render.ledger.store import Ledger
from kling_render.planning import Plan, Selection, plan_takes
from kling_render.project import Project
from kling_render.rendering import Clock, Outcome
from kling_render.rendering.choices import read_choices
from kling_render.rendering.live import Live
from kling_render.rendering.render import render_plan
from kling_render.rendering.runs import new_run, of_plan
from kling_render.rendering.uploads import Uploads
from kling_render.rendering.waits import Waits
from kling_render.rendering.work import Limits, RenderOptions, Work
from kling_render.runapi import RunApi
from mock_server import Config, Simulator, SimulatorTransport
from mock_server.core.books import Books
from mock_server.core.journal import Entry, in_fixed_order
from mock_server.core.scenario import Scenario, ScenarioError
from mock_server.core.verdict import Verdict
from mock_server.media import ClipSpec, encode
from mock_server.media.blank import blank
from mock_server.scenarios import open_scenario

ORIGIN = "http://rehearsal.invalid"
"""Where a rehearsal buys: nowhere. Its rows never count as bought from RunAPI."""
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""When every rehearsal begins, so that its files are the same each time."""
FOLDER = "rehearsal"
LEDGER = PurePosixPath(".kling-render/rehearsal.sqlite")
"""Not the name of a real ledger: only a folder that holds this file is ever cleared."""
_KEY = "no-key-is-needed"


@dataclass(frozen=True)
class Rehearsal:
    """What a rehearsal showed.

    Attributes:
        outcome: as of a real render, with the mock server's prices.
        real_refusals: why a real render of this project, from nothing, would refuse.
        virtual_seconds: how long the render would have taken with the mock server's latencies.
        books: the mock server's, of the one account that bought.
        verdict: what the mock server thinks of its client: of this very code.
        faults: how often each kind of fault of the scenario struck.
        journal: every request with its answer, in an order that is the same each time.
    """

    outcome: Outcome
    real_refusals: tuple[str, ...]
    virtual_seconds: float
    books: Books
    verdict: Verdict
    faults: Mapping[str, int]
    journal: tuple[Entry, ...] = field(default=(), repr=False)

    @property
    def charged_micro_usd(self) -> int:
        """What the mock server's books say was settled."""
        return self.books.settled


def named_scenario(name: str) -> Scenario:
    """A bundled scenario, or the one in a file.

    Raises:
        UsageError: there is no such one, or it is at fault.
    """
    try:
        return open_scenario(name)
    except ScenarioError as error:
        raise UsageError(str(error)) from error


class Steady(Random):
    """No jitter: it keeps clients apart, and here is one; with it, no two rehearsals of a bad day would be the same."""

    def uniform(self, a: float, b: float) -> float:
        """The middle, each time."""
        return (a + b) / 2


class VirtualTime:
    """A clock that jumps to the next thing to happen, and stands still while threads work."""

    def __init__(self) -> None:
        from trio.testing import MockClock  # loads a quarter of what a render does, which needs none of it

        self.trio_clock = MockClock(autojump_threshold=0)
        self._threads = 0
        self._limiter = anyio.CapacityLimiter(os.cpu_count() or 1)

    def now(self) -> datetime:
        """The virtual time of day."""
        return EPOCH + timedelta(seconds=anyio.current_time())

    async def run_blocking(self, function: Callable[..., Any], *args: Any) -> Any:
        """Run a function in a thread; autojump knows nothing of threads, so it is off meanwhile."""
        self._threads += 1
        self.trio_clock.autojump_threshold = math.inf
        try:
            return await anyio.to_thread.run_sync(function, *args, limiter=self._limiter)
        finally:
            self._threads -= 1
            if not self._threads:
                self.trio_clock.autojump_threshold = 0


def rehearse(
    project: Project,
    *,
    out: Path | None = None,
    selection: Selection | None = None,
    scenario: Scenario | None = None,
    media: bool = True,
    on_event: Emit = ignore,
) -> Rehearsal:
    """Render a whole project on the mock server: no key, no socket, no credit, no waiting.

    What goes on from another shot goes on from its picked take, as in a render.

    Args:
        project: what to rehearse.
        out: where its clips, ledger and manifest go; by default `rehearsal` beside the project file. What an earlier
            rehearsal left there is removed.
        selection: which takes are rehearsed; all by default.
        scenario: what goes wrong on the mock server; nothing by default.
        media: whether clips show their slates; without, they have the right length, size and sound, and no words.
        on_event: told what happens.

    Raises:
        InvalidProjectError: with every fault of the project.
        StorageError: the folder cannot be written, or holds something that is not a rehearsal; or the picks cannot be
            read.
    """
    expansion = expand(project)
    folder = out or project.folder / FOLDER
    picks, drafts = read_choices(project, Snapshot(), EPOCH)
    plan = plan_takes(project, expansion, Snapshot(), None, EPOCH, selection=selection, picks=picks, drafts=drafts)
    _clear(folder)
    time = VirtualTime()
    work = partial(_rehearse, plan, folder, on_event, time, scenario, encode if media else blank)
    return anyio.run(work, backend="trio", backend_options={"clock": time.trio_clock})


async def _rehearse(
    plan: Plan,
    folder: Path,
    emit: Emit,
    time: VirtualTime,
    scenario: Scenario | None,
    make_clip: Callable[[ClipSpec], bytes],
) -> Rehearsal:
    balance = max(10 * plan.total_micro_usd, 1_000_000_000)
    config = Config(base_url=ORIGIN, balance_micro_usd=balance, scenario=scenario)
    simulator = Simulator(config, plan.project.catalog)
    _tell(plan, simulator)

    async def encode_clip(spec: ClipSpec) -> bytes:
        content: bytes = await time.run_blocking(make_clip, spec)
        return content

    transport = SimulatorTransport(simulator, time.now, encode_clip)
    client = RunApi(
        ORIGIN, SecretStr(_KEY), transport=transport, download_transport=transport, now=time.now, random=Steady()
    )
    async with client as api:
        account = await api.me()
        with Ledger(folder / LEDGER) as ledger, ledger.in_groups():  # nothing is lost with it if the power is
            identity = Identity(ORIGIN, account.account_id, account.account_name)
            run = new_run(plan.project, identity, run_id="rehearsal", person="rehearsal", started_at=EPOCH)
            ledger.start_run(of_plan(run, plan))
            nothing_bought = replace(plan, snapshot=Snapshot(identity, project_id=run.project_id))
            table = plan.project.render
            options = RenderOptions(  # the mock has no load to spare: looks that share no budget are in a fixed order
                folder.name, concurrency=table.concurrency, retries=table.retries, polls_per_second=math.inf
            )
            clock = Clock(time.now, time.run_blocking)
            uploads = Uploads(api, ledger, run, clock, emit)
            waits = Waits(options.poll_interval_seconds, options.polls_per_second)
            live = Live(nothing_bought.snapshot)
            work = Work(
                folder.parent, api, ledger, run, Caps(), options, clock, emit, uploads.url_of, live, Limits(options),
                waits,
            )  # fmt: skip
            outcome = await render_plan(nothing_bought, work)
    seconds, books, verdict = anyio.current_time(), simulator.books(_KEY), simulator.verdict()
    return Rehearsal(
        outcome, plan.refusals, seconds, books, verdict, simulator.faults_met, in_fixed_order(simulator.journal)
    )


def _tell(plan: Plan, simulator: Simulator) -> None:
    """Tell the mock server what the project says of things elsewhere: lengths of remote files, tasks to go on with."""
    for take in (planned.take for planned in plan.chosen):
        spec = plan.project.catalog.model(take.action, take.model)
        field = spec.length_follows if spec else ""
        url, task_id = take.body.get(field), take.body.get("source_task_id")
        if isinstance(url, str) and take.seconds is not None:
            kind: MediaKind = "audio" if "audio" in field else "video"
            simulator.note_media(url, MediaFacts(kind, "mp4", 0, seconds=take.seconds))
        if isinstance(task_id, str):
            simulator.note_task(task_id)


def _clear(folder: Path) -> None:
    """Remove an earlier rehearsal; anything else in its place is left alone, with an error."""
    try:
        if folder.exists() and not (folder / LEDGER).is_file() and any(folder.iterdir()):
            hint = "Move it away, or give another folder with --out."
            raise StorageError(f"{folder} holds something that is not a rehearsal", hint=hint)
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
    except OSError as error:
        raise StorageError(f"cannot write {folder}: {error.strerror or error}") from error
