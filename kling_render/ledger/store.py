"""The durable record of what was submitted and paid: one SQLite file per project, every change on disk at once."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, cast

from sqlalchemy import Connection, Engine

from kling_render.errors import BudgetError, StorageError
from kling_render.ledger import books
from kling_render.ledger.attempts import Attempt, Clip, Identity
from kling_render.ledger.caps import Caps, Spent, broken_cap
from kling_render.ledger.database import (
    DamagedLedgerError,
    Log,
    begin,
    open_for_reading,
    open_for_writing,
    storage,
)
from kling_render.ledger.locked_take import LockedTake
from kling_render.ledger.rows import (
    adopted_columns,
    attempt_columns,
    clip_columns,
    new_attempt,
    read_attempt,
    run_columns,
)
from kling_render.ledger.snapshot import Snapshot
from kling_render.ledger.statements import (
    DELETE_UPLOAD,
    INSERT_ATTEMPT,
    INSERT_HISTORY,
    INSERT_RUN,
    INSERT_UPLOAD,
    RELEASED,
    SAME_ATTEMPT,
    SAME_RUN,
    SNAPSHOT,
    SPENT,
    UPLOAD,
    UPLOADS,
    run_statement,
    update_of,
)
from kling_render.ledger.states import State
from kling_render.ledger.values import Entry, Intent, Run, Upload

__all__ = ["DamagedLedgerError", "Entry", "Intent", "Ledger", "Run", "Upload"]


class Ledger:
    """The ledger in a file.

    Every method is one transaction that is on disk when it returns (WAL, synchronous FULL), except `in_groups`.

    Raises:
        DamagedLedgerError: from any method when the file is damaged.
        StorageError: from any method when the file cannot be read or written, is not a ledger, or is one of a newer
            version.
    """

    _log: Log | None = None

    def __init__(self, path: Path) -> None:
        self._use(path, open_for_writing)
        try:
            with storage(path):
                self._log = Log(path)
        except StorageError:
            self.close()
            raise

    @classmethod
    def reading(cls, path: Path) -> Ledger:
        """The ledger as it is now, to read: nothing is written, also in a folder that cannot be written.

        An older schema is brought to this version's in memory alone. Methods that write end in a StorageError.
        """
        ledger = cls.__new__(cls)
        ledger._use(path, open_for_reading)
        return ledger

    def _use(self, path: Path, open_engine: Callable[[Path], Engine]) -> None:
        self.path = path
        with storage(path):
            self._engine = open_engine(path)
            self._connection = self._engine.connect()
            self._driver = cast(sqlite3.Connection, self._connection.connection.dbapi_connection)

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the file."""
        if self._log is not None:
            self._log.close()
            self._log = None
        self._connection.close()
        self._engine.dispose()

    @contextmanager
    def in_groups(self) -> Iterator[None]:
        """While the block runs, a transaction outlives this process at once, but a loss of power only after a `sync`.

        Whoever goes on only after a `sync` loses nothing: it covers every transaction before it, and many may share
        it. The end of the block is one.
        """
        self._synchronous("NORMAL")
        try:
            yield
        finally:
            self._synchronous("FULL")
            self.sync()

    def sync(self) -> None:
        """Bring every transaction so far to the disk; may be called from any thread."""
        with storage(self.path):
            if self._log is not None:
                self._log.sync()

    def _synchronous(self, how: str) -> None:
        with storage(self.path):
            self._driver.execute(f"PRAGMA synchronous = {how}")

    @contextmanager
    def _transition(self) -> Iterator[sqlite3.Connection]:
        """A transaction for each step of each take: straight on the driver, for SQLAlchemy costs more than SQLite."""
        with storage(self.path):
            begin(self._driver)
            try:
                yield self._driver
                self._driver.commit()
            except BaseException:
                self._driver.rollback()
                raise

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with storage(self.path), self._connection.begin():
            yield self._connection

    def snapshot(self, project_id: str, identity: Identity | None) -> Snapshot:
        """All attempts of a project with an origin and account; empty without an identity."""
        if identity is None:
            return Snapshot(project_id=project_id)
        mine = {"project_id": project_id, "origin": identity.origin, "account_id": identity.account_id}
        with storage(self.path):
            attempts = tuple(map(read_attempt, run_statement(self._driver, SNAPSHOT, mine)))
        return Snapshot(identity, attempts, project_id)

    def last_identity(self, project_id: str, origin: str) -> Identity | None:
        """The account of the newest run at an origin: whose books an offline command shows."""
        with self._transaction() as connection:
            return books.last_identity(connection, project_id, origin)

    def newest_entry(self) -> datetime | None:
        """When the newest entry of the whole file was made, whoever made it; None while there is none."""
        with self._transaction() as connection:
            return books.newest_entry(connection)

    def entries(self, project_id: str | None = None) -> tuple[Entry, ...]:
        """The books: every attempt of a project (of all, for None) with its run, oldest first."""
        with self._transaction() as connection:
            return books.entries(connection, project_id)

    def runs(self, project_id: str, origin: str, account_id: str) -> tuple[Run, ...]:
        """The runs of a project with an origin and account, newest first."""
        with self._transaction() as connection:
            return books.runs_of(connection, project_id, origin, account_id)

    def last_plan(self, project_id: str, origin: str, account_id: str, profile: str) -> str | None:
        """The `plan_rows` of the newest run of a profile that kept them; None where there is none."""
        with self._transaction() as connection:
            return books.last_plan(connection, project_id, origin, account_id, profile)

    def persons(self, project_id: str) -> Mapping[str, str]:
        """Who started each run of a project, by the run's id; for an adopted take, who bought it."""
        with self._transaction() as connection:
            return books.persons(connection, project_id)

    def seconds_taken(self, origin: str) -> Mapping[tuple[str, str], tuple[float, ...]]:
        """How long the newest 50 tasks took at an origin from submitted to completed, by action and model."""
        with self._transaction() as connection:
            return books.seconds_taken(connection, origin)

    def start_run(self, run: Run) -> None:
        """Record who renders what, where and for whom."""
        with self._transaction() as connection:
            connection.execute(INSERT_RUN, run_columns(run))

    def reserve(self, run: Run, intent: Intent, caps: Caps, at: datetime) -> Attempt:
        """Reserve the price against every cap and write the intent, in one transaction.

        Raises:
            BudgetError: a cap would be broken; nothing was written.
        """
        with self._transition() as connection:
            reason = broken_cap(caps, _spent(connection, run, at), intent.reserved_micro_usd)
            if reason is not None:
                raise BudgetError(f"{intent.address}: {reason}", hint="Raise the cap, or render less.")
            row_id = _write_intent(connection, attempt_columns(run, intent, at))
            _remember(connection, row_id, run.id, State.INTENT, None, at)
        return new_attempt(row_id, run, intent, at)

    def take_over(self, run: Run, attempt: Attempt, caps: Caps, at: datetime) -> Attempt:
        """Enter an attempt under another run, within that run's cap, in one transaction.

        Raises:
            BudgetError: the cap would be broken; nothing was written.
        """
        with self._transition() as connection:
            spent = Spent(0, _spent(connection, run, at).run, 0)
            reason = broken_cap(caps.of_run, spent, attempt.counted_micro_usd)
            if reason is not None:
                raise BudgetError(f"{attempt.address}: {reason}", hint="Raise the cap, or render less.")
            changes = {"run_id": run.id}
            run_statement(connection, update_of(frozenset(changes)), {"row_id": attempt.id, **changes})
            _remember(connection, attempt.id, run.id, attempt.state, None, at)
        return replace(attempt, run_id=run.id)

    def record(
        self,
        run: Run,
        attempt: Attempt,
        state: State,
        at: datetime,
        *,
        task_id: str | None = None,
        error: str | None = None,
        settled_micro_usd: int | None = None,
        url_expires_at: datetime | None = None,
        clip: Clip | None = None,
    ) -> Attempt:
        """Write a transition of an attempt; what is None stays as it was.

        Args:
            run: the run that saw it.
            attempt: the attempt as the last transition left it.
            state: where it stands now.
            at: when.
            task_id: the server's task.
            error: why it failed, or why nobody knows.
            settled_micro_usd: what the server charged.
            url_expires_at: until when the clip can be fetched.
            clip: what was downloaded.

        Returns:
            The attempt as it is now.
        """
        values: dict[str, Any] = {
            "state": state,
            "task_id": task_id,
            "error": error,
            "settled_micro_usd": settled_micro_usd,
            "url_expires_at": url_expires_at,
            "clip": clip,
        }
        known = {name: value for name, value in values.items() if value is not None}
        columns = {name: value for name, value in known.items() if name != "clip"} | clip_columns(clip)
        columns["state"] = state.value
        if url_expires_at is not None:
            columns["url_expires_at"] = url_expires_at.isoformat()
        with self._transition() as connection:
            changed = run_statement(connection, update_of(frozenset(columns)), {"row_id": attempt.id, **columns})
            if changed.rowcount != 1:
                raise StorageError(f"it has no attempt {attempt.id}", hint="Was the ledger replaced meanwhile?")
            _remember(connection, attempt.id, run.id, state, error or task_id, at)
        return replace(attempt, **known)

    def adopt(self, run: Run, locked: LockedTake, at: datetime) -> Attempt:
        """Write an attempt that `takes.lock` knows, as `elsewhere`; where there is a row of it, that stays as it is.

        It is entered under who bought it, so that no cap per run counts it for the run that adopts it.

        Args:
            run: the run that adopts it.
            locked: the attempt.
            at: when.
        """
        buyer = _buyer(run, locked)
        names = ("project_id", "origin", "account_id", "fingerprint", "take", "attempt")
        this = dict(zip(names, locked.key, strict=True))
        with self._transition() as connection:
            found = run_statement(connection, SAME_ATTEMPT, this).fetchone()
            if found is not None:
                return read_attempt(found)
            if run_statement(connection, SAME_RUN, {"run_id": buyer.id}).fetchone() is None:
                run_statement(connection, INSERT_RUN, run_columns(buyer))
            row_id = run_statement(connection, INSERT_ATTEMPT, adopted_columns(locked, buyer.id)).lastrowid or 0
            _remember(connection, row_id, run.id, State.ELSEWHERE, locked.task_id, at)
        return locked.as_attempt(row_id, buyer.id)

    def find_upload(self, run: Run, sha256: str) -> Upload | None:
        """Where the run's account uploaded this content last, dead or alive."""
        with self._transaction() as connection:
            row = connection.execute(UPLOAD, _upload(run, sha256)).first()
        return Upload(row.url, datetime.fromisoformat(row.usable_until)) if row else None

    def forget_uploads(self, run: Run, body: str) -> None:
        """Forget the uploads whose URL stands in a request."""
        with self._transaction() as connection:
            rows = connection.execute(UPLOADS, {"origin": run.origin, "account_id": run.account_id}).all()
            for row in rows:
                if row.url in body:
                    connection.execute(DELETE_UPLOAD, _upload(run, row.sha256))

    def remember_upload(self, run: Run, sha256: str, upload: Upload) -> None:
        """Keep where this content was uploaded to."""
        values = {"origin": run.origin, "account_id": run.account_id, "sha256": sha256, "url": upload.url}
        with self._transaction() as connection:
            connection.execute(DELETE_UPLOAD, _upload(run, sha256))
            connection.execute(INSERT_UPLOAD, values | {"usable_until": upload.usable_until.isoformat()})


def _upload(run: Run, sha256: str) -> dict[str, str]:
    return {"origin": run.origin, "account_id": run.account_id, "digest": sha256}


def _buyer(run: Run, locked: LockedTake) -> Run:
    """Stands for the runs, on other machines, in which a person bought with a profile."""
    digest = hashlib.sha256("\n".join((*locked.key[:3], locked.profile, locked.person)).encode()).hexdigest()
    return replace(
        run,
        id=f"{books.ADOPTED}{digest[:32]}",
        project_id=locked.project_id,
        origin=locked.origin,
        account_id=locked.account_id,
        profile=locked.profile,
        person=locked.person,
        price_card="",
        tool_version="",
        plan_hash="",
        plan_rows="",
    )


def _spent(connection: sqlite3.Connection, run: Run, at: datetime) -> Spent:
    of = {"project_id": run.project_id, "origin": run.origin, "account_id": run.account_id, "run_id": run.id}
    return Spent(*run_statement(connection, SPENT, of | {"day": at.astimezone(UTC).date().isoformat()}).fetchone())


def _write_intent(connection: sqlite3.Connection, columns: dict[str, Any]) -> int:
    """Insert an attempt, or open again the one that was released under the same key; returns its row id."""
    found = run_statement(connection, RELEASED, columns).fetchone()
    if found is None:
        return run_statement(connection, INSERT_ATTEMPT, columns).lastrowid or 0
    changes = {**columns, "error": None}
    run_statement(connection, update_of(frozenset(changes)), {"row_id": found[0], **changes})
    return int(found[0])


def _remember(
    connection: sqlite3.Connection, attempt_id: int, run_id: str, state: State, detail: str | None, at: datetime
) -> None:
    values = {"attempt_id": attempt_id, "run_id": run_id, "state": state.value, "detail": detail, "at": at.isoformat()}
    run_statement(connection, INSERT_HISTORY, values)
