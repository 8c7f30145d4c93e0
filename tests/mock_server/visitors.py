"""Plain httpx clients of a simulator, one for each door, for tests that must hold at all of them."""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import httpx
import pytest

from mock_server import Config, Simulator, SimulatorTransport, create_app, media, running_server
from mock_server.doors.respx_router import RunapiMock
from mock_server.media import ClipSpec

START = datetime(2026, 8, 3, 12, 0, tzinfo=UTC)
A_REQUEST = {"model": "kling-3.0", "prompt": "A ferry at dawn"}
PRICE = 700_000
CLIP = bytes(range(256)) * 8
DROPPED = "disconnected without sending a response"
DOORS = ("http", "asgi", "transport", "respx")
"""The names of the doors in the ids of tests, in the order of `visitor`."""
CUT = "peer closed connection without sending complete message body"
Send = Callable[..., httpx.Response]


@dataclass
class Visitor:
    """A client of one account, and the simulator behind the door."""

    simulator: Simulator
    send: Send
    base_url: str

    def create(self, idempotency_key: str = "take-1", **fields: object) -> httpx.Response:
        """Ask for a task."""
        headers = {"idempotency-key": idempotency_key}
        return self.post("/api/v1/kling/text_to_video", json={**A_REQUEST, **fields}, headers=headers)

    def created(self, idempotency_key: str = "take-1") -> str:
        """The id of a task that is created as usual."""
        return str(self.create(idempotency_key).json()["id"])

    def poll(self, task_id: str) -> httpx.Response:
        """Ask for a task."""
        return self.get(f"/api/v1/kling/text_to_video/{task_id}")

    def finished_url(self, idempotency_key: str = "take-1") -> str:
        """Where the clip of a new task is downloaded."""
        task_id = self.created(idempotency_key)
        self.wait(121)
        return str(self.poll(task_id).json()["videos"][0]["url"])

    def get(self, url: str, **headers: str) -> httpx.Response:
        """GET a path or URL; `if_range` becomes If-Range."""
        return self.send("GET", url, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def post(self, path: str, **options: Any) -> httpx.Response:
        """POST to a path."""
        return self.send("POST", path, **options)

    def wait(self, seconds: float) -> None:
        """Let simulated time pass."""
        self.simulator.advance(self.simulator.now + timedelta(seconds=seconds))


@contextlib.contextmanager
def over_http(config: Config, key: str) -> Iterator[Visitor]:
    """A client of a server on loopback, whose time stands still."""
    headers = {"authorization": f"Bearer {key}"}
    with (
        running_server(config, manual=True, start=START) as server,
        httpx.Client(base_url=server.url, trust_env=False, headers=headers) as client,
    ):
        yield Visitor(server.simulator, client.request, server.url)


@contextlib.contextmanager
def in_process(config: Config, key: str) -> Iterator[Visitor]:
    """A client whose transport is the simulator."""

    async def encode(spec: ClipSpec) -> bytes:
        return media.encode(spec)

    simulator = Simulator(config)
    simulator.advance(START)
    transport = SimulatorTransport(simulator, lambda: START, encode)
    yield Visitor(simulator, _sender(transport, "https://runapi.ai", key), "https://runapi.ai")


@contextlib.contextmanager
def through_asgi(config: Config, key: str) -> Iterator[Visitor]:
    """A client of the ASGI application, without a server."""
    simulator = Simulator(config)
    simulator.advance(START)
    transport = httpx.ASGITransport(create_app(simulator, clock=lambda: START))
    yield Visitor(simulator, _sender(transport, "https://runapi.ai", key), "https://runapi.ai")


def _sender(transport: httpx.AsyncBaseTransport, base_url: str, key: str) -> Send:
    """Requests through an async transport, each in an event loop of its own."""
    headers = {"authorization": f"Bearer {key}"}

    async def request(method: str, url: str, **options: Any) -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url=base_url, headers=headers) as client:
            return await client.request(method, url, **options)

    return lambda method, url, **options: anyio.run(lambda: request(method, url, **options))


@contextlib.contextmanager
def through_respx(config: Config, key: str) -> Iterator[Visitor]:
    """A client that respx answers."""
    mock = RunapiMock(config)
    mock.advance(0)
    headers = {"authorization": f"Bearer {key}"}
    with mock.router, httpx.Client(base_url="https://runapi.ai", headers=headers) as client:
        yield Visitor(mock.simulator, client.request, "https://runapi.ai")


def cases_per_door(items: Iterable[pytest.Item]) -> Counter[str]:
    """How many collected tests visit each door."""
    visits = (item for item in items if {"visitor", "door"} & set(getattr(item, "fixturenames", ())))
    return Counter(door for item in visits for door in DOORS if door in re.split(r"[\[\]-]", item.name))


def told(counts: Mapping[str, int]) -> str:
    """The counts in a line."""
    if len(set(counts.values())) == 1:
        return f"conformance: {min(counts.values())} cases at each of {', '.join(counts)}"
    return f"conformance: {', '.join(f'{door} {count}' for door, count in counts.items())}"
