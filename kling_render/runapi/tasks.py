"""Tasks as RunAPI answers them: at creation, when polled, and as a task-result resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from kling_render.errors import UnintelligibleAnswerError
from kling_render.runapi.bodies import quoted
from kling_render.runapi.moderation import is_moderation
from kling_render.runapi.reading import UnreadableError, amount, id_text, mapping, request_id, shifted, web_url

TaskStatus = Literal["pending", "processing", "completed", "failed", "unrecognised"]
"""RunAPI's words, and one of ours for any other word: the task is open, and nobody here knows what it does."""

_STATUSES: dict[object, TaskStatus] = {status: status for status in get_args(TaskStatus)}
_LONGEST_STATUS = 80


@dataclass(frozen=True)
class Task:
    """One remote job as the server last told it.

    Attributes:
        id: opaque; RunAPI's are UUIDs.
        video_urls: empty unless completed; they live seven days.
        cost_micro_usd: what was settled, in millionths of a dollar; None while it is not known, or cannot be read.
        error: why the task failed, if the server says so; one line of at most 500 characters.
        error_code: the server's code for that, if it gives one.
        said_status: the server's own word where the status is not recognised; one short line.
        request_id: the server's `X-Request-Id`, for support.
        retry_after: seconds after which the server wants to be asked again, if it said so.
    """

    id: str
    status: TaskStatus
    video_urls: tuple[str, ...] = ()
    cost_micro_usd: int | None = None
    error: str | None = None
    request_id: str | None = None
    retry_after: float | None = None
    error_code: str | None = None
    said_status: str | None = None

    @property
    def is_moderated(self) -> bool:
        """Whether it failed because content moderation refused it: bought anew unchanged, it would fail again."""
        return self.status == "failed" and is_moderation(self.error_code, self.error)


class _TwoIdsError(UnreadableError):
    """It cannot be told which task is meant."""


def parse_task(payload: object, headers: Mapping[str, str], *, created: bool = False, key: str = "") -> Task:
    """Read the answer to a create or a poll.

    Args:
        payload: the decoded JSON: the task at its top or under `data`, or a task-result resource with the task in the
            body of its response.
        headers: the answer's headers, looked up as `httpx.Headers` does, whatever the case.
        created: True for the answer to a create, in which a missing status means "pending".
        key: the API key, which must not be repeated in a text.

    Raises:
        UnintelligibleAnswerError: no id or two different ones, a status that is no text, a completed task without
            videos, an address that is not http(s). It carries the task id where exactly one was given.
    """
    task_id = quoted(headers.get("X-RunAPI-Task-Id", "")) or None
    try:
        fields = _task_fields(payload)
        task_id = _task_id(fields)
        status = _status(fields, created=created)
        fields = _with_response(fields, status)
        return Task(
            id=task_id,
            status=status,
            video_urls=_video_urls(fields) if status == "completed" else (),
            cost_micro_usd=_cost_micro_usd(fields.get("usage")),
            error=_failure(fields.get("error"), key) if status == "failed" else None,
            request_id=request_id(headers),
            error_code=_failure_code(fields, key) if status == "failed" else None,
            said_status=_said(fields.get("status"), key) if status == "unrecognised" else None,
        )
    except UnreadableError as error:
        message = quoted(f"The server's answer about a task cannot be read: {error}", key)
        task_id = None if isinstance(error, _TwoIdsError) else task_id
        raise UnintelligibleAnswerError(message, request_id=request_id(headers), task_id=task_id) from None


def _task_fields(payload: object) -> Mapping[str, object]:
    fields = mapping(payload, "the answer")
    inner = fields.get("data")
    return inner if isinstance(inner, Mapping) and not _ids(fields) else fields


def _with_response(fields: Mapping[str, object], status: TaskStatus) -> Mapping[str, object]:
    """The fields of a task, those of a task-result resource completed by the response that it keeps."""
    response = fields.get("response")
    if not isinstance(response, Mapping) or "videos" in fields:
        return fields
    if status == "completed":
        _check_response(response)
    body = response.get("body")
    if not isinstance(body, Mapping):
        return fields
    if len({*_ids(fields), *_ids(body)}) > 1:
        raise _TwoIdsError("its id and that of its response differ")
    return {**body, **{name: value for name, value in fields.items() if value is not None}}


def _check_response(response: Mapping[str, object]) -> None:
    code = response.get("status")
    if code is not None and not (isinstance(code, int) and 200 <= code < 300):
        raise UnreadableError("the task is completed but its response is no success")
    if mapping(response.get("body"), "the body of its response").get("status") not in (None, "completed"):
        raise UnreadableError("its status and that of its response differ")


def _task_id(fields: Mapping[str, object]) -> str:
    ids = _ids(fields)
    if not ids:
        raise UnreadableError("it names no task id")
    if len(set(ids)) > 1:
        raise _TwoIdsError("its id and task_id differ")
    return ids[0]


def _ids(fields: Mapping[str, object]) -> list[str]:
    return [found for found in (id_text(fields.get("id")), id_text(fields.get("task_id"))) if found]


def _status(fields: Mapping[str, object], *, created: bool) -> TaskStatus:
    status = fields.get("status")
    if status is None and created:
        return "pending"
    if status is None or status == "":
        raise UnreadableError("it has no status")
    if not isinstance(status, str):
        raise UnreadableError(f"unknown status of type {type(status).__name__}")
    return _STATUSES.get(status, "unrecognised")


def _said(status: object, key: str) -> str:
    line = quoted(str(status), key)
    return line if len(line) <= _LONGEST_STATUS else line[: _LONGEST_STATUS - 1] + "…"


def _video_urls(fields: Mapping[str, object]) -> tuple[str, ...]:
    videos = fields.get("videos")
    if not isinstance(videos, list) or not videos:
        raise UnreadableError("the task is completed but has no videos")
    return tuple(web_url(mapping(video, "a video").get("url"), "a video") for video in videos)


def _cost_micro_usd(usage: object) -> int | None:
    """What was settled; None where that cannot be read: the clip is paid and must be delivered all the same."""
    cost = amount(usage.get("cost")) if isinstance(usage, Mapping) else None
    return None if cost is None or cost < 0 else shifted(cost, 6)


def _failure(error: object, key: str) -> str | None:
    if isinstance(error, Mapping):
        error = error.get("message") or error.get("code")
    return quoted(error, key) or None if isinstance(error, str) else None


def _failure_code(fields: Mapping[str, object], key: str) -> str | None:
    error = fields.get("error")
    code = error.get("code") if isinstance(error, Mapping) else fields.get("error_code")
    return quoted(id_text(code), key) or None
