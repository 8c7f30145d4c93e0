"""Requests and responses as plain values, and the answers that every endpoint gives."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from mock_server.media import ClipSpec

MAX_BODY_BYTES = 1_000_000
_TO_JSON = json.JSONEncoder(separators=(",", ":"), allow_nan=False)  # json.dumps would make one for every answer


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; the path is percent-encoded as sent, header names are in lower case."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Wire:
    """What befalls a response on its way out; the doors act on it.

    Attributes:
        fate: `lost` (nothing is sent and the connection closes), `cut` (it closes in the middle of the body), `slow`
            (the body comes in pieces), `short` (half of the body, as if that were all), `corrupt` (spoiled bytes),
            `whole` (all of the body, although a part was asked for).
        pieces: how many a slow body comes in.
        pause_seconds: real seconds between two of them.
    """

    fate: Literal["lost", "cut", "slow", "short", "corrupt", "whole"]
    pieces: int = 1
    pause_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response; a clip is answered as its description, which the door encodes.

    Attributes:
        wire: what befalls it on its way out; None for one that arrives as it is.
        fault: the kind of the fault that made it what it is; empty for an answer that is right.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes | ClipSpec
    wire: Wire | None = None
    fault: str = ""

    def with_headers(self, headers: Mapping[str, str]) -> Response:
        """The same response with more headers."""
        if not headers:
            return self
        return Response(self.status, {**self.headers, **headers}, self.body, self.wire, self.fault)


class Refusal(Exception):
    """An endpoint's refusal: status, a word for machines, a sentence for people.

    Attributes:
        field: for 422, the first field at fault.
        details: for 422, every finding as `{"field", "message"}`.
        headers: headers that belong to this answer, such as `Allow`.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        field: str | None = None,
        details: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.field = field
        self.details = details
        self.headers = headers or {}


def invalid_field(name: str, message: str) -> Refusal:
    """422 for one field."""
    return Refusal(422, "validation_failed", message, field=name, details=[{"field": name, "message": message}])


def json_response(status: int, value: Any, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON (ASCII only, so that any text that came in can go out)."""
    body = _TO_JSON.encode(value).encode("ascii")
    return Response(status, {"content-type": "application/json", **(headers or {})}, body)


def refusal_response(refusal: Refusal) -> Response:
    """The error envelope of a refusal."""
    error: dict[str, Any] = {"code": refusal.code, "message": str(refusal)}
    if refusal.field is not None:
        error["field"] = refusal.field
    if refusal.details:
        error["details"] = [dict(each) for each in refusal.details]
    return json_response(refusal.status, {"error": error}, refusal.headers)
