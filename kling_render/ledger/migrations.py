"""From the schema of an older ledger to this version's, one transaction for each step, after a copy of the file."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Engine, insert, inspect, select, text, update

from kling_render.errors import StorageError
from kling_render.ledger.schema import (
    SCHEMA_VERSION,
    SPENDING_OF_ATTEMPTS,
    SPENDING_TRIGGERS,
    meta,
    metadata,
    spending,
    uploads,
)
from kling_render.whole_files import sync_folder


def upgrade(engine: Engine, path: Path | None) -> None:
    """Bring a ledger to this version's schema; an empty one gets its tables.

    Args:
        engine: opens transactions that hold the lock for writing from their begin.
        path: the file, which is copied before its first change; None for a ledger in memory.

    Raises:
        StorageError: it was written by a newer version; nothing was changed.
    """
    copied = path is None
    while True:
        with engine.begin() as connection:
            version = _version(connection)
            if version == SCHEMA_VERSION:
                return
            if version == 0:
                _create(connection)
                return
            if path is not None and not copied:
                back_up(path, version)
                copied = True
            MIGRATIONS[version - 1](connection)
            connection.execute(update(meta).where(meta.c.name == "schema").values(value=str(version + 1)))


def back_up(path: Path, version: int) -> Path:
    """Copy a ledger beside itself, on disk when this returns; an older copy is never replaced.

    Returns:
        The copy: `ledger.sqlite.v1-backup`, or with a number behind where that exists.
    """
    part = path.with_name(f"{path.name}.backup-part")
    part.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(part)) as target:
            source.backup(target)
        _sync_file(part)
        copy = _rename(part, path.with_name(f"{path.name}.v{version}-backup"))
    finally:
        part.unlink(missing_ok=True)
    sync_folder(path.parent)
    return copy


def _rename(part: Path, wanted: Path) -> Path:
    copy, number = wanted, 1
    while copy.exists():
        number += 1
        copy = wanted.with_name(f"{wanted.name}-{number}")
    part.rename(copy)
    return copy


def _version(connection: Connection) -> int:
    names = inspect(connection).get_table_names()
    if not names:
        return 0
    if meta.name not in names:
        raise StorageError("this is another program's database, not a ledger", hint="Move it away.")
    version = int(connection.execute(select(meta.c.value).where(meta.c.name == "schema")).scalar_one())
    if version > SCHEMA_VERSION:
        message = f"it has schema {version}, this version of kling-render reads up to {SCHEMA_VERSION}"
        raise StorageError(
            message, hint="A newer kling-render wrote it: upgrade this one (pip install -U kling-render)."
        )
    if version < 1:
        raise ValueError(f"schema {version}")
    return version


def _create(connection: Connection) -> None:
    metadata.create_all(connection)
    for trigger in SPENDING_TRIGGERS:
        connection.execute(trigger)
    connection.execute(insert(meta).values(name="schema", value=str(SCHEMA_VERSION)))


def _from_1(connection: Connection) -> None:
    """Plans with runs, estimates with reservations, sums for the caps; uploads, which the first ledgers lack."""
    connection.execute(text("ALTER TABLE runs ADD COLUMN plan TEXT"))
    connection.execute(text("ALTER TABLE attempts ADD COLUMN estimated_micro_usd INTEGER"))
    uploads.create(connection, checkfirst=True)
    spending.create(connection)
    connection.execute(SPENDING_OF_ATTEMPTS)
    for trigger in SPENDING_TRIGGERS:
        connection.execute(trigger)


MIGRATIONS: tuple[Callable[[Connection], None], ...] = (_from_1,)
"""The step from each schema version to the next, from version 1 on."""


def _sync_file(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
