"""A real render from settings to clips: account, ledger, lock, plan, consent, then the work."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from uuid import uuid4

from filelock import FileLock, Timeout

from kling_render.catalog import format_usd, micro_from_cents
from kling_render.errors import (
    BudgetError,
    LockedError,
    PlanChangedError,
    RequestRefusedError,
    StorageError,
    UnintelligibleAnswerError,
)
from kling_render.events import Emit
from kling_render.expansion import expand
from kling_render.ledger import Identity, Snapshot, State
from kling_render.ledger.store import Ledger, Run
from kling_render.planning import Plan, Selection, plan_takes
from kling_render.project import Project
from kling_render.rendering.clock import Clock, real_clock
from kling_render.rendering.paths import LEDGER, output_folder
from kling_render.rendering.render import Outcome, render_plan
from kling_render.rendering.runs import new_run
from kling_render.rendering.uploads import Uploads
from kling_render.rendering.work import RenderOptions, Work
from kling_render.runapi import Account, Balance, connect
from kling_render.settings import Settings


@dataclass(frozen=True)
class Proposal:
    """What a render is about to do, for the one who has to agree."""

    plan: Plan
    account: Account
    balance: Balance


Confirm = Callable[[Proposal], bool]


class DeclinedError(Exception):
    """Whoever was asked did not agree; nothing was submitted."""


@dataclass(frozen=True)
class Demands:
    """What the caller of a render insists on.

    Attributes:
        max_micro_usd: a cap for this run.
        expect_plan: the hash that the plan must have (a prefix of 8 characters or more will do).
        retry_failed: whether failed takes are bought anew.
        partial: whether to begin although the account has too little for the whole plan.
        selection: which takes are bought; None: all.
        confirm: asked before anything is spent; None: nobody is there to ask, so a cap is required.
    """

    max_micro_usd: int | None = None
    expect_plan: str | None = None
    retry_failed: bool = False
    partial: bool = False
    selection: Selection | None = None
    confirm: Confirm | None = None


def read_snapshot(project: Project, origin: str) -> Snapshot:
    """What the ledger knows of a project at an origin, for the account of its newest run there.

    Raises:
        StorageError: there is a ledger, and it cannot be read.
    """
    path = project.folder / LEDGER
    if not path.exists():
        return Snapshot()
    with Ledger(path) as ledger:
        return ledger.snapshot(project.table.id, ledger.last_identity(project.table.id, origin))


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
    with _lock(project.folder / LEDGER), Ledger(project.folder / LEDGER) as ledger:
        snapshot = ledger.snapshot(project.table.id, identity)
        now = clock.now()
        plan = plan_takes(
            project, expansion, snapshot, demands.max_micro_usd, now,
            retry_failed=demands.retry_failed, selection=demands.selection,
        )  # fmt: skip
        run = new_run(plan, identity, run_id=uuid4().hex, person=settings.person or _login_name(), started_at=now)
        options = _options(project, settings)
        work = partial(_work, settings=settings, ledger=ledger, run=run, clock=clock, emit=emit)
        try:
            _check(plan, demands, balance)
        except BudgetError:
            if any(each.task_id for each in plan.snapshot.open):  # paid already: fetch it before its URL dies
                _check_folder(project.folder / options.output)
                ledger.start_run(run)
                clock.run_async(work, _without_purchases(plan), options)
            raise
        spends = bool(plan.due or plan.snapshot.unanswered)
        if spends and demands.confirm is not None and not demands.confirm(Proposal(plan, account, balance)):
            raise DeclinedError
        _check_folder(project.folder / options.output)
        ledger.start_run(run)
        if not spends and not plan.caps.any:  # nobody agreed to anything that a retry could cost
            options = replace(options, retries=0)
        outcome: Outcome = clock.run_async(work, plan, options)
        return outcome


def _without_purchases(plan: Plan) -> Plan:
    """The plan with nothing left but to finish what the server has already."""
    open_tasks = tuple(each for each in plan.snapshot.attempts if each.state is not State.INTENT)
    takes = tuple(replace(each, is_chosen=False) for each in plan.takes)
    return replace(plan, takes=takes, snapshot=replace(plan.snapshot, attempts=open_tasks))


async def _work(
    plan: Plan, options: RenderOptions, *, settings: Settings, ledger: Ledger, run: Run, clock: Clock, emit: Emit
) -> Outcome:
    async with connect(settings, clock.now) as api:
        uploads = Uploads(api, ledger, run, clock, emit)
        work = Work(plan.project.folder, api, ledger, run, plan.caps, options, clock, emit, uploads.url_of)
        return await render_plan(plan, work)


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


@contextmanager
def _lock(ledger: Path) -> Iterator[None]:
    path = ledger.with_name("render.lock")
    lock = FileLock(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout as error:
        hint = "Wait for it, or stop it: what it submitted is not lost."
        raise LockedError("another render of this project is at work", hint=hint) from error
    except OSError as error:
        raise StorageError(f"cannot write {path.parent}: {error.strerror or error}") from error
    try:
        yield
    finally:
        lock.release()


def _check(plan: Plan, demands: Demands, balance: Balance) -> None:
    expected = demands.expect_plan
    if expected is not None and (len(expected) < 8 or not plan.hash.startswith(expected)):
        hint = "Look at it with: kling-render plan"
        raise PlanChangedError(f"the plan is {plan.hash[:16]}, not {expected}", hint=hint)
    if plan.refusals:
        raise BudgetError("; ".join(plan.refusals), hint="Nothing was submitted.")
    if (plan.due or plan.snapshot.unanswered) and demands.confirm is None and not plan.caps.any:
        hint = "Set [budget] max_usd in the project, or give --max-usd."
        raise BudgetError("without a cap, a render that nobody watches does not start", hint=hint)
    if not demands.partial:
        _check_balance(plan, balance)


def _check_balance(plan: Plan, balance: Balance) -> None:
    """Refuse to begin what the account cannot pay for; what RunAPI holds for open tasks is off its balance already."""
    available = micro_from_cents(Decimal(balance.balance_cents))
    if plan.due_micro_usd > available:
        message = f"the account has {format_usd(available)}, the plan needs {format_usd(plan.due_micro_usd)}"
        hint = "Nothing was submitted. Add credit on RunAPI, or buy what the credit allows: --partial"
        raise BudgetError(message, hint=hint)


def _check_folder(folder: Path) -> None:
    """Make sure that clips can be stored before any is bought."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        message = f"cannot write {folder}: {error.strerror or error}"
        raise StorageError(message, hint="Nothing was submitted.") from error


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container user without a name
        return "unknown"


def _options(project: Project, settings: Settings) -> RenderOptions:
    table = project.render
    return RenderOptions(
        output=output_folder(settings.origin, is_default_origin=settings.is_default_origin),
        concurrency=settings.concurrency or table.concurrency,
        poll_interval_seconds=settings.poll_interval_seconds,
        poll_timeout_seconds=settings.poll_timeout_seconds,
        replay_window_seconds=table.replay_window.total_seconds(),
        send_address=table.send_address,
        retries=table.retries,
        result_url_life=timedelta(days=project.catalog.contract.service.result_url_days),
    )
