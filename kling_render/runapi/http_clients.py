"""The HTTP clients: some with the API key that follow no redirect, and some without it for clips and uploads."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from functools import cache
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.request import getproxies

import httpx

from kling_render._version import __version__
from kling_render.errors import AuthenticationError, UsageError
from kling_render.runapi.downloads import MOST_REDIRECTS, refuse_other_schemes
from kling_render.runapi.sockets import Transport

if TYPE_CHECKING:
    from pydantic import SecretStr

CLIENTS = 16
"""A client's pool looks at all its connections for every request, so one slows down with concurrency. Measured with 64
requests at a time on two cores, the mock server in another process: 1 client 572 requests/s, 4 clients 742, 8 clients
1,465 to 1,851, 16 clients 1,756 to 1,883, 32 clients 1,892 to 1,940. Sixteen are built in 2 ms."""
_FULL = 4
"""Requests at a time after which the next client is taken. A few requests share a few connections, which stay open;
taking the clients in turn leaves each idle for longer, and at 64 requests was 10 to 15 % slower."""

_USER_AGENT = f"kling-render/{__version__}"
_CHECK_PROXY = "Check HTTP_PROXY, HTTPS_PROXY and ALL_PROXY; NO_PROXY names the hosts that need none."
_CHECK_CERTIFICATES = "Check SSL_CERT_FILE and SSL_CERT_DIR."


class Clients:
    """Several clients that are used as one; opened and closed together."""

    def __init__(self, clients: Sequence[httpx.AsyncClient]) -> None:
        self.all = tuple(clients)
        self._busy = [0] * len(self.all)
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        for client in self.all:
            await self._open.enter_async_context(client)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._open.aclose()

    @contextmanager
    def one(self) -> Iterator[httpx.AsyncClient]:
        """The first that is not full, or the least busy, for one request with its answer."""
        place = min(range(len(self.all)), key=lambda place: self._busy[place] // _FULL)
        self._busy[place] += 1
        try:
            yield self.all[place]
        finally:
            self._busy[place] -= 1


def tls_context() -> ssl.SSLContext:
    """One context for all clients of a process: to read the trusted certificates takes tens of milliseconds.

    Raises:
        UsageError: the trusted certificates cannot be used.
    """
    with _telling_what_to_check():
        return _tls_context(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@cache
def _tls_context(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    return httpx.create_ssl_context()


def api_clients(
    api_key: SecretStr | None,
    transport: httpx.AsyncBaseTransport | None,
    timeout_seconds: float,
    tls: ssl.SSLContext | None,
) -> Clients:
    """The clients for the API; without a key they send no `Authorization`.

    Args:
        api_key: the key.
        transport: carries the requests instead of the network; it is one, and so is the client.
        timeout_seconds: for connecting, and for each silence within an answer.
        tls: the context; needed where there is no transport.

    Raises:
        AuthenticationError: the key cannot go into a header.
        UsageError: a proxy cannot be used.
    """
    headers = {"User-Agent": _USER_AGENT, "Accept": "application/json"}
    if api_key is not None:
        headers["Authorization"] = _authorization(api_key)
    return _clients(transport, tls, headers=headers, timeout=timeout_seconds, follow_redirects=False)


def storage_clients(
    transport: httpx.AsyncBaseTransport | None, timeout_seconds: float, tls: ssl.SSLContext | None
) -> Clients:
    """The clients for what lies elsewhere: they know no key, and every hop of a redirect is http(s).

    Raises:
        UsageError: a proxy cannot be used.
    """
    return _clients(
        transport,
        tls,
        headers={"User-Agent": _USER_AGENT},
        timeout=timeout_seconds,
        follow_redirects=True,
        max_redirects=MOST_REDIRECTS,
        event_hooks={"request": [refuse_other_schemes]},
    )


def _clients(transport: httpx.AsyncBaseTransport | None, tls: ssl.SSLContext | None, **options: Any) -> Clients:
    with _telling_what_to_check():
        if transport is not None:
            return Clients([httpx.AsyncClient(transport=transport, **options)])
        if tls is None or any(getproxies().get(scheme) for scheme in ("http", "https", "all")):
            return Clients([httpx.AsyncClient(verify=tls or True, **options) for _ in range(CLIENTS)])
        return Clients([httpx.AsyncClient(transport=Transport(tls), **options) for _ in range(CLIENTS)])


@contextmanager
def _telling_what_to_check() -> Iterator[None]:
    """Turn what httpx raises over proxies and certificates into advice; its words may hold a proxy's password."""
    try:
        yield
    except ImportError:
        message = "The proxy cannot be used: SOCKS needs the package socksio, which is not installed"
        raise UsageError(message, hint=_CHECK_PROXY) from None
    except OSError:  # ssl.SSLError is one; before ValueError, which some of them are as well
        raise UsageError("The trusted certificates cannot be read", hint=_CHECK_CERTIFICATES) from None
    except (ValueError, httpx.InvalidURL):
        raise UsageError("The address of a proxy cannot be read", hint=_CHECK_PROXY) from None


def _authorization(api_key: SecretStr) -> str:
    key = api_key.get_secret_value()
    if not re.fullmatch(r"[\x21-\x7e]+", key):
        raise AuthenticationError("The API key is empty or has characters that cannot go into a header")
    return f"Bearer {key}"
