"""The books over all attempts and runs of a ledger: who bought what for whom, what was planned, how long it took."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Select, func, select

from kling_render.ledger.attempts import Identity
from kling_render.ledger.rows import read_entry, read_run
from kling_render.ledger.schema import attempts, history, runs
from kling_render.ledger.states import State
from kling_render.ledger.values import Entry, Run

ADOPTED = "takes.lock:"
"""How the ids of runs begin that stand for what other clones of the project bought."""

_NEWEST_FIRST = (runs.c.started_at.desc(), runs.c.id.desc())
_LOOKED_AT = 2_000
_MEASURED = 50

_ENTRIES = (
    select(
        attempts.c.created_at.label("at"),
        *(
            attempts.c[name]
            for name in (
                "project_id", "address", "title", "fingerprint", "take", "attempt", "origin", "account_id", "state",
                "action", "model", "reserved_micro_usd", "settled_micro_usd", "task_id", "run_id",
            )
        ),
        runs.c.profile,
        runs.c.client,
        runs.c.person,
        runs.c.account_name,
    )
    .join(runs, runs.c.id == attempts.c.run_id)
    .order_by(attempts.c.created_at, attempts.c.id)
)  # fmt: skip


def entries(connection: Connection, project_id: str | None) -> tuple[Entry, ...]:
    """Every attempt of a project (of all, for None) with its run, oldest first."""
    query = _ENTRIES if project_id is None else _ENTRIES.where(attempts.c.project_id == project_id)
    return tuple(read_entry(row) for row in connection.execute(query).mappings())


def runs_of(connection: Connection, project_id: str, origin: str, account_id: str) -> tuple[Run, ...]:
    """The runs of a project with an origin and account, newest first."""
    query = _own(select(runs), project_id, origin).where(runs.c.account_id == account_id).order_by(*_NEWEST_FIRST)
    return tuple(read_run(row) for row in connection.execute(query).mappings())


def last_plan(connection: Connection, project_id: str, origin: str, account_id: str, profile: str) -> str | None:
    """The rows of the plan of the newest run of a profile that kept them."""
    query = _own(select(runs.c.plan), project_id, origin).where(
        runs.c.account_id == account_id, runs.c.profile == profile, runs.c.plan.is_not(None)
    )
    plan: str | None = connection.execute(query.order_by(*_NEWEST_FIRST).limit(1)).scalar()
    return plan


def last_identity(connection: Connection, project_id: str, origin: str) -> Identity | None:
    """The account of the newest run at an origin."""
    query = _own(select(runs.c.account_id, runs.c.account_name), project_id, origin)
    row = connection.execute(query.order_by(*_NEWEST_FIRST).limit(1)).first()
    return Identity(origin, row.account_id, row.account_name) if row else None


def persons(connection: Connection, project_id: str) -> dict[str, str]:
    """Who started each run of a project, by the run's id."""
    rows = connection.execute(select(runs.c.id, runs.c.person).where(runs.c.project_id == project_id))
    return {row.id: row.person for row in rows}


def newest_entry(connection: Connection) -> datetime | None:
    """When the newest entry was made, whoever made it."""
    newest = connection.execute(select(func.max(history.c.at))).scalar()
    return datetime.fromisoformat(newest) if newest else None


def seconds_taken(connection: Connection, origin: str) -> Mapping[tuple[str, str], tuple[float, ...]]:
    """How long tasks took from submitted to completed, by action and model, newest first.

    Tasks whose end another run saw are left out: they were done long before anybody looked.
    """
    newest = (
        select(attempts.c.id, attempts.c.action, attempts.c.model)
        .where(attempts.c.origin == origin)
        .order_by(attempts.c.id.desc())
        .limit(_LOOKED_AT)
        .subquery()
    )
    started, ended = history.alias(), history.alias()
    query = (
        select(newest.c.action, newest.c.model, started.c.at, ended.c.at)
        .join(started, started.c.attempt_id == newest.c.id)
        .join(ended, (ended.c.attempt_id == newest.c.id) & (ended.c.run_id == started.c.run_id))
        .where(started.c.state == State.SUBMITTED.value, ended.c.state == State.COMPLETED.value)
        .order_by(newest.c.id.desc())
    )
    found: dict[tuple[str, str], list[float]] = {}
    for action, model, start, end in connection.execute(query):
        seconds = (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
        if seconds > 0:  # a clock that was set back tells nothing
            found.setdefault((action, model), []).append(seconds)
    return {kind: tuple(islice(spans, _MEASURED)) for kind, spans in found.items()}


def _own(query: Select[Any], project_id: str, origin: str) -> Select[Any]:
    """Runs of this ledger itself, at an origin."""
    return query.where(runs.c.project_id == project_id, runs.c.origin == origin, runs.c.id.not_like(f"{ADOPTED}%"))
