"""Tasks as RunAPI shows them: the task of Kling's endpoints, and the task-result resource."""

from __future__ import annotations

from typing import Any

from kling_render.catalog import usd_from_micro
from mock_server.core.messages import Response, json_response
from mock_server.core.state import Call, State
from mock_server.core.tasks import Task
from mock_server.core.urls import base_url, result_url


def task_response(state: State, call: Call, task: Task) -> Response:
    """The answer to a create and to a poll: the task as it stands now."""
    return json_response(200, _show(state, call, task), {"x-runapi-task-id": task.id})


def task_result_response(state: State, call: Call, task: Task) -> Response:
    """The task-result resource: a completed task carries the response that its poll would get."""
    status = task.status_at(state.now)
    shown: dict[str, Any] = {"id": task.id, "status": status}
    if status == "completed":
        shown["response"] = {
            "status": 200,
            "content_type": "application/json",
            "headers": {"X-RunAPI-Task-Id": task.id},
            "body": _show(state, call, task),
        }
    return json_response(200, shown, {"x-runapi-task-id": task.id})


def _show(state: State, call: Call, task: Task) -> dict[str, Any]:
    status = task.status_at(state.now)
    shown: dict[str, Any] = {"id": task.id, "task_id": task.id, "status": status, "model": task.model}
    if status == "completed":
        base = base_url(state.config, call.request)
        shown["videos"] = [{"url": result_url(base, state.config.seed, task.id)}]
        shown["usage"] = {"cost": float(usd_from_micro(task.micro_usd))}
    return shown
