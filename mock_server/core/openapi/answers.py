"""What the mocked API answers, as JSON Schema: tasks, accounts, prices, files, and the envelope of every error."""

from __future__ import annotations

from typing import Any

from mock_server.core.bodies import MAX_HEADER_CHARS

Schema = dict[str, Any]


def opened(properties: dict[str, Schema], *optional: str) -> Schema:
    """An object with these properties, all but the optional ones there, and others that nobody reads."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def closed(properties: dict[str, Schema], *optional: str) -> Schema:
    """An object with these properties and no others; all but the optional ones are there."""
    return {**opened(properties, *optional), "additionalProperties": False}


def component(kind: str, name: str) -> Schema:
    """A reference to a component."""
    return {"$ref": f"#/components/{kind}/{name}"}


def _text(about: str = "", **more: Any) -> Schema:
    return {"type": "string", **({"description": about} if about else {}), **more}


def _whole(about: str = "", **more: Any) -> Schema:
    return {"type": "integer", **({"description": about} if about else {}), **more}


def _task(*statuses: str, **more: Schema) -> Schema:
    own = {"id": _text(format="uuid"), "task_id": _text("The same as `id`.", format="uuid")}
    return closed({**own, "status": {"enum": list(statuses)}, "model": _text(), **more})


_VIDEOS = {"type": "array", "items": closed({"url": _text("Lives seven days.", format="uri")}), "minItems": 1}
_USAGE = closed({"cost": {"type": "number", "minimum": 0, "description": "USD settled for this task."}})
_FAILURE = {"oneOf": [_text(), closed({"code": _text(), "message": _text()})]}
_TIME = {"type": ["string", "null"], "format": "date-time"}

SCHEMAS: dict[str, Schema] = {
    "Task": {"oneOf": [component("schemas", name) for name in ("OpenTask", "CompletedTask", "FailedTask")]},
    "OpenTask": _task("pending", "processing"),
    "CompletedTask": _task("completed", videos=_VIDEOS, usage=_USAGE),
    "FailedTask": _task("failed", error=_FAILURE),
    "TaskResult": {
        "oneOf": [
            closed({"id": _text(format="uuid"), "status": {"enum": ["pending", "processing"]}}),
            closed({"id": _text(format="uuid"), "status": {"const": "failed"}, "error": _FAILURE}),
            closed(
                {
                    "id": _text(format="uuid"),
                    "status": {"const": "completed"},
                    "response": closed(
                        {
                            "status": {"const": 200},
                            "content_type": {"const": "application/json"},
                            "headers": closed({"X-RunAPI-Task-Id": _text(format="uuid")}),
                            "body": component("schemas", "CompletedTask"),
                        }
                    ),
                }
            ),
        ]
    },
    "Me": closed(
        {
            "id": _whole(),
            "name": _text(),
            "email": _text(format="email"),
            "account": closed({"id": _whole(), "name": _text()}),
        }
    ),
    "Balance": closed(
        {
            "balance_cents": _whole("What is available: reservations are taken off.", minimum=0),
            "paid_balance_cents": _whole(minimum=0),
            "bonus_balance_cents": _whole(minimum=0),
            "spent_cents_today": _whole(minimum=0),
            "spent_cents_total": _whole(minimum=0),
        }
    ),
    "PriceSchedules": closed(
        {
            "as_of": _text("The date of the prices."),
            "price_schedules": {"type": "array", "items": component("schemas", "PriceSchedule")},
        }
    ),
    "PriceSchedule": closed(
        {
            "service": _text(),
            "action": _text(),
            "model": _text(),
            "pricing_status": {"type": ["string", "null"]},
            "catalog_status": _text(),
            "currency": {"type": ["string", "null"]},
            "billing_unit": {"type": ["string", "null"]},
            "billing_strategy": {"type": ["string", "null"]},
            "unit_price_cents": {"type": ["number", "null"], "minimum": 0, "description": "The highest rate."},
            "billing_config": {"type": "object", "description": "What narrows it: a key with overrides, or a matrix."},
        }
    ),
    "PriceQuote": closed(
        {
            "price_quote": closed(
                {
                    "service": {"const": "kling"},
                    "action": _text(),
                    "model": _text(),
                    "pricing_status": {"type": ["string", "null"]},
                    "currency": {"const": "USD"},
                    "reservation_amount_cents": _whole(minimum=0),
                    "estimate_basis": _text("How it was reckoned."),
                    "as_of": _text("The date of the prices."),
                }
            )
        }
    ),
    "PreparedFile": closed(
        {
            "upload_url": _text("Where the file is put, once and without the API key.", format="uri"),
            "headers": closed({"Content-Type": _text(), "Content-MD5": _text()}),
            "signed_id": _text("What confirms it."),
        }
    ),
    "File": closed(
        {
            "file_name": _text(),
            "url": _text("What URL fields of a task take; it lives one hour.", format="uri"),
            "size_bytes": _whole(minimum=0),
            "mime_type": _text(),
            "created_at": _TIME,
            "expires_at": _TIME,
        }
    ),
    "Error": closed(
        {
            "error": closed(
                {
                    "code": _text("A word for machines."),
                    "message": _text("A sentence for people."),
                    "field": _text("With 422: the first field at fault."),
                    "details": {
                        "type": "array",
                        "items": closed({"field": _text(), "message": _text()}),
                        "description": "With 422: every fault.",
                    },
                },
                "field",
                "details",
            )
        }
    ),
}

_HEADERS: dict[str, tuple[Schema, str]] = {
    "X-Request-Id": (_text(format="uuid"), "The server's own name for the request."),
    "X-Client-Request-Id": (_text(maxLength=MAX_HEADER_CHARS), "The caller's name for it, where one was sent."),
    "X-RunAPI-Task-Id": (_text(format="uuid"), "The task that was made or asked for."),
    "Retry-After": (_text(), "Seconds to wait, or an HTTP date."),
    "ETag": (_text(), "What If-None-Match or If-Range may name."),
    "Accept-Ranges": ({"const": "bytes"}, "A part may be asked for by Range."),
    "Content-Range": (_text(), "Which part it is."),
    "Allow": (_text(), "The methods that the address takes."),
    "Location": (_text(format="uri-reference"), "Where the file is."),
}

REFUSALS = {
    400: "The body is no JSON object, or a header cannot be taken.",
    401: "The API key is missing or not valid.",
    402: "The account has less than the task costs.",
    403: "The address does not carry its signature, or the request the headers that were told.",
    404: "There is no such thing in this account.",
    405: "This address takes other methods; told here where it may be taken for another's.",
    409: "The key was used with another input, or the address was used already.",
    410: "The URL has expired.",
    413: "The body, or the file, is too large.",
    415: "The body is not said to be JSON.",
    422: "A field is not right, or what was sent is not what was announced.",
    429: "Too many requests; only where a fault was planned.",
}
SERVER_ERROR = "5XX"


def header_components() -> dict[str, Any]:
    """The headers of answers."""
    return {name: {"description": about, "schema": schema} for name, (schema, about) in _HEADERS.items()}


def response_components() -> dict[str, Any]:
    """Every refusal, by its status."""
    shown = {f"Refused{status}": refusal(about) for status, about in REFUSALS.items()}
    for status, header in ((405, "Allow"), (409, "X-RunAPI-Task-Id"), (429, "Retry-After")):
        shown[f"Refused{status}"]["headers"][header] = component("headers", header)
    return {**shown, "ServerError": refusal("The server cannot answer; only where a fault was planned.", "Retry-After")}


def refusal(about: str, *more_headers: str) -> dict[str, Any]:
    """A refusal in the envelope of every error."""
    content = {"application/json": {"schema": component("schemas", "Error")}}
    return {"description": about, "headers": answer_headers(*more_headers), "content": content}


def answer_headers(*more: str) -> dict[str, Any]:
    """The headers of an answer: these, and those of every one."""
    return {name: component("headers", name) for name in ("X-Request-Id", "X-Client-Request-Id", *more)}
