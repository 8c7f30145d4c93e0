"""A caller of the simulator for the tests: it keeps the time and speaks JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from mock_server.core.config import Config
from mock_server.core.messages import Request, Response
from mock_server.core.simulator import Simulator

A_REQUEST = {"model": "kling-3.0", "prompt": "A ferry at dawn"}


@dataclass(frozen=True)
class Answer:
    """A response with its JSON read."""

    response: Response

    @property
    def status(self) -> int:
        return self.response.status

    @property
    def headers(self) -> dict[str, str]:
        return dict(self.response.headers)

    @property
    def json(self) -> Any:
        assert isinstance(self.response.body, bytes)
        return json.loads(self.response.body)

    @property
    def error(self) -> Any:
        return self.json["error"]


class Caller:
    """Sends requests to a simulator of its own; time passes by `wait` only."""

    def __init__(self, config: Config | None = None) -> None:
        self.simulator = Simulator(config or Config())
        self.now = datetime(2026, 8, 3, 12, 0, tzinfo=UTC)

    def send(
        self,
        method: str,
        url: str,
        body: Any = None,
        *,
        key: str | None = "key-1",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send a request; a body that is not bytes goes as JSON."""
        parts = urlsplit(url)
        sent = {"authorization": f"Bearer {key}"} if key else {}
        content = body if isinstance(body, bytes) else b""
        if body is not None:
            sent["content-type"] = "application/json"
            content = content or (b"" if isinstance(body, bytes) else json.dumps(body).encode())
        request = Request(method, parts.path, parts.query, {**sent, **(headers or {})}, content)
        return Answer(self.simulator.handle(request, self.now))

    def create(self, *, key: str = "key-1", headers: dict[str, str] | None = None, **fields: Any) -> Answer:
        """Create a text_to_video task from a valid request with these fields on top."""
        return self.send("POST", "/api/v1/kling/text_to_video", {**A_REQUEST, **fields}, key=key, headers=headers)

    def poll(self, task_id: str, *, key: str = "key-1") -> Answer:
        """Ask for a task."""
        return self.send("GET", f"/api/v1/kling/text_to_video/{task_id}", key=key)

    def finish(self, **fields: Any) -> Any:
        """Create a task, wait for it, and return it completed."""
        task_id = self.create(**fields).json["id"]
        self.wait(120)
        return self.poll(task_id).json

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


@pytest.fixture(scope="session")
def a_caller() -> type[Caller]:
    """Makes callers: `a_caller()`, `a_caller(Config(seed=1))`."""
    return Caller


@pytest.fixture
def caller() -> Caller:
    """A caller of a simulator with the default settings."""
    return Caller()
