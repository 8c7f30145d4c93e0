"""Uploading a file: ask for a place, put the bytes there without the API key, confirm."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, closing, contextmanager
from datetime import datetime
from pathlib import Path

import httpx

from kling_render.errors import (
    ApiError,
    ConflictError,
    RateLimitError,
    RequestRefusedError,
    ServerError,
    UnintelligibleAnswerError,
    UnreachableError,
)
from kling_render.runapi.bodies import quoted
from kling_render.runapi.exchange import JSON_BODY, Exchange, Request
from kling_render.runapi.failures import parse_retry_after, reason_of
from kling_render.runapi.files import Content, Measure
from kling_render.runapi.hosted import HostedFile, parse_hosted
from kling_render.runapi.http_clients import Clients
from kling_render.runapi.request_log import Entry, logged
from kling_render.runapi.targets import Target, parse_target

_RUN_AGAIN = "Run the same command again: an upload costs nothing."


class _Body(httpx.AsyncByteStream):
    """Hands the pieces over as they are; httpx's own wrapping would be left unfinished when a piece is missing."""

    def __init__(self, pieces: AsyncGenerator[bytes, None]) -> None:
        self._pieces = pieces

    def __aiter__(self) -> AsyncGenerator[bytes, None]:
        return self._pieces


async def upload(api: Exchange, storage: Clients, name: str, source: bytes | Path, number: int) -> HostedFile:
    """Upload once, to a place of its own; nothing is repeated here.

    Args:
        api: for the requests before and after.
        storage: clients that carry no API key.
        name: what the file is to be called.
        source: the bytes, or the file that has them.
        number: which attempt this is, for the log.

    Raises:
        ApiError: the API or the storage refused, or did not answer.
        StorageError: the file cannot be read, is empty, or changed meanwhile.
    """
    with closing(Content(quoted(name), source)) as content, _naming(name):
        measured = await content.measure()
        target = await _prepare(api, name, measured, number)
        with storage.one() as client:
            await _put(client, target, content, measured, api.now, number)
        return await _confirm(api, target, name, measured, number)


async def _prepare(api: Exchange, name: str, measured: Measure, number: int) -> Target:
    wanted = {"filename": name, "byte_size": measured.byte_count, "checksum": measured.checksum}
    request = Request("POST", "files/prepare", JSON_BODY, json.dumps(wanted).encode())
    answer = await api.attempt(request, number)
    return parse_target(answer.payload, answer.headers, measured.byte_count, key=api.key)


async def _put(
    storage: httpx.AsyncClient,
    target: Target,
    content: Content,
    measured: Measure,
    now: Callable[[], datetime],
    number: int,
) -> None:
    """Send the bytes; the request is not built by the client, which would add headers of its own."""
    own = {"Host": target.host, "Content-Length": str(measured.byte_count)}
    headers = httpx.Headers([*own.items(), *target.headers.items()])
    headers.setdefault("User-Agent", storage.headers["User-Agent"])  # some hosts refuse who does not say it
    async with aclosing(content.pieces(measured)) as pieces:
        request = httpx.Request("PUT", target.url, headers=headers, stream=_Body(pieces))
        with logged(Entry("PUT", target.origin, number)) as entry:  # even the path may be a signature
            try:
                response = await storage.send(request, stream=True, follow_redirects=False)
            except httpx.TransportError as error:
                entry.outcome = type(error).__name__
                message = f"no answer from {target.origin} ({quoted(reason_of(error))})"
                raise UnreachableError(message, hint=_RUN_AGAIN) from None
            entry.note(response)
    await response.aclose()  # unread: it may repeat the signature
    if not response.is_success:
        raise _refusal(response, target, now())


async def _confirm(api: Exchange, target: Target, name: str, measured: Measure, number: int) -> HostedFile:
    body = json.dumps({"signed_id": target.signed_id}).encode()
    answer = await api.attempt(Request("POST", "files/confirm", JSON_BODY, body), number)
    return parse_hosted(answer.payload, answer.headers, name, measured.byte_count, key=api.key)


def _refusal(response: httpx.Response, target: Target, now: datetime) -> ApiError:
    """The error for what storage answers: never about the API key, which was not sent."""
    status = response.status_code
    kind: type[ApiError] = UnintelligibleAnswerError if status < 400 else RequestRefusedError
    if status >= 500:
        kind = ServerError
    if status == httpx.codes.TOO_MANY_REQUESTS:
        kind = RateLimitError
    too_large = status == httpx.codes.REQUEST_ENTITY_TOO_LARGE
    return kind(
        f"{target.origin} answered {status}",
        hint="Use a smaller file." if too_large else _RUN_AGAIN,
        status=status,
        retry_after=parse_retry_after(response.headers.get("Retry-After"), now),
    )


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Say of every failure which file it is about."""
    try:
        yield
    except ConflictError as error:  # there is no idempotency key, and nothing was paid
        message = f"{quoted(name)} cannot be uploaded: the server refuses it ({error.status})"
        raise RequestRefusedError(message, status=error.status, request_id=error.request_id) from None
    except ApiError as error:
        error.message = f"{quoted(name)} cannot be uploaded: {error.message}"
        error.args = (error.message,)
        raise
