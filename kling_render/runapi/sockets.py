"""Sockets for httpcore without layers in between: on asyncio, a transport and its protocol are all that is needed.

httpcore's own go through anyio, whose scopes, checkpoints and questions about the socket cost a quarter of a request.
On trio these are httpcore's own.
"""

from __future__ import annotations

import asyncio
import select
import ssl
from collections.abc import Iterable
from typing import Any, cast

import anyio
import httpcore
import httpx

_HELD_BYTES = 256 * 1024
"""What may lie here unread before the other side has to wait."""
_HEAD_START_SECONDS = 0.25
"""What IPv6 gets over IPv4, and each address over the next."""


class Transport(httpx.AsyncHTTPTransport):
    """httpx's transport, with these sockets and no proxy."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        super().__init__(verify=tls)
        self._pool = httpcore.AsyncConnectionPool(
            tls, max_connections=100, max_keepalive_connections=20, keepalive_expiry=5.0, network_backend=_Sockets()
        )


class _Sockets(httpcore.AsyncNetworkBackend):
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return await httpcore.TrioBackend().connect_tcp(host, port, timeout)
        try:
            with anyio.fail_after(timeout):
                _, stream = await loop.create_connection(_Stream, host, port, happy_eyeballs_delay=_HEAD_START_SECONDS)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError:  # of several addresses, asyncio does not say what is wrong with each
            return await httpcore.AnyIOBackend().connect_tcp(host, port, timeout)
        return stream


def _has_news(transport: asyncio.Transport) -> bool:
    """Whether the socket holds what the loop, busy until now, has not heard yet: bytes, or the end."""
    descriptor = transport.get_extra_info("socket").fileno()
    if descriptor < 0:
        return True
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([descriptor], [], [], 0)[0])
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


class _Stream(asyncio.Protocol, httpcore.AsyncNetworkStream):
    """One connection: what came and was not read yet, and whoever waits for more or for room to write."""

    _transport: asyncio.Transport

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._came = bytearray()
        self._is_over = False
        self._is_held = False
        self._is_full = False
        self._error: Exception | None = None
        self._waiting: asyncio.Future[None] | None = None

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        while not self._came and not self._is_over:
            await self._change(timeout, httpcore.ReadTimeout)
        if not self._came and self._error is not None:
            raise httpcore.ReadError(str(self._error)) from self._error
        read = bytes(self._came[:max_bytes])
        del self._came[:max_bytes]
        if self._is_held and len(self._came) < _HELD_BYTES:
            self._is_held = False
            self._transport.resume_reading()
        return read

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._is_over:
            raise httpcore.WriteError(str(self._error or "the other side has closed the connection")) from self._error
        self._transport.write(buffer)
        while self._is_full and not self._is_over:
            await self._change(timeout, httpcore.WriteTimeout)

    async def aclose(self) -> None:
        self._transport.abort()  # whatever was asked is answered, or nobody waits for it any more
        await asyncio.sleep(0)

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        try:
            with anyio.fail_after(timeout):
                secured = await self._loop.start_tls(
                    self._transport, self, ssl_context, server_hostname=server_hostname
                )
        except BaseException as error:
            self._transport.abort()
            if isinstance(error, OSError):  # TimeoutError and ssl.SSLError are such
                kind = httpcore.ConnectTimeout if isinstance(error, TimeoutError) else httpcore.ConnectError
                raise kind(str(error)) from error
            raise
        self._transport = cast(asyncio.Transport, secured)
        return self

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":  # an idle connection that says something, or ends, is of no more use
            return bool(self._came) or self._is_over or self._transport.is_closing() or _has_news(self._transport)
        return self._transport.get_extra_info(info)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._came += data
        if len(self._came) >= _HELD_BYTES and not self._is_held:
            self._is_held = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._is_over = True
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self._is_over, self._error = True, error
        self._wake()

    def pause_writing(self) -> None:
        self._is_full = True

    def resume_writing(self) -> None:
        self._is_full = False
        self._wake()

    async def _change(self, seconds: float | None, too_late: type[Exception]) -> None:
        """Until something happens to the connection."""
        waiting = self._waiting = self._loop.create_future()
        alarm = None if seconds is None else self._loop.call_later(seconds, _fail, waiting, too_late)
        try:
            await waiting
        finally:
            self._waiting = None
            if alarm is not None:
                alarm.cancel()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


def _fail(waiting: asyncio.Future[None], too_late: type[Exception]) -> None:
    if not waiting.done():
        waiting.set_exception(too_late())
