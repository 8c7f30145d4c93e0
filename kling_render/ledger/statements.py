"""The statements of the ledger's transitions, built once: building one costs more than running it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    Update,
    bindparam,
    case,
    delete,
    func,
    insert,
    select,
    true,
    update,
)
from sqlalchemy.dialects import sqlite

from kling_render.ledger.rows import ATTEMPT_COLUMNS
from kling_render.ledger.schema import attempts, history, runs, spending, uploads
from kling_render.ledger.states import State

_NAMED = sqlite.dialect(paramstyle="named")

INSERT_RUN = insert(runs)
INSERT_HISTORY = insert(history)
INSERT_UPLOAD = insert(uploads)
# Without `inline`, SQLAlchemy would ask for what it knows: SQLite gives the row's id with the insert.
INSERT_ATTEMPT = insert(attempts).inline()

ATTEMPTS = select(*ATTEMPT_COLUMNS).join(runs, runs.c.id == attempts.c.run_id)
"""Attempts as they are read: with the profile of their run."""
SAME_RUN = select(runs.c.id).where(runs.c.id == bindparam("run_id"))

_MINE = (
    attempts.c.project_id == bindparam("project_id"),
    attempts.c.origin == bindparam("origin"),
    attempts.c.account_id == bindparam("account_id"),
)
_THIS = (
    *_MINE,
    attempts.c.fingerprint == bindparam("fingerprint"),
    attempts.c.take == bindparam("take"),
    attempts.c.attempt == bindparam("attempt"),
)

SNAPSHOT = ATTEMPTS.where(*_MINE).order_by(attempts.c.attempt, attempts.c.id)
SAME_ATTEMPT = ATTEMPTS.where(*_THIS)
RELEASED = select(attempts.c.id).where(
    *_THIS, attempts.c.key == bindparam("key"), attempts.c.state == State.RELEASED.value
)


def _sum_where(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, spending.c.micro_usd), else_=0)), 0)


SPENT = select(
    _sum_where(true()),
    _sum_where(spending.c.run_id == bindparam("run_id")),
    _sum_where(spending.c.day == bindparam("day")),
).where(
    spending.c.project_id == bindparam("project_id"),
    spending.c.origin == bindparam("origin"),
    spending.c.account_id == bindparam("account_id"),
)
"""What counts already of a project with an origin and account: in all, of one run, of one day."""

_SAME_UPLOAD = (
    uploads.c.origin == bindparam("origin"),
    uploads.c.account_id == bindparam("account_id"),
    uploads.c.sha256 == bindparam("digest"),
)
UPLOAD = select(uploads.c.url, uploads.c.usable_until).where(*_SAME_UPLOAD)
UPLOADS = select(uploads.c.sha256, uploads.c.url).where(*_SAME_UPLOAD[:2])
DELETE_UPLOAD = delete(uploads).where(*_SAME_UPLOAD)


def run_statement(
    connection: sqlite3.Connection, statement: ClauseElement, values: Mapping[str, Any]
) -> sqlite3.Cursor:
    """Run a statement of a transition as text that was made of it once: building it costs more than running it."""
    text, own = _text(statement, frozenset(values))
    return connection.execute(text, {**own, **values})


@cache
def _text(statement: ClauseElement, names: frozenset[str]) -> tuple[str, dict[str, Any]]:
    """A statement for these values, and the values that are its own."""
    compiled = statement.compile(dialect=_NAMED, column_keys=sorted(names))
    return str(compiled), {name: value for name, value in compiled.params.items() if value is not None}


@cache
def update_of(names: frozenset[str]) -> Update:
    """The change of these columns of one attempt, by `row_id`."""
    values: dict[str, Any] = {name: bindparam(name) for name in sorted(names)}
    return update(attempts).where(attempts.c.id == bindparam("row_id")).values(values)
