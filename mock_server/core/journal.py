"""The journal: every request and its answer, in order; bounded, and shown without secrets."""

from __future__ import annotations

import hashlib
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from mock_server.core.messages import Request, Response

_KEPT_BODY_BYTES = 65_536
_KEPT_BYTES = 100_000_000
_SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key"})
_SECRET_PARAMETERS = frozenset({"sig", "signature", "token", "key", "api_key"})
_SIGNATURE = re.compile(r"([?&]sig=)[0-9a-f]+")
_HIDDEN = "…"


@dataclass(frozen=True, slots=True)
class Entry:
    """One request and what was answered.

    Attributes:
        number: from 1, over all requests that the simulator has seen.
        at: the simulated time at which it arrived.
        client_at: the same by the client's own clock, which a fast server outruns.
        endpoint: the name of its route; empty where nothing lives at its path.
        request: as it came; a large body is cut.
        body_bytes: how long the body was.
        response: what was answered; of a file nothing but its headers.
        task_id: the task that was made or told of, also where the answer does not say so.
    """

    number: int
    at: datetime
    client_at: datetime
    endpoint: str
    request: Request
    body_bytes: int
    response: Response
    task_id: str | None = None

    @property
    def status(self) -> int:
        """The status of the answer, also of one that never arrived."""
        return self.response.status

    @property
    def has_arrived(self) -> bool:
        """Whether the whole answer reached the client."""
        return self.response.wire is None or self.response.wire.fate not in ("lost", "cut")

    @property
    def key(self) -> str:
        """The API key that was sent; empty without one. For grouping, never to be shown."""
        return self.request.headers.get("authorization", "").strip().partition(" ")[2].strip()

    @property
    def idempotency_key(self) -> str | None:
        """The Idempotency-Key that was sent."""
        return self.request.headers.get("idempotency-key")

    @property
    def weight(self) -> int:
        """About how many bytes it keeps, beside what every entry does."""
        request, body = self.request, self.response.body
        texts = len(request.path) + len(request.query) + sum(map(len, request.headers.values()))
        return texts + len(request.body) + (len(body) if isinstance(body, bytes) else 0)

    def shown(self) -> dict[str, Any]:
        """The entry as JSON, without secrets: no key, no signature of an address."""
        wire = self.response.wire
        return {
            "number": self.number,
            "at": self.at.isoformat(),
            "endpoint": self.endpoint or None,
            "request": {
                "method": self.request.method,
                "path": self.request.path,
                "query": _query(self.request.query),
                "headers": _headers(self.request.headers),
                "bytes": self.body_bytes,
                "body": _body(self.request.body, self.body_bytes),
            },
            "response": {
                "status": self.status,
                "headers": _headers(self.response.headers),
                "body": _body(self.response.body, len(self.response.body))
                if isinstance(self.response.body, bytes)
                else None,
            },
            "fate": wire.fate if wire else None,
            "fault": self.response.fault or None,
        }


@dataclass(frozen=True, slots=True)
class Answered:
    """How a request was answered: its route, the task that is meant, and what was sent."""

    endpoint: str
    response: Response
    task_id: str | None = None


class Journal:
    """The latest entries; how many were dropped is told, because a verdict over a part is none over the whole.

    Args:
        size: how many entries are kept.
        most_bytes: how large the entries may be together.
    """

    def __init__(self, size: int, most_bytes: int = _KEPT_BYTES) -> None:
        self._entries: deque[Entry] = deque()
        self._size = size
        self._most_bytes = most_bytes
        self._bytes = 0
        self._seen = 0

    def __iter__(self) -> Iterator[Entry]:
        return iter(tuple(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def dropped(self) -> int:
        """How many entries are gone."""
        return self._seen - len(self._entries)

    def add(self, number: int, at: datetime, client_at: datetime, request: Request, answered: Answered) -> None:
        """Write an entry."""
        response = answered.response
        size = len(request.body)
        kept = request if size <= _KEPT_BODY_BYTES else replace(request, body=b"")
        if isinstance(response.body, bytes) and len(response.body) > _KEPT_BODY_BYTES:
            response = replace(response, body=b"")
        entry = Entry(number, at, client_at, answered.endpoint, kept, size, response, answered.task_id)
        self._seen += 1
        self._bytes += entry.weight
        self._entries.append(entry)
        while len(self._entries) > self._size or self._bytes > self._most_bytes:
            self._bytes -= self._entries.popleft().weight


def in_fixed_order(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The entries as if those of one moment had arrived in the order of what they ask; numbered anew.

    X-Request-Id counts arrivals, and is left out. A client whose tasks run at once sends what it sends in one moment
    in another order each time.
    """
    ordered = sorted(entries, key=lambda each: (each.at, *_wish(each.request)))
    return tuple(
        replace(entry, number=number, response=_without_request_id(entry.response))
        for number, entry in enumerate(ordered, start=1)
    )


def _wish(request: Request) -> tuple[str, str, str, str, bytes]:
    named = request.headers.get("x-client-request-id", "")
    return request.path, request.query, request.method, named, request.body


def _without_request_id(response: Response) -> Response:
    return replace(
        response, headers={name: value for name, value in response.headers.items() if name != "x-request-id"}
    )


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: _HIDDEN if name.lower() in _SECRET_HEADERS else value for name, value in headers.items()}


def _query(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode(
        [(name, _HIDDEN if name.lower() in _SECRET_PARAMETERS else value) for name, value in pairs], safe=_HIDDEN
    )


def _body(body: bytes, size: int) -> Any:
    """JSON as such, text as text, of anything else its digest; signatures of addresses are hidden."""
    if not body:
        return None
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return {"sha256": hashlib.sha256(body).hexdigest(), "bytes": size}
    text = _SIGNATURE.sub(rf"\1{_HIDDEN}", text)
    try:
        value = json.loads(text)
        json.dumps(value, allow_nan=False)  # Python reads NaN and 1e999, which are no JSON
    except (ValueError, RecursionError):
        return text
    return value
