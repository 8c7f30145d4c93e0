"""What a request is about: its take, its task, and how often it came; the same whoever comes first."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from urllib.parse import unquote

from mock_server.core.messages import Request
from mock_server.core.scenario import Subject
from mock_server.core.tasks import Task

_TAKE = re.compile(r"(?P<address>[^;]+);a=(?P<attempt>\d{1,6})")
"""How kling-render names its requests: the percent-encoded address, then the attempt."""


class Subjects:
    """Tells what requests are about, and counts the tries of each."""

    def __init__(self) -> None:
        self._tries: Counter[str] = Counter()

    def of(self, endpoint: str, request: Request, task: Task | None, seconds: float) -> Subject:
        """What a request is about, this try of it counted.

        Args:
            endpoint: its route.
            request: the request.
            task: the task that its path names, if it names one.
            seconds: simulated seconds since the first request.
        """
        name = _name(endpoint, request, task)
        self._tries[name] += 1
        called = task.client_request_id if task else request.headers.get("x-client-request-id")
        take = _TAKE.match(called or "")
        return Subject(
            endpoint,
            name,
            self._tries[name],
            task.model if task else _model(endpoint, request),
            unquote(take["address"]) if take else unquote(called or ""),
            int(take["attempt"]) if take else 0,
            seconds,
        )


def _name(endpoint: str, request: Request, task: Task | None) -> str:
    if task is not None:
        return f"{endpoint} {task.key_digest or task.id}"
    headers = request.headers
    own = headers.get("idempotency-key") or headers.get("x-client-request-id")
    if own is None:
        own = hashlib.sha256(request.body).hexdigest() if request.body else request.path
    return f"{endpoint} {own}"


def _model(endpoint: str, request: Request) -> str:
    if endpoint != "create":
        return ""
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        return ""
    return str(body.get("model", "")) if isinstance(body, Mapping) else ""
