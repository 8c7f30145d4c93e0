"""The in-process door for async httpx: a transport that never opens a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime

import anyio
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
        """Pass one request through the simulator.

        Raises:
            httpx.RemoteProtocolError: when the answer is lost; the message is the one of a real connection.
        """
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
    """What a door delivers, as an httpx response.

    Raises:
        httpx.RemoteProtocolError: when nothing is delivered.
    """
    if sent.is_lost:
        raise httpx.RemoteProtocolError(sent.loss)
    if sent.is_broken or sent.pieces > 1:
        return httpx.Response(sent.status, headers=sent.headers, stream=_Parts(sent))
    return httpx.Response(sent.status, headers=sent.headers, content=sent.body)


class _Parts(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in parts; it may break off as a closed connection does."""

    def __init__(self, sent: Delivery) -> None:
        self._sent = sent

    def __iter__(self) -> Iterator[bytes]:
        """The parts without their pauses: a client that blocks has no clock here but the simulated one."""
        yield from self._sent.parts
        self._break_off()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The parts with their pauses, by the clock of the event loop."""
        for number, part in enumerate(self._sent.parts):
            if number:
                await anyio.sleep(self._sent.pause_seconds)
            yield part
        self._break_off()

    def _break_off(self) -> None:
        if self._sent.is_broken:
            raise httpx.RemoteProtocolError(self._sent.loss)
