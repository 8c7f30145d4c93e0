"""The first step at the ASGI door: a scope and its messages become the request that the simulator takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import quote

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from mock_server.core.messages import Request


async def read_request(scope: Scope, receive: Receive, limit: Callable[[str, str], int]) -> Request:
    """The request, its body read as far as it takes to see that it is over its limit.

    Starlette's own request is not used: building its headers and its stream takes as long as answering a poll.

    Raises:
        ClientDisconnect: when the client leaves before all of it has come.
    """
    raw: bytes | None = scope.get("raw_path")
    path = raw.decode("latin-1").partition("?")[0] if raw else quote(scope["path"])
    method: str = scope["method"]
    query, headers = scope["query_string"].decode("latin-1"), _headers(scope)
    body = await _body(receive, limit(method, path)) if _has_body(method, headers) else b""
    return Request(method, path, query, headers, body)


def _has_body(method: str, headers: Mapping[str, str]) -> bool:
    """Whether anything is to be waited for: a GET has no body unless its headers say so."""
    return method not in ("GET", "HEAD") or "content-length" in headers or "transfer-encoding" in headers


def _headers(scope: Scope) -> dict[str, str]:
    """Names in lower case, as ASGI has them; what is sent several times is one value with commas, as HTTP says."""
    sent = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    headers = dict(sent)
    if len(headers) < len(sent):
        headers.clear()
        for name, value in sent:
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


async def _body(receive: Receive, limit: int) -> bytes:
    body, is_whole = bytearray(), False
    while not is_whole and len(body) <= limit:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        is_whole = not message.get("more_body", False)
    return bytes(body)
