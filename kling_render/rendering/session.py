"""A real render from settings to clips: account, lock, ledger, plan, consent, then the work."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from uuid import uuid4

from kling_render.errors import (
    ApiError,
    BudgetError,
    PlanChangedError,
    RequestRefusedError,
    StorageError,
    UnintelligibleAnswerError,
)
from kling_render.events import Emit, Event
from kling_render.expansion import Expansion, expand
from kling_render.expansion.collector import collector_for_new_values, collector_paused
from kling_render.ledger import Identity, LockedTake, Picks, Snapshot, State, read_lock
from kling_render.ledger.store import Ledger, Run
from kling_render.planning import Plan, plan_takes, reserving, with_retakes
from kling_render.pricing import quote_plan
from kling_render.project import Project
from kling_render.rendering.choices import read_choices
from kling_render.rendering.clock import Clock, real_clock
from kling_render.rendering.consent import DeclinedError, Demands, Proposal, check, spends
from kling_render.rendering.failures import alone
from kling_render.rendering.group_sync import GroupSync
from kling_render.rendering.interrupts import listening
from kling_render.rendering.live import Live
from kling_render.rendering.lock_keeper import LockKeeper
from kling_render.rendering.lock_writing import write_takes_lock
from kling_render.rendering.outcome import Outcome
from kling_render.rendering.paths import LEDGER, MANIFEST, output_folder
from kling_render.rendering.project_lock import project_lock
from kling_render.rendering.render import render_plan
from kling_render.rendering.runs import new_run, of_plan, person_of
from kling_render.rendering.snapshots import takes_lock
from kling_render.rendering.uploads import Uploads
from kling_render.rendering.view import seen_from_here, write_view
from kling_render.rendering.waits import Waits
from kling_render.rendering.work import Limits, RenderOptions, Work
from kling_render.runapi import Account, Balance, connect
from kling_render.settings import Settings


def render_project(project: Project, settings: Settings, demands: Demands, emit: Emit) -> Outcome:
    """Render a project through the API that the settings name.

    The question before money is spent is asked outside of any event loop, where Ctrl-C works as everywhere.

    Raises:
        InvalidProjectError: before anything else.
        KeyMissingError, AuthenticationError, UnreachableError: before anything is written.
        BudgetError, PlanChangedError, DeclinedError: before anything is submitted.
        LockedError: another render of this project is at work.
    """
    expansion = expand(project)
    clock = real_clock()
    account, balance = clock.run_async(introduce, settings, clock)
    identity = Identity(settings.origin, account.account_id, account.account_name)
    path = project.folder / LEDGER

    def tell_wait(holder: str) -> None:
        emit(Event("noticed", message=f"waiting for another render of this project: {holder}"))

    with project_lock(path, clock.now(), wait_seconds=demands.wait_seconds, on_wait=tell_wait):
        is_new = not path.exists() or path.stat().st_size == 0
        with Ledger(path) as ledger:
            desk = _Desk(project, settings, expansion, demands, clock, emit, ledger, identity)
            if is_new:
                desk.tell_missing_ledger()
            return desk.render(account, balance)


@dataclass(frozen=True)
class _Desk:
    """One render of a project at its ledger, which nobody else writes meanwhile."""

    project: Project
    settings: Settings
    expansion: Expansion
    demands: Demands
    clock: Clock
    emit: Emit
    ledger: Ledger
    identity: Identity

    @collector_paused()
    def render(self, account: Account, balance: Balance) -> Outcome:
        locked = read_lock(takes_lock(self.project, self.settings))
        known = self._known()
        seen = self._seen(known, locked)
        choices = read_choices(self.project, seen, self.clock.now())
        plan = self._quoted(self._plan(seen, choices))
        options = render_options(self.project, self.settings)
        run = self._run(plan)
        try:
            check(plan, self.demands, balance)
        except BudgetError:
            if any(each.task_id for each in plan.snapshot.open):  # paid already: fetch it before its URL dies
                self._begin(run, plan, known, locked, options)
                rest = without_purchases(self._plan(self._seen(self._known(), locked), choices))
                self._work(rest, replace(options, retries=0), run)
            raise
        if spends(plan):
            self._propose(Proposal(plan, account, balance))
        if self._begin(run, plan, known, locked, options):
            again = self._reserving_like(self._plan(self._seen(self._known(), locked), choices), plan)
            if again.hash != plan.hash:
                raise PlanChangedError("the plan has changed since it was agreed", hint="Nothing was submitted.")
            plan = again
        if not spends(plan) and not plan.caps.any:  # nobody agreed to anything that a retry could cost
            options = replace(options, retries=0)
        return self._work(plan, options, run)

    def _propose(self, proposal: Proposal) -> None:
        confirm, show = self.demands.confirm, self.demands.show
        if confirm is not None and not confirm(proposal):
            raise DeclinedError
        if confirm is None and show is not None:
            show(proposal)

    def tell_missing_ledger(self) -> None:
        """Say what happens where there is no ledger, but a lock or a manifest tells that takes were bought."""
        locked = read_lock(takes_lock(self.project, self.settings))
        mine = [each for each in locked if each.project_id == self.project.table.id]
        output = output_folder(self.settings.origin, is_default_origin=self.settings.is_default_origin)
        if mine:
            text = f"takes.lock knows {len(mine)} takes: they are fetched, not bought again"
        elif any(self.project.folder.glob(f"{output}/*/{MANIFEST}")):
            text = "a manifest tells of takes: RunAPI is asked under their keys, and answers with the tasks it knows"
        else:
            return
        self.emit(Event("noticed", message=f"there is no ledger here; {text}"))

    def _known(self) -> Snapshot:
        return self.ledger.snapshot(self.project.table.id, self.identity)

    def _seen(self, known: Snapshot, locked: tuple[LockedTake, ...]) -> Snapshot:
        return seen_from_here(known, locked, self.project.folder, self.clock.now())

    def _plan(self, snapshot: Snapshot, choices: tuple[Picks, Picks]) -> Plan:
        demands, expansion, selection = self.demands, self.expansion, self.demands.selection
        picks, drafts = choices
        make = partial(
            plan_takes, self.project, snapshot=snapshot, max_micro_usd=demands.max_micro_usd, now=self.clock.now(),
            wishes=demands.wishes, picks=picks, drafts=drafts,
        )  # fmt: skip
        if demands.retake is not None:
            expansion, selection = with_retakes(expansion, make(expansion=expansion), demands.retake)
        return make(expansion=expansion, selection=selection)

    def _quoted(self, plan: Plan) -> Plan:
        """The plan with each distinct price asked of the server: the larger of estimate and quote is reserved."""
        if not plan.due:
            return plan
        try:
            quotes = self.clock.run_async(_quote, plan, self.settings, self.clock)
        except ApiError as error:
            self.emit(Event("noticed", message=f"prices were not quoted, the estimates count: {error.message}"))
            return plan
        more = {
            planned.key: each.quoted_micro_usd
            for each in quotes
            for planned in each.takes
            if each.exceeds and each.quoted_micro_usd is not None
        }
        return reserving(plan, more, self.clock.now())

    def _reserving_like(self, plan: Plan, quoted: Plan) -> Plan:
        more = {each.key: each.quoted_micro_usd for each in quoted.takes if each.quoted_micro_usd is not None}
        return reserving(plan, more, self.clock.now())

    def _run(self, plan: Plan) -> Run:
        person, now = person_of(self.settings), self.clock.now()
        run = new_run(self.project, self.identity, run_id=uuid4().hex, person=person, started_at=now)
        return of_plan(run, plan, keep_rows=self.demands.retake is None)

    def _begin(
        self, run: Run, plan: Plan, known: Snapshot, locked: tuple[LockedTake, ...], options: RenderOptions
    ) -> bool:
        """Record the run, and what this disk and the lock know more than the ledger; whether that was anything."""
        _check_folder(self.project.folder / options.output)
        self.ledger.start_run(run)
        return write_view(self.ledger, run, known, plan.snapshot, locked, self.clock.now()) > 0

    def _work(self, plan: Plan, options: RenderOptions, run: Run) -> Outcome:
        try:
            with collector_for_new_values():
                outcome: Outcome = self.clock.run_async(self._work_async, plan, options, run)
        except BaseExceptionGroup as group:
            error = alone(group)
            if error is None:
                raise
            raise error from error.__cause__
        return outcome

    async def _work_async(self, plan: Plan, options: RenderOptions, run: Run) -> Outcome:
        live = Live(plan.snapshot)
        keep = LockKeeper(self._lock_writer(live), self.emit)
        async with AsyncExitStack() as stack:
            stack.enter_context(self.ledger.in_groups())  # ends last, so that its errors pass no task group
            api = await stack.enter_async_context(connect(self.settings, self.clock.now))
            uploads = Uploads(api, self.ledger, run, self.clock, self.emit, at_a_time=options.uploads)
            waits = Waits(
                options.poll_interval_seconds, options.polls_per_second, self.ledger.seconds_taken(run.origin)
            )
            work = Work(
                self.project.folder, api, self.ledger, run, plan.caps, options, self.clock, self.emit, uploads.url_of,
                live, Limits(options), waits, on_change=keep.note_change,
                on_disk=GroupSync(self.ledger.sync, self.clock.run_blocking),
            )  # fmt: skip
            await stack.enter_async_context(listening(work.interrupt))
            await stack.enter_async_context(keep.keeping())
            return await render_plan(plan, work)

    def _lock_writer(self, live: Live) -> Callable[[], None]:
        path, persons = takes_lock(self.project, self.settings), self.ledger.persons(self.project.table.id)

        def write() -> None:
            self.ledger.sync()  # the lock may not know more than the ledger
            write_takes_lock(path, live.snapshot, persons)

        return write


def without_purchases(plan: Plan) -> Plan:
    """The plan with nothing left but to finish what the server has already."""
    open_tasks = tuple(each for each in plan.snapshot.attempts if each.state is not State.INTENT)
    takes = tuple(replace(each, is_chosen=False) for each in plan.takes)
    return replace(plan, takes=takes, snapshot=replace(plan.snapshot, attempts=open_tasks))


async def introduce(settings: Settings, clock: Clock) -> tuple[Account, Balance]:
    """Whose key it is, and that account's money.

    Raises:
        KeyMissingError, ApiError: nobody can say.
    """
    try:
        async with connect(settings, clock.now) as api:
            return await api.me(), await api.balance()
    except RequestRefusedError as error:
        message = f"{settings.base_url} does not answer as RunAPI does: {error.message}"
        raise UnintelligibleAnswerError(message, hint="Is RUNAPI_BASE_URL right?", status=error.status) from error


async def _quote(plan: Plan, settings: Settings, clock: Clock) -> object:
    async with connect(settings, clock.now) as api:
        return await quote_plan(plan, api)


def _check_folder(folder: Path) -> None:
    """Make sure that clips can be stored before any is bought."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        message = f"cannot write {folder}: {error.strerror or error}"
        raise StorageError(message, hint="Nothing was submitted.") from error


def render_options(project: Project, settings: Settings) -> RenderOptions:
    """How to render, by the settings of this machine and, where they are silent, the project's `[render]`."""
    table = project.render
    return RenderOptions(
        output=output_folder(settings.origin, is_default_origin=settings.is_default_origin),
        concurrency=settings.concurrency or table.concurrency,
        uploads=settings.uploads,
        downloads=settings.downloads,
        polls_per_second=settings.polls_per_second,
        poll_interval_seconds=settings.poll_interval_seconds,
        poll_timeout_seconds=settings.poll_timeout_seconds,
        replay_window_seconds=table.replay_window.total_seconds(),
        send_address=table.send_address,
        retries=table.retries,
        result_url_life=timedelta(days=project.catalog.contract.service.result_url_days),
    )
