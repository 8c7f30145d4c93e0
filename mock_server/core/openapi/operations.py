"""What each route does: its parameters, its body and all of its answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mock_server.core.bodies import MAX_HEADER_CHARS
from mock_server.core.openapi.answers import Schema, answer_headers, component, opened

_NAME = {"type": "string", "minLength": 1, "maxLength": 255}


@dataclass(frozen=True)
class Parameter:
    """A header or a part of the query that is read."""

    about: str
    schema: Schema = field(default_factory=lambda: {"type": "string"})
    is_required: bool = False


@dataclass(frozen=True)
class Operation:
    """What a route does.

    Attributes:
        answers: the answers that are no refusals, by status: what it is, its content, its own headers.
        refusals: the statuses of the others, beside those that every endpoint has.
        headers: the request headers that it reads.
        query: its parameters in the query.
        body: the JSON that it takes; None for none, and for one that depends on the catalog.
        is_public: whether it needs no key.
    """

    tag: str
    summary: str
    answers: Mapping[int, Mapping[str, Any]]
    refusals: tuple[int, ...] = ()
    headers: Mapping[str, Parameter] = field(default_factory=dict)
    query: Mapping[str, Parameter] = field(default_factory=dict)
    body: Schema | None = None
    is_public: bool = False


def _json(about: str, name: str, *headers: str) -> dict[str, Any]:
    content = {"application/json": {"schema": component("schemas", name)}}
    return {"description": about, "headers": answer_headers(*headers), "content": content}


def _file(about: str, media_type: str, *headers: str) -> dict[str, Any]:
    names = answer_headers("Accept-Ranges", "ETag", *headers)
    return {"description": about, "headers": names, "content": {media_type: {}}}


def _empty(about: str, *headers: str) -> dict[str, Any]:
    return {"description": about, "headers": answer_headers(*headers)}


def _download(media_type: str) -> dict[int, dict[str, Any]]:
    return {
        200: _file("The whole file.", media_type),
        206: _file("The part that was asked for.", media_type, "Content-Range"),
        416: _empty("It has no such part.", "Accept-Ranges", "ETag", "Content-Range"),
    }


CLIENT_REQUEST_ID = Parameter(
    "The caller's own name for the request: echoed, and kept with a task.",
    {"type": "string", "pattern": "^[ -~]*$", "maxLength": MAX_HEADER_CHARS},
)
_IDEMPOTENCY_KEY = Parameter(
    "One value for one logical task: the same value with the same input answers with the same task.",
    {"type": "string", "maxLength": MAX_HEADER_CHARS},
)
_RANGE = {
    "Range": Parameter("One range of bytes; anything else is answered with the whole."),
    "If-Range": Parameter("The ETag that the part must belong to."),
}
_SIGNATURE = {"sig": Parameter("As the URL has it.", is_required=True)}
_TASK = {200: _json("The task as it stands now.", "Task", "X-RunAPI-Task-Id", "Retry-After")}

OPERATIONS: Mapping[str, Operation] = {
    "create": Operation(
        "tasks",
        "Create a task.",
        {200: _json("The new task, or the one that the key stands for.", "Task", "X-RunAPI-Task-Id")},
        (401, 402, 409, 413, 415, 422),
        headers={"Idempotency-Key": _IDEMPOTENCY_KEY},
    ),
    "task_of_action": Operation("tasks", "A task, under the action that made it.", _TASK, (401, 404)),
    "task": Operation("tasks", "A task by its id alone.", _TASK, (401, 404, 405)),
    "task_result": Operation(
        "tasks",
        "A task as a task-result resource.",
        {200: _json("How far it is, and its response.", "TaskResult", "X-RunAPI-Task-Id", "Retry-After")},
        (401, 404),
    ),
    "me": Operation("account", "Whose key it is.", {200: _json("The user and the account.", "Me")}, (401,)),
    "balance": Operation("account", "What the account has.", {200: _json("In cents.", "Balance")}, (401,)),
    "price_schedules": Operation(
        "prices",
        "The rate card.",
        {
            200: _json("Every schedule that passes the filters.", "PriceSchedules", "ETag"),
            304: _empty("The caller has it already.", "ETag"),
        },
        headers={"If-None-Match": Parameter("The ETag of an earlier answer.")},
        query={name: Parameter("Only these.") for name in ("service", "action", "model")},
        is_public=True,
    ),
    "price_quote": Operation(
        "prices",
        "What a request would reserve; no task is made.",
        {200: _json("The quote.", "PriceQuote")},
        (413, 415, 422),
        is_public=True,
    ),
    "register_file": Operation(
        "files",
        "A file by its URL elsewhere, or as base64.",
        {200: _json("The file's own URL here.", "File")},
        (401, 413, 415, 422),
        body=opened(
            {
                "source": {
                    "oneOf": [
                        opened({"type": {"const": "url"}, "url": {"type": "string", "format": "uri"}}),
                        opened({"type": {"const": "base64"}, "data": {"type": "string", "minLength": 1}}),
                    ]
                },
                "file_name": _NAME,
            },
            "file_name",
        ),
    ),
    "prepare_file": Operation(
        "files",
        "Announce a file: the first of three steps.",
        {200: _json("Where it is put, and with which headers.", "PreparedFile")},
        (401, 413, 415, 422),
        body=opened(
            {
                "filename": _NAME,
                "byte_size": {"type": "integer", "minimum": 1},
                "checksum": {"type": "string", "pattern": "^[A-Za-z0-9+/]{22}==$", "description": "Base64 of its MD5."},
            }
        ),
    ),
    "put_file": Operation(
        "files",
        "Put the announced file, once: the second step.",
        {200: _empty("It is here.")},
        (403, 409, 413, 422),
        headers={"Content-MD5": Parameter("As it was told.", is_required=True)},
        query=_SIGNATURE,
        is_public=True,
    ),
    "confirm_file": Operation(
        "files",
        "Confirm the file that was put: the third step.",
        {200: _json("The file's URL.", "File")},
        (401, 404, 413, 415, 422),
        body=opened({"signed_id": {"type": "string", "minLength": 1}}),
    ),
    "clip": Operation(
        "media",
        "The clip of a completed task.",
        _download("video/mp4"),
        (403, 404, 410),
        headers=_RANGE,
        query=_SIGNATURE,
        is_public=True,
    ),
    "upload": Operation(
        "media",
        "An uploaded file.",
        {**_download("*/*"), 302: _empty("It stands for a URL elsewhere.", "Location")},
        (404, 410),
        headers=_RANGE,
        is_public=True,
    ),
    "openapi": Operation(
        "description",
        "This document.",
        {200: {"description": "OpenAPI 3.1.", "headers": answer_headers(), "content": {"application/json": {}}}},
        is_public=True,
    ),
}
