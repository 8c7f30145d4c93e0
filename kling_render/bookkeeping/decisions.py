"""What only a person can decide about an attempt: that a task is its own, or that it is given up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from kling_render.bookkeeping.status import Status, read_status
from kling_render.catalog import listed
from kling_render.errors import LockedError, UsageError
from kling_render.ledger import Attempt, Identity, LockedTake, State, read_lock
from kling_render.ledger.store import Ledger, Run
from kling_render.planning import PlannedTake, Selection
from kling_render.project import DEFAULT_PROFILE, Project
from kling_render.rendering import LEDGER, real_clock
from kling_render.rendering.lock_writing import write_takes_lock
from kling_render.rendering.project_lock import project_lock
from kling_render.rendering.runs import new_run, person_of
from kling_render.rendering.snapshots import takes_lock
from kling_render.settings import Settings, load_settings

_WITHOUT_TASK = frozenset({State.INTENT, State.UNKNOWN, State.ABANDONED, State.RELEASED})
_GIVEN_UP = frozenset({State.INTENT, State.SUBMITTED, State.PROCESSING, State.UNKNOWN, State.ELSEWHERE})


def attach(
    path: Path | str, address: str, task_id: str, *, profile: str = DEFAULT_PROFILE, settings: Settings | None = None
) -> Attempt:
    """Say that a task is the one of a take: the next render waits for it and fetches its clip, and buys nothing.

    Args:
        path: the project file, or its folder.
        address: the take, by address or short id; its number may be left out where it has one take.
        task_id: RunAPI's id of the task.
        profile: which set of overrides lies over the shots.
        settings: whose base URL says which books are meant; read from the environment by default.

    Returns:
        The attempt with its task.

    Raises:
        UsageError: there is no such take, it has a task already, or the task is another take's.
        LockedError: a render of the project is at work.
        KeyMissingError, ApiError: nothing was bought here yet, and the server cannot say whose key it is.
    """
    if not task_id or not task_id.isprintable() or any(sign.isspace() or sign in "/?#" for sign in task_id):
        raise UsageError(f"{task_id!r} is not the id of a task")
    desk = _Desk.at(path, profile, settings or load_settings())
    owner = next((each for each in desk.status.snapshot.attempts if each.task_id == task_id), None)
    if owner is not None:
        raise UsageError(f"task {task_id} is that of {owner.address} already")
    subject = desk.subject(address, _WITHOUT_TASK)
    attempt, planned = subject.attempt, subject.planned
    if attempt is None:
        if planned is None:
            raise UsageError(f"{address} is no take of the project or the ledger", hint="See: kling-render status")
        with desk.writing(None) as (ledger, run):
            adopted = ledger.adopt(run, _locked(planned, task_id, run), desk.status.now)
            if adopted.task_id != task_id:
                raise _changed(adopted)
            return adopted
    if attempt.state not in _WITHOUT_TASK:
        hint = "Only a take whose task is not known can be given one. For another performance: kling-render retake"
        raise UsageError(f"{attempt.address} is {attempt.state}", hint=hint)
    with desk.writing(attempt) as (ledger, run):
        return ledger.record(run, attempt, State.SUBMITTED, desk.status.now, task_id=task_id)


def abandon(
    path: Path | str, address: str, *, profile: str = DEFAULT_PROFILE, settings: Settings | None = None
) -> Attempt:
    """Give an attempt up: what it reserved stays in the books as possibly charged, and the take is due anew.

    Args:
        path: the project file, or its folder.
        address: the take, by address or short id; its number may be left out where it has one take.
        profile: which set of overrides lies over the shots.
        settings: whose base URL says which books are meant; read from the environment by default.

    Raises:
        UsageError: there is nothing about it to give up.
        LockedError: a render of the project is at work.
    """
    desk = _Desk.at(path, profile, settings or load_settings())
    attempt = desk.subject(address, _GIVEN_UP).attempt
    if attempt is None:
        raise UsageError(f"{address} has no attempt that could be given up", hint="See: kling-render status")
    if attempt.state not in _GIVEN_UP:
        raise UsageError(f"{attempt.address} is {attempt.state}: there is nothing to give up")
    with desk.writing(attempt) as (ledger, run):
        if not attempt.id:  # known from takes.lock alone
            line = next(each for each in desk.lines if each.task_id == attempt.task_id)
            attempt = ledger.adopt(run, line, desk.status.now)
            if attempt.state not in _GIVEN_UP:
                raise _changed(attempt)
        return ledger.record(run, attempt, State.ABANDONED, desk.status.now)


@dataclass(frozen=True)
class _Subject:
    """What an address means: a take of the plan, an attempt, or both."""

    planned: PlannedTake | None
    attempt: Attempt | None


@dataclass(frozen=True)
class _Desk:
    """A project and its books, on which one decision is written."""

    project: Project
    settings: Settings
    status: Status
    lines: tuple[LockedTake, ...]

    @classmethod
    def at(cls, path: Path | str, profile: str, settings: Settings) -> _Desk:
        """Read what is known."""
        status = read_status(path, profile=profile, settings=settings)
        return cls(status.project, settings, status, read_lock(takes_lock(status.project, settings)))

    def subject(self, address: str, states: frozenset[State]) -> _Subject:
        """What an address means; of several attempts under one address, the planned request's or the one in question.

        Raises:
            UsageError: it means nothing, or several.
        """
        planned = self._planned(address)
        name = str(planned.address) if planned else address
        if planned is not None and planned.attempt is not None and planned.attempt.state in states:
            return _Subject(planned, planned.attempt)
        newest = {(each.fingerprint, each.take): each for each in self.status.snapshot.attempts}
        named = [each for each in newest.values() if each.address == name]
        meant = [each for each in named if each.state in states]
        if len(meant) > 1:
            raise UsageError(f"{name} has {len(meant)} open attempts, of different requests", hint="Render them first.")
        if meant:
            return _Subject(planned, meant[0])
        return _Subject(planned, planned.attempt if planned else next(iter(named[-1:]), None))

    def _planned(self, address: str) -> PlannedTake | None:
        """The one take of the plan that an address means; None where it means none, or the project has faults."""
        plan = self.status.plan
        if plan is None:
            return None
        try:
            found = Selection.parse([address]).choose(plan.takes)
        except UsageError:
            if any(each.address == address for each in self.status.snapshot.attempts):
                return None  # its shot was edited away meanwhile
            raise
        if len(found) != 1:
            names = [str(each.address) for each in found]
            raise UsageError(f"{address} means {len(found)} takes", hint=f"Name one of {listed(names)}.")
        return found[0]

    @contextmanager
    def writing(self, attempt: Attempt | None) -> Iterator[tuple[Ledger, Run]]:
        """The ledger, locked against renders, with a run under which the decision is entered; then `takes.lock`.

        Raises:
            LockedError: a render is at work, or has changed the attempt since it was read.
        """
        path, now = self.project.folder / LEDGER, self.status.now
        identity = self.status.snapshot.identity or self._identity()
        with project_lock(path, now), Ledger(path) as ledger:
            run = new_run(self.project, identity, run_id=uuid4().hex, person=person_of(self.settings), started_at=now)
            if attempt is not None and attempt.id:
                now_known = ledger.snapshot(run.project_id, identity).latest(attempt.fingerprint, attempt.take)
                if now_known is None or (now_known.id, now_known.state) != (attempt.id, attempt.state):
                    raise _changed(attempt)
            ledger.start_run(run)
            yield ledger, run
            known, persons = ledger.snapshot(run.project_id, identity), ledger.persons(run.project_id)
            write_takes_lock(takes_lock(self.project, self.settings), known, persons)

    def _identity(self) -> Identity:
        """The account of the key, where nothing tells whose books these are."""
        clock = real_clock()
        from kling_render.rendering.session import introduce  # late: it brings the HTTP client along

        account, _ = clock.run_async(introduce, self.settings, clock)
        return Identity(self.settings.origin, account.account_id, account.account_name)


def _changed(attempt: Attempt) -> LockedError:
    return LockedError(f"{attempt.address} has changed meanwhile", hint="See: kling-render status")


def _locked(planned: PlannedTake, task_id: str, run: Run) -> LockedTake:
    """A take of which nothing but its task is known here."""
    take = planned.take
    return LockedTake(
        address=str(take.address),
        title=take.title,
        profile=run.profile,
        fingerprint=planned.fingerprint,
        take=take.address.number,
        attempt=1,
        project_id=run.project_id,
        origin=run.origin,
        account_id=run.account_id,
        action=take.action,
        model=take.model,
        task_id=task_id,
        is_paid=False,
        settled_micro_usd=None,
        reserved_micro_usd=planned.reserve_micro_usd or 0,
        clip=None,
        person=run.person,
        created_at=run.started_at,
        url_expires_at=None,
    )
