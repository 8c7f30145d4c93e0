"""The in-process door for async httpx: a transport that never opens a socket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

import httpx

from mock_server.core.messages import Request
from mock_server.core.simulator import Simulator
from mock_server.doors.clip_cache import ClipCache
from mock_server.doors.delivery import Delivery, deliver
from mock_server.media import ClipSpec


class SimulatorTransport(httpx.AsyncBaseTransport):
    """Answers every request of an `httpx.AsyncClient` from a simulator, whatever its host.

    Args:
        simulator: what answers.
        now: the time at which a request arrives.
        encode: turns a clip's description into its file; None encodes in a worker thread and keeps the latest.
    """

    def __init__(
        self,
        simulator: Simulator,
        now: Callable[[], datetime],
        encode: Callable[[ClipSpec], Awaitable[bytes]] | None = None,
    ) -> None:
        self._simulator = simulator
        self._now = now
        self._encode = encode or ClipCache()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass one request through the simulator."""
        await request.aread()
        asked = read_request(request)
        response = self._simulator.handle(asked, self._now())
        content = response.body if isinstance(response.body, bytes) else await self._encode(response.body)
        return write_response(deliver(asked, response, content))


def read_request(request: httpx.Request) -> Request:
    """An httpx request (its body already read) as the simulator takes it."""
    path, _, query = request.url.raw_path.decode("ascii").partition("?")
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Request(request.method, path, query, headers, request.content)


def write_response(sent: Delivery) -> httpx.Response:
    """What a door delivers, as an httpx response."""
    return httpx.Response(sent.status, headers=sent.headers, content=sent.body)
