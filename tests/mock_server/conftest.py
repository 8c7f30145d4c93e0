"""A caller of the simulator for the tests: it keeps the time and speaks JSON."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from kling_render.catalog import Catalog
from mock_server.core.config import Config
from mock_server.core.messages import Request, Response
from mock_server.core.simulator import Simulator

from . import visitors

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

    def __init__(self, config: Config | None = None, catalog: Catalog | None = None) -> None:
        self.simulator = Simulator(config or Config(), catalog)
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
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        if body is not None and method == "POST":
            sent["content-type"] = "application/json"
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

    def prepare(self, name: str, content: bytes, *, key: str | None = "key-1", **fields: Any) -> Answer:
        """Announce a file, with these fields on top."""
        checksum = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
        body = {"filename": name, "byte_size": len(content), "checksum": checksum, **fields}
        return self.send("POST", "/api/v1/files/prepare", body, key=key)

    def put(self, prepared: Any, content: bytes, **headers: str | None) -> Answer:
        """Put a file where it was told, with these headers on top; None leaves one out."""
        told = {name.lower(): value for name, value in prepared["headers"].items()}
        changed = {**told, **{name.replace("_", "-"): value for name, value in headers.items()}}
        sent = {name: value for name, value in changed.items() if value is not None}
        return self.send("PUT", prepared["upload_url"], content, key=None, headers=sent)

    def confirm(self, prepared: Any, *, key: str | None = "key-1") -> Answer:
        """Ask for the URL of a file that was put."""
        return self.send("POST", "/api/v1/files/confirm", {"signed_id": prepared["signed_id"]}, key=key)

    def upload(self, name: str, content: bytes, *, key: str = "key-1") -> Any:
        """Prepare, put and confirm a file; returns what the confirmation says."""
        prepared = self.prepare(name, content, key=key).json
        assert self.put(prepared, content).status == 200
        return self.confirm(prepared, key=key).json

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


@pytest.fixture(
    params=[visitors.over_http, visitors.through_asgi, visitors.in_process, visitors.through_respx], ids=visitors.DOORS
)
def visitor(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[visitors.Visitor]:
    """A plain httpx client at each door in turn; clips are a few quick bytes."""
    monkeypatch.setattr("mock_server.media.encode", lambda spec: visitors.CLIP)
    with request.param(Config(max_media_bytes=1_500_000), "key-1") as opened:
        yield opened


def pytest_report_collectionfinish(items: list[pytest.Item]) -> str:
    """Tell how many tests visit each door."""
    counts = visitors.cases_per_door(items)
    return visitors.told(counts) if counts else ""
