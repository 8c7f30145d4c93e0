"""Reads the JSON object of a POST, and the headers that go with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from mock_server.core.messages import Refusal, Request

MAX_HEADER_CHARS = 512
_MAX_DEPTH = 32
_MAX_DIGITS = 40


@dataclass(frozen=True)
class JsonObject:
    """A request body: its fields, and the canonical bytes by which two inputs are the same."""

    fields: Mapping[str, Any]
    canonical: bytes


def read_object(request: Request) -> JsonObject:
    """The body as a JSON object.

    Raises:
        Refusal: 415 for another content type, 400 for anything that is not one JSON object.
    """
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        shown = media_type or "no content type"
        raise Refusal(415, "unsupported_media_type", f"Content-Type must be application/json, not {shown}")
    try:
        value = json.loads(request.body.decode("utf-8"), parse_int=_bounded_int, parse_constant=_refuse_constant)
        canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
        encoded = canonical.encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise Refusal(400, "invalid_json", f"the body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise Refusal(400, "invalid_json", "the body must be a JSON object")
    if not _is_flat_enough(value, _MAX_DEPTH):
        raise Refusal(400, "invalid_json", f"the body is nested more than {_MAX_DEPTH} levels deep")
    return JsonObject(value, encoded)


def read_idempotency_key(request: Request) -> str | None:
    """The Idempotency-Key; blank counts as absent.

    Raises:
        Refusal: 400 when it is too long.
    """
    key = request.headers.get("idempotency-key", "").strip()
    if len(key) > MAX_HEADER_CHARS:
        text = f"Idempotency-Key has {len(key)} characters, at most {MAX_HEADER_CHARS} are allowed"
        raise Refusal(400, "invalid_idempotency_key", text)
    return key or None


def read_client_request_id(request: Request) -> str | None:
    """The X-Client-Request-Id.

    Raises:
        Refusal: 400 unless it is printable ASCII of at most 512 characters.
    """
    name = request.headers.get("x-client-request-id")
    if name is None or (name.isascii() and name.isprintable() and len(name) <= MAX_HEADER_CHARS):
        return name
    text = f"X-Client-Request-Id must be printable ASCII, at most {MAX_HEADER_CHARS} characters"
    raise Refusal(400, "invalid_client_request_id", text)


def _bounded_int(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise ValueError(f"a number of {len(digits)} digits")
    return int(digits)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


def _is_flat_enough(value: Any, levels: int) -> bool:
    if not isinstance(value, (dict, list)):
        return True
    entries = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(_is_flat_enough(entry, levels - 1) for entry in entries)
