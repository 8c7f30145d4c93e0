"""Rows of the ledger's tables as values, and back."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping

from kling_render.ledger.snapshot import Attempt, Clip, State

_CLIP_COLUMNS = {
    "path": "clip_path", "sha256": "clip_sha256", "byte_count": "clip_bytes", "seconds": "clip_seconds",
    "width": "clip_width", "height": "clip_height", "has_sound": "clip_has_sound",
}  # fmt: skip


def clip_columns(clip: Clip) -> dict[str, Any]:
    """The columns of an attempt that hold its clip."""
    return {_CLIP_COLUMNS[name]: value for name, value in asdict(clip).items()}


def read_attempt(row: RowMapping) -> Attempt:
    """An attempt, from its row joined with its run's profile."""
    clip = None
    if row["clip_path"] is not None:
        clip = Clip(**{name: row[column] for name, column in _CLIP_COLUMNS.items()})
    expires = row["url_expires_at"]
    same = (
        "id", "address", "fingerprint", "take", "attempt", "action", "model", "key", "client_request_id", "body",
        "reserved_micro_usd", "settled_micro_usd", "task_id", "error", "run_id", "profile", "title",
    )  # fmt: skip
    return Attempt(
        **{name: row[name] for name in same},
        state=State(row["state"]),
        created_at=datetime.fromisoformat(row["created_at"]),
        clip=clip,
        url_expires_at=datetime.fromisoformat(expires) if expires else None,
    )
