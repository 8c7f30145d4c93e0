"""The ASGI door: the simulator as a Starlette application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import anyio
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from mock_server.core.config import Config
from mock_server.core.simulator import Simulator
from mock_server.doors.clip_cache import ClipCache
from mock_server.doors.delivery import Delivery, deliver
from mock_server.doors.hang_up import hang_up
from mock_server.doors.reading import read_request
from mock_server.media import ClipSpec


def _utc_now() -> datetime:
    return datetime.now(UTC)


def create_app(
    simulator: Simulator | None = None,
    *,
    config: Config | None = None,
    clock: Callable[[], datetime] = _utc_now,
) -> Starlette:
    """The application for one simulator, made from `config` when none is given.

    Without both, result URLs name the host that the request was sent to. The simulator is at `app.state.simulator`.
    Callbacks are left in its outbox: the HTTP server alone delivers them. Only there, too, can a fault close the
    connection; elsewhere it raises a `BrokenConnectionError` in the application, which httpx's `ASGITransport` hands
    on.
    """
    simulator = simulator or Simulator(config or Config(base_url=None))
    app = _App(_Door(simulator, clock, ClipCache()))
    app.state.simulator = simulator
    return app


class _App(Starlette):
    """One door for every path: the simulator has routes of its own, Starlette's and its middleware would only cost."""

    def __init__(self, door: _Door) -> None:
        super().__init__()
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass requests to the simulator, and what else there is (lifespan, web sockets) to Starlette."""
        await (self._door if scope["type"] == "http" else super().__call__)(scope, receive, send)


class _Door:
    def __init__(
        self,
        simulator: Simulator,
        clock: Callable[[], datetime],
        encode: Callable[[ClipSpec], Awaitable[bytes]],
    ) -> None:
        self._simulator = simulator
        self._clock = clock
        self._encode = encode

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            request = await read_request(scope, receive, self._simulator.body_limit)
        except ClientDisconnect:
            return
        response = self._simulator.handle(request, self._clock())
        content = response.body if isinstance(response.body, bytes) else await self._encode(response.body)
        sent = deliver(request, response, content)
        if not sent.is_lost:
            await _send(sent, send)
        if sent.is_broken:
            await hang_up(scope, receive, sent.loss)


async def _send(sent: Delivery, send: Send) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in sent.headers.items()]
    await send({"type": "http.response.start", "status": sent.status, "headers": headers})
    parts = sent.parts
    for number, part in enumerate(parts, start=1):
        if number > 1:
            await anyio.sleep(sent.pause_seconds)
        await send({"type": "http.response.body", "body": part, "more_body": number < len(parts) or sent.is_broken})
