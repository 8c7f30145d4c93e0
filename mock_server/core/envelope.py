"""A task as Kling's endpoints and callbacks show it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kling_render.catalog import usd_from_micro
from mock_server.core.tasks import Task


def task_envelope(task: Task, now: datetime, video_url: str, mask: str = "") -> dict[str, Any]:
    """Ids, status and model; when it is over also its videos and exact cost, or its error.

    Args:
        task: the task.
        now: the simulated time.
        video_url: where its clip is downloaded once it has one.
        mask: a status that is shown in place of its own, and then neither result nor error is.
    """
    status = mask or task.status_at(now)
    shown: dict[str, Any] = {"id": task.id, "task_id": task.id, "status": status, "model": task.model}
    if status == "completed":
        shown["videos"] = [{"url": video_url}]
        shown["usage"] = {"cost": float(usd_from_micro(task.micro_usd))}
    elif status == "failed":
        shown["error"] = shown_error(task)
    return shown


def shown_error(task: Task) -> str | dict[str, str]:
    """Why a task failed: the published text, or the invented object where the mock was told of a code."""
    return {"code": task.error_code, "message": task.error} if task.error_code else task.error
