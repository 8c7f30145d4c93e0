"""How a ledger's file is opened: for writing, with every commit on disk; for reading, as a copy that writes nothing."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import StaticPool

from kling_render.errors import StorageError
from kling_render.ledger.migrations import upgrade
from kling_render.whole_files import sync_folder

PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON")
TO_WRITE = "BEGIN IMMEDIATE"
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_WAL_VERSIONS = slice(18, 20)
"""Where a file says that it is read with a write-ahead log (2) or without one (1); a copy in memory has none."""
_sync_content = getattr(os, "fdatasync", os.fsync)


class DamagedLedgerError(StorageError):
    """The ledger's file is not one that SQLite could have written."""


@contextmanager
def storage(path: Path) -> Iterator[None]:
    """Name the ledger, and what to do, in whatever goes wrong with its file.

    Raises:
        DamagedLedgerError: the file is damaged.
        StorageError: it cannot be read or written.
    """
    try:
        yield
    except StorageError as error:
        message = f"the ledger {path} cannot be used: {error.message}"
        raise type(error)(message, hint=error.hint) from error
    except (DatabaseError, sqlite3.DatabaseError, OSError, ValueError) as error:
        raise _named(path, error) from error


def _named(path: Path, error: Exception) -> StorageError:
    reason = getattr(error, "orig", None) or error
    code = getattr(reason, "sqlite_errorcode", None)
    message = f"the ledger {path} cannot be used: {reason}"
    if isinstance(error, ValueError) or (code is not None and code & 0xFF in _DAMAGED):
        return DamagedLedgerError(message, hint=_damage_hint(path))
    if code is not None and code & 0xFF == sqlite3.SQLITE_FULL:
        hint = "Make room on the disk and render again: nothing is half-written. Nothing was submitted after this."
        return StorageError(message, hint=hint)
    hint = "Is the disk full, the folder writable, the file a ledger? Nothing was submitted after this."
    return StorageError(message, hint=hint)


def _damage_hint(path: Path) -> str:
    return (
        f"It is damaged. Move it aside (with {path.name}-wal, if there is one) and render again: takes.lock and the "
        "keys, which are derived, rebuild it, and nothing is paid twice. Nothing was submitted after this."
    )


def open_for_writing(path: Path) -> Engine:
    """Open a ledger, made or migrated where that is needed; what it commits is on disk.

    Raises:
        StorageError: it is damaged, or written by a newer version; nothing was changed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    is_new = not path.exists()
    url = URL.create("sqlite", database=str(path))  # a path may hold ? and %, which mean something in a URL's text
    engine = create_engine(url, poolclass=StaticPool, connect_args={"timeout": 30})
    _listen(engine, PRAGMAS, TO_WRITE)
    try:
        if not is_new:
            _check(engine, path)
        upgrade(engine, path)
        for folder in (path.parent, path.parent.parent):
            sync_folder(folder)
    except BaseException:
        engine.dispose()
        raise
    return engine


def open_for_reading(path: Path) -> Engine:
    """Open a copy of a ledger in memory, brought to this version's schema; nothing is written anywhere near it.

    Raises:
        StorageError: it is not there, damaged, or written by a newer version.
    """
    copy = _copy(path)
    engine = create_engine("sqlite://", creator=lambda: copy, poolclass=StaticPool)
    _listen(engine, (), "BEGIN")
    try:
        upgrade(engine, None)
    except BaseException:
        engine.dispose()
        raise
    copy.execute("PRAGMA query_only = ON")
    return engine


class Log:
    """The write-ahead log of a ledger that is open for writing, held open as long as the ledger is.

    An error that the disk meets on its own time is told once to each handle that was open by then: to a handle opened
    later only if nobody heard of it before, and SQLite, which may have, says nothing of a checkpoint that failed.
    SQLite takes its locks on the ledger and its index, never on the log, so that closing this handle drops none.
    """

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path.with_name(f"{path.name}-wal"), os.O_RDWR)

    def sync(self) -> None:
        """What SQLite does at each commit when it is FULL.

        Raises:
            OSError: the disk refuses, now or since the last time, or the log was removed.
        """
        _sync_content(self._handle)
        if os.fstat(self._handle).st_nlink == 0:
            raise FileNotFoundError(errno.ENOENT, "No such file: its log was removed while it was written")

    def close(self) -> None:
        """Release the file."""
        os.close(self._handle)


def begin(driver: sqlite3.Connection, how: str = TO_WRITE) -> None:
    """Begin a transaction."""
    if driver.in_transaction:  # a commit that failed leaves its transaction open
        driver.rollback()
    driver.execute(how)


def _listen(engine: Engine, pragmas: tuple[str, ...], how: str) -> None:
    @event.listens_for(engine, "connect")
    def _settle(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        driver: Any = connection.connection.dbapi_connection
        begin(driver, how)


def _check(engine: Engine, path: Path) -> None:
    with engine.connect() as connection:
        found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if found != "ok":
        first = str(found).strip().splitlines()[-1]
        raise DamagedLedgerError(f"it is damaged: {first}", hint=_damage_hint(path))


def _copy(path: Path) -> sqlite3.Connection:
    """A copy in memory of what was committed at one moment.

    A file without a log is whole by itself, and is read as bytes: SQLite could not read it without making a log. With
    a log, SQLite reads both; where it may not write its index of the log, it reads copies of the two in another folder.
    """
    log = path.with_name(f"{path.name}-wal")
    if log.exists():  # also for our own sake: closing a file that this process writes would drop SQLite's locks on it
        return _copy_with_log(path, log)
    before = path.stat()
    content = bytearray(path.read_bytes())
    if log.exists() or path.stat() != before:
        return _copy(path)
    if content[:16] == b"SQLite format 3\0":
        content[_WAL_VERSIONS] = b"\1\1"
    copy = sqlite3.connect(":memory:", isolation_level=None)
    if content:  # else it is being made at this very moment
        copy.deserialize(bytes(content))
    return copy


def _copy_with_log(path: Path, log: Path) -> sqlite3.Connection:
    if path.with_name(f"{path.name}-shm").exists():
        try:
            return _backup(path)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
                raise
    with tempfile.TemporaryDirectory(prefix="kling-render-") as folder:
        for file in (path, log):
            shutil.copyfile(file, Path(folder, file.name))
        return _backup(Path(folder, path.name))


def _backup(path: Path) -> sqlite3.Connection:
    copy = sqlite3.connect(":memory:", isolation_level=None)
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as source:
            source.backup(copy)
    except BaseException:
        copy.close()
        raise
    return copy
