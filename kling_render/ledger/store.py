"""The durable record of what was submitted and paid: one SQLite file per project, every change on disk at once."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Engine,
    create_engine,
    delete,
    event,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import StaticPool

from kling_render.errors import BudgetError, StorageError
from kling_render.ledger.caps import Caps, Spent, broken_cap
from kling_render.ledger.rows import clip_columns, read_attempt
from kling_render.ledger.schema import SCHEMA_VERSION, attempts, history, meta, metadata, runs, uploads
from kling_render.ledger.snapshot import COUNTED_STATES, Attempt, Clip, Identity, Snapshot, State


@dataclass(frozen=True)
class Run:
    """One render, and everything about it that could not be recovered later."""

    id: str
    project_id: str
    origin: str
    account_id: str
    account_name: str
    profile: str
    client: str
    person: str
    price_card: str
    tool_version: str
    plan_hash: str
    started_at: datetime


@dataclass(frozen=True)
class Intent:
    """What is written before a POST: the exact bytes, the key, and the reservation in micro-USD."""

    address: str
    title: str
    fingerprint: str
    take: int
    attempt: int
    action: str
    model: str
    key: str
    client_request_id: str
    body: bytes
    reserved_micro_usd: int


@dataclass(frozen=True)
class Upload:
    """Where a local file's content can be fetched, and until when that may be told anybody."""

    url: str
    usable_until: datetime


class Ledger:
    """The ledger in a file.

    Every method is one transaction that is on disk when it returns (WAL, synchronous FULL).

    Raises:
        StorageError: from any method when the file cannot be read or written, or is not a ledger.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._storage():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._engine = _open(path)
            try:
                with self._engine.begin() as connection:
                    _prepare(connection)
                for folder in (path.parent, path.parent.parent):
                    _sync_folder(folder)
            except BaseException:
                self.close()
                raise

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the file."""
        self._engine.dispose()

    @contextmanager
    def _storage(self) -> Iterator[None]:
        try:
            yield
        except (DatabaseError, sqlite3.DatabaseError, OSError, ValueError) as error:  # ValueError: damaged values
            reason = getattr(error, "orig", None) or error
            hint = "Is the disk full, the folder writable, the file a ledger? Nothing was submitted after this."
            raise StorageError(f"the ledger {self.path} cannot be used: {reason}", hint=hint) from error

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self._storage(), self._engine.begin() as connection:
            yield connection

    def snapshot(self, project_id: str, identity: Identity | None) -> Snapshot:
        """All attempts of a project with an origin and account; empty without an identity."""
        if identity is None:
            return Snapshot()
        with self._transaction() as connection:
            rows = connection.execute(
                select(attempts, runs.c.profile)
                .join(runs, runs.c.id == attempts.c.run_id)
                .where(
                    attempts.c.project_id == project_id,
                    attempts.c.origin == identity.origin,
                    attempts.c.account_id == identity.account_id,
                )
                .order_by(attempts.c.attempt, attempts.c.id)
            )
            return Snapshot(identity, tuple(read_attempt(row) for row in rows.mappings()))

    def last_identity(self, project_id: str, origin: str) -> Identity | None:
        """The account of the newest run at an origin: whose books an offline command shows."""
        with self._transaction() as connection:
            row = connection.execute(
                select(runs.c.account_id, runs.c.account_name)
                .where(runs.c.project_id == project_id, runs.c.origin == origin)
                .order_by(runs.c.started_at.desc())
                .limit(1)
            ).first()
        return Identity(origin, row.account_id, row.account_name) if row else None

    def newest_entry(self) -> datetime | None:
        """When the newest entry of the whole file was made, whoever made it; None while there is none."""
        with self._transaction() as connection:
            newest = connection.execute(select(func.max(history.c.at))).scalar()
            return datetime.fromisoformat(newest) if newest else None

    def start_run(self, run: Run) -> None:
        """Record who renders what, where and for whom."""
        values = asdict(run) | {"started_at": run.started_at.isoformat()}
        with self._transaction() as connection:
            connection.execute(insert(runs).values(**values))

    def reserve(self, run: Run, intent: Intent, caps: Caps, at: datetime) -> Attempt:
        """Reserve the price against every cap and write the intent, in one transaction.

        Raises:
            BudgetError: a cap would be broken; nothing was written.
        """
        with self._transaction() as connection:
            reason = broken_cap(caps, _spent(connection, run, at), intent.reserved_micro_usd)
            if reason is not None:
                raise BudgetError(f"{intent.address}: {reason}", hint="Raise the cap, or render less.")
            values = asdict(intent) | {
                "run_id": run.id,
                "project_id": run.project_id,
                "origin": run.origin,
                "account_id": run.account_id,
                "state": State.INTENT.value,
                "created_at": at.isoformat(),
            }
            attempt_id = _write_intent(connection, values)
            _remember(connection, attempt_id, run.id, State.INTENT, None, at)
            return _read(connection, attempt_id)

    def find_upload(self, run: Run, sha256: str) -> Upload | None:
        """Where the run's account uploaded this content last, dead or alive."""
        with self._transaction() as connection:
            row = connection.execute(
                select(uploads.c.url, uploads.c.usable_until).where(*_same_upload(run, sha256))
            ).first()
        return Upload(row.url, datetime.fromisoformat(row.usable_until)) if row else None

    def forget_uploads(self, run: Run, body: str) -> None:
        """Forget the uploads whose URL stands in a request."""
        with self._transaction() as connection:
            mine = (uploads.c.origin == run.origin, uploads.c.account_id == run.account_id)
            rows = connection.execute(select(uploads.c.sha256, uploads.c.url).where(*mine)).all()
            for row in rows:
                if row.url in body:
                    connection.execute(delete(uploads).where(*_same_upload(run, row.sha256)))

    def remember_upload(self, run: Run, sha256: str, upload: Upload) -> None:
        """Keep where this content was uploaded to."""
        values = {"origin": run.origin, "account_id": run.account_id, "sha256": sha256}
        with self._transaction() as connection:
            connection.execute(delete(uploads).where(*_same_upload(run, sha256)))
            row = values | {"url": upload.url, "usable_until": upload.usable_until.isoformat()}
            connection.execute(insert(uploads).values(**row))

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
        """Write a transition of an attempt; what is None stays as it was. Returns the attempt as it is now."""
        values: dict[str, Any] = {
            "state": state.value,
            "task_id": task_id,
            "error": error,
            "settled_micro_usd": settled_micro_usd,
            "url_expires_at": url_expires_at.isoformat() if url_expires_at else None,
        }
        if clip is not None:
            values |= clip_columns(clip)
        known = {name: value for name, value in values.items() if value is not None}
        with self._transaction() as connection:
            connection.execute(update(attempts).where(attempts.c.id == attempt.id).values(**known))
            _remember(connection, attempt.id, run.id, state, error or task_id, at)
            return _read(connection, attempt.id)


def _same_upload(run: Run, sha256: str) -> tuple[ColumnElement[bool], ...]:
    return (uploads.c.origin == run.origin, uploads.c.account_id == run.account_id, uploads.c.sha256 == sha256)


def _open(path: Path) -> Engine:
    url = URL.create("sqlite", database=str(path))  # a path may hold ? and %, which mean something in a URL's text
    engine = create_engine(url, poolclass=StaticPool, connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def _settle(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _prepare(connection: Connection) -> None:
    metadata.create_all(connection)
    version = connection.execute(select(meta.c.value).where(meta.c.name == "schema")).scalar()
    if version is None:
        connection.execute(insert(meta).values(name="schema", value=str(SCHEMA_VERSION)))
    elif int(version) != SCHEMA_VERSION:
        raise OSError(f"it has schema {version}, this version reads {SCHEMA_VERSION}")


def _spent(connection: Connection, run: Run, at: datetime) -> Spent:
    counted = func.coalesce(
        attempts.c.settled_micro_usd,
        attempts.c.reserved_micro_usd,
    )
    ours = (
        attempts.c.project_id == run.project_id,
        attempts.c.origin == run.origin,
        attempts.c.account_id == run.account_id,
        attempts.c.settled_micro_usd.is_not(None) | attempts.c.state.in_([state.value for state in COUNTED_STATES]),
    )
    total = select(func.coalesce(func.sum(counted), 0)).where(*ours)
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    today = (attempts.c.created_at >= day.isoformat(), attempts.c.created_at < (day + timedelta(days=1)).isoformat())
    return Spent(
        project=connection.execute(total).scalar_one(),
        run=connection.execute(total.where(attempts.c.run_id == run.id)).scalar_one(),
        day=connection.execute(total.where(*today)).scalar_one(),
    )


def _write_intent(connection: Connection, values: dict[str, Any]) -> int:
    """Insert an attempt, or open again the one that was released under the same key; returns its row id."""
    same = [attempts.c[name] == values[name] for name in ("project_id", "origin", "account_id", "key")]
    released = select(attempts.c.id).where(*same, attempts.c.state == State.RELEASED.value)
    found: int | None = connection.execute(released).scalar()
    if found is not None:
        connection.execute(update(attempts).where(attempts.c.id == found).values(**values, error=None))
        return found
    (created,) = connection.execute(insert(attempts).values(**values)).inserted_primary_key or (0,)
    return int(created)


def _remember(
    connection: Connection, attempt_id: int, run_id: str, state: State, detail: str | None, at: datetime
) -> None:
    values = {"attempt_id": attempt_id, "run_id": run_id, "state": state.value, "detail": detail, "at": at.isoformat()}
    connection.execute(insert(history).values(**values))


def _read(connection: Connection, attempt_id: int) -> Attempt:
    query = select(attempts, runs.c.profile).join(runs, runs.c.id == attempts.c.run_id)
    return read_attempt(connection.execute(query.where(attempts.c.id == attempt_id)).mappings().one())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
