"""Closing a connection in the middle of an answer, which ASGI has no message for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import h11
import httpx
from starlette.types import Receive, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

_STATE_KEY = "mock_server.hang_up"


class BrokenConnectionError(httpx.RemoteProtocolError):
    """An answer that was to break off, at a server that cannot close its connections.

    An httpx client whose `ASGITransport` is that server gets it as the exception of a real connection.
    """


class HangingUpProtocol(H11Protocol):
    """uvicorn's protocol; the application finds in the state of its scope how to close the connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Keep the way to close this connection; what was written before is still sent."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, _STATE_KEY: transport.close}

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, where an answer may still begin, and let nothing else be answered after it.

        uvicorn would fail in h11 where an answer was sent already, or is sent later by an application at work.
        """
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:
            self.transport.close()


async def hang_up(scope: Scope, receive: Receive, why: str) -> None:
    """Close the connection of a request, and wait until it is closed.

    Args:
        scope: of the request.
        receive: of the request.
        why: what the client's end would say of it.

    Raises:
        BrokenConnectionError: at another server; it, too, then breaks the answer off.
    """
    state: dict[str, Any] = scope.get("state") or {}
    close: Callable[[], None] | None = state.get(_STATE_KEY)
    if close is None:
        raise BrokenConnectionError(why)
    close()
    while (await receive())["type"] != "http.disconnect":
        pass
