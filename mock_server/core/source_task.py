"""The task that extend_video and edit_video begin from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kling_render.catalog import is_absent
from mock_server.core.accounts import Account
from mock_server.core.request_media import Fault
from mock_server.core.state import State
from mock_server.core.tasks import Task

_FIELD = "source_task_id"
_EXTENDABLE = ("text_to_video", "image_to_video", "extend_video")


def source_task_faults(state: State, account: Account, action: str, body: Mapping[str, Any]) -> Iterator[Fault]:
    """Why the named source cannot be taken: it must be a completed task of this account, of a fitting model."""
    if is_absent(body.get(_FIELD)):
        return
    task_id = str(body[_FIELD])
    task = state.task_of(account, task_id)
    if task is None:
        yield _FIELD, f"no task {task_id[:80]} in this account"
    elif (status := task.status_at(state.now)) != "completed":
        yield _FIELD, f"task {task.id} is {status}, it must be completed"
    elif action == "extend_video":
        yield from _extension_faults(task, str(body.get("model")))


def _extension_faults(task: Task, model: str) -> Iterator[Fault]:
    if task.action not in _EXTENDABLE:
        made = f"task {task.id} was made by {task.action}"
        yield _FIELD, f"{made}, only videos of {', '.join(_EXTENDABLE)} can be extended"
    elif task.model != model:
        yield _FIELD, f"task {task.id} was made with {task.model}, the extension must use the same model, not {model}"
