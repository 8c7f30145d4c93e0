"""The task that extend_video and edit_video begin from.

What may be extended is published: a completed task of the same v2.5-turbo model. What may be edited is not, and every
action makes a video: so any completed task of the account is taken, its length, resolution and age unasked.
"""

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
    """Why the named source cannot be taken: it must be a completed task of this account, or one that was noted."""
    if is_absent(body.get(_FIELD)):
        return
    task_id = str(body[_FIELD])
    task, extension = state.task_of(account, task_id), str(body.get("model")) if action == "extend_video" else ""
    if task is not None:
        yield from _own_task_faults(state, task, extension)
    elif task_id not in state.noted_tasks:
        yield _FIELD, f"no task {task_id[:80]} in this account"
    elif extension:
        yield from _model_faults(task_id, state.noted_tasks[task_id] or extension, extension)


def _own_task_faults(state: State, task: Task, extension: str) -> Iterator[Fault]:
    if (status := task.status_at(state.now)) != "completed":
        yield _FIELD, f"task {task.id} is {status}, it must be completed"
    elif extension and task.action not in _EXTENDABLE:
        made = f"task {task.id} was made by {task.action}"
        yield _FIELD, f"{made}, only videos of {', '.join(_EXTENDABLE)} can be extended"
    elif extension:
        yield from _model_faults(task.id, task.model, extension)


def _model_faults(task_id: str, model: str, extension: str) -> Iterator[Fault]:
    if model != extension:
        made = f"task {task_id[:80]} was made with {model}"
        yield _FIELD, f"{made}, the extension must use the same model, not {extension}"
