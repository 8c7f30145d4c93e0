"""Tasks as RunAPI answers them: the task of Kling's endpoints, and the task-result resource."""

from __future__ import annotations

from typing import Any

from mock_server.core.envelope import shown_error, task_envelope
from mock_server.core.messages import Response, json_response
from mock_server.core.state import Call, State
from mock_server.core.tasks import Task
from mock_server.core.urls import base_url


def task_response(state: State, call: Call, task: Task) -> Response:
    """The answer to a create and to a poll: the task as it stands now."""
    return json_response(200, _show(state, call, task), {"x-runapi-task-id": task.id})


def task_result_response(state: State, call: Call, task: Task) -> Response:
    """The task-result resource: a completed task carries the response that its poll would get, a failed one why."""
    status = _mask(state, task) or task.status_at(state.now)
    shown: dict[str, Any] = {"id": task.id, "status": status}
    if status == "completed":
        shown["response"] = {
            "status": 200,
            "content_type": "application/json",
            "headers": {"X-RunAPI-Task-Id": task.id},
            "body": _show(state, call, task),
        }
    elif status == "failed":
        shown["error"] = shown_error(task)
    return json_response(200, shown, {"x-runapi-task-id": task.id})


def _show(state: State, call: Call, task: Task) -> dict[str, Any]:
    has_clip = task.status_at(state.now) == "completed"
    url = state.video_url(task, base_url(state.config, call.request)) if has_clip else ""
    return task_envelope(task, state.now, url, _mask(state, task))


def _mask(state: State, task: Task) -> str:
    return task.mask_at(state.polls[task.id])
