"""A task as Kling's endpoints and callbacks show it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kling_render.catalog import usd_from_micro
from mock_server.core.tasks import Task
from mock_server.core.urls import result_url


def task_envelope(task: Task, now: datetime, base_url: str, seed: int) -> dict[str, Any]:
    """Ids, status and model; when it is over also its videos and exact cost, or its error."""
    status = task.status_at(now)
    shown: dict[str, Any] = {"id": task.id, "task_id": task.id, "status": status, "model": task.model}
    if status == "completed":
        shown["videos"] = [{"url": result_url(base_url, seed, task.id)}]
        shown["usage"] = {"cost": float(usd_from_micro(task.micro_usd))}
    elif status == "failed":
        shown["error"] = task.error
    return shown
