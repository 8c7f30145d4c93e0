"""Rows of the ledger's tables as values, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Column, RowMapping

from kling_render.ledger.attempts import Attempt, Clip
from kling_render.ledger.locked_take import LockedTake
from kling_render.ledger.schema import attempts, runs
from kling_render.ledger.states import State
from kling_render.ledger.values import Entry, Intent, Run

_CLIP_COLUMNS = {
    "path": "clip_path", "sha256": "clip_sha256", "byte_count": "clip_bytes", "seconds": "clip_seconds",
    "width": "clip_width", "height": "clip_height", "has_sound": "clip_has_sound",
}  # fmt: skip

_SAME = (
    "id", "address", "fingerprint", "take", "attempt", "state", "action", "model", "key", "client_request_id", "body",
    "reserved_micro_usd", "settled_micro_usd", "task_id", "error", "created_at", "run_id",
)  # fmt: skip
_STATE, _CREATED_AT = _SAME.index("state"), _SAME.index("created_at")
ATTEMPT_COLUMNS: tuple[Column[Any], ...] = (
    *(attempts.c[name] for name in _SAME),
    runs.c.profile,
    attempts.c.title,
    attempts.c.url_expires_at,
    attempts.c.estimated_micro_usd,
    *(attempts.c[name] for name in _CLIP_COLUMNS.values()),
)
"""What an attempt is read from: in the order of its fields, then its clip."""

_moment = lru_cache(maxsize=4096)(datetime.fromisoformat)
"""Attempts of one moment share it: a snapshot of thousands has few distinct times of expiry."""


def clip_columns(clip: Clip | None) -> dict[str, Any]:
    """The columns of an attempt that hold its clip; empty without one."""
    return {} if clip is None else {column: getattr(clip, name) for name, column in _CLIP_COLUMNS.items()}


def attempt_columns(run: Run, intent: Intent, at: datetime) -> dict[str, Any]:
    """The columns of a new attempt."""
    return {
        **vars(intent),
        "run_id": run.id,
        "project_id": run.project_id,
        "origin": run.origin,
        "account_id": run.account_id,
        "state": State.INTENT.value,
        "created_at": at.isoformat(),
    }


def adopted_columns(locked: LockedTake, run_id: str) -> dict[str, Any]:
    """The columns of an attempt that another clone of the project bought."""
    same = (
        "address", "title", "fingerprint", "take", "attempt", "project_id", "origin", "account_id", "action", "model",
        "task_id", "settled_micro_usd", "reserved_micro_usd",
    )  # fmt: skip
    expires = locked.url_expires_at
    return {
        **{name: getattr(locked, name) for name in same},
        **clip_columns(locked.clip),
        "run_id": run_id,
        "state": State.ELSEWHERE.value,
        "key": "",
        "client_request_id": "",
        "body": b"",
        "created_at": locked.created_at.isoformat(),
        "url_expires_at": expires.isoformat() if expires else None,
    }


def run_columns(run: Run) -> dict[str, Any]:
    """The columns of a run."""
    values = asdict(run)
    return values | {"started_at": run.started_at.isoformat(), "plan": values.pop("plan_rows") or None}


def new_attempt(row_id: int, run: Run, intent: Intent, at: datetime) -> Attempt:
    """The attempt that was written for an intent."""
    return Attempt(
        **vars(intent),
        id=row_id,
        state=State.INTENT,
        settled_micro_usd=None,
        task_id=None,
        error=None,
        created_at=at,
        run_id=run.id,
        profile=run.profile,
    )


def read_attempt(row: Sequence[Any]) -> Attempt:
    """An attempt, from its `ATTEMPT_COLUMNS`: by position, since a resumed film reads thousands."""
    *same, profile, title, expires, estimated, path, digest, size, seconds, width, height, has_sound = row
    same[_STATE] = State(same[_STATE])
    same[_CREATED_AT] = _moment(same[_CREATED_AT])
    clip = None if path is None else Clip(path, digest, size, seconds, width, height, bool(has_sound))
    values = [*same, profile, title, clip, _moment(expires) if expires else None, estimated]
    return Attempt(*values)


def read_run(row: RowMapping) -> Run:
    """A run, from its row."""
    values = dict(row)
    plan = values.pop("plan") or ""
    return Run(**values | {"started_at": datetime.fromisoformat(values["started_at"]), "plan_rows": plan})


def read_entry(row: RowMapping) -> Entry:
    """An entry of the books, from its row."""
    values = dict(row)
    return Entry(**values | {"at": _moment(values["at"]), "state": State(values["state"])})
