"""Fetching a clip into a part file, and making sure that it came whole."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import FileIO
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from kling_render.errors import DownloadError, StorageError
from kling_render.runapi.failures import parse_retry_after, reason_of
from kling_render.runapi.retries import RETRYABLE_STATUSES

MOST_REDIRECTS = 5

_NOT_A_CLIP = frozenset({"text/html", "application/xhtml+xml", "text/xml", "application/xml", "application/json"})
_GONE = frozenset({401, 403, 404, 410})
_RUN_AGAIN = "Run the same command again: a clip that is paid for is only fetched."
_EXPIRED = "The address may have expired: RunAPI keeps results for seven days."


@dataclass(frozen=True)
class Download:
    """A clip as it lies on disk: the SHA-256 of its bytes in hexadecimal, and how many they are."""

    sha256: str
    byte_count: int


class _BrokenOffError(DownloadError):
    """The connection broke or ended early: the next attempt may bring the whole clip."""


def is_passing(error: BaseException) -> bool:
    """Whether the same download may well succeed in a moment."""
    return isinstance(error, _BrokenOffError) or (
        isinstance(error, DownloadError) and error.status in RETRYABLE_STATUSES
    )


async def refuse_other_schemes(request: httpx.Request) -> None:
    """A request hook, so that it sees every hop of a redirect."""
    if request.url.scheme not in ("http", "https"):
        raise DownloadError(f"{_shown(str(request.url))} is not an http(s) address")


async def fetch(
    client: httpx.AsyncClient, url: str, part: Path, *, now: datetime, progress: Callable[[int], None] | None = None
) -> Download:
    """Write the clip to `part`, anew from its first byte, and sync it to disk.

    The writes stay on the event loop: they go to the page cache, and a worker thread would outrun virtual time.
    On failure the part file is left as it is.

    Args:
        client: one that follows redirects and carries no API key.
        url: where the clip lies; its query may be a signature and is never repeated.
        part: the file to write, in a folder that exists.
        now: the time, against which a `Retry-After` date is reckoned.
        progress: told the bytes written so far, after every chunk.

    Raises:
        DownloadError: refused, not a clip, empty, too short, too long, or the connection broke.
        StorageError: the part file cannot be written.
    """
    shown = _shown(url)
    try:
        async with client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as response:
            _check_start(response, shown, now)
            return await _copied(response, part, shown, progress)
    except httpx.TransportError as error:
        raise _BrokenOffError(f"The download of {shown} broke off ({reason_of(error)})", hint=_RUN_AGAIN) from error
    except httpx.RequestError as error:  # too many redirects, or an encoding that cannot be undone
        raise DownloadError(f"The download of {shown} failed ({type(error).__name__})") from error
    except httpx.InvalidURL:
        raise DownloadError(f"{shown} is not an http(s) address") from None


def _check_start(response: httpx.Response, shown: str, now: datetime) -> None:
    status = response.status_code
    if status not in (200, 203):  # nor 206: a part was not asked for
        raise DownloadError(
            f"{shown} answered {status}",
            hint=_EXPIRED if status in _GONE else _RUN_AGAIN,
            status=status,
            retry_after=parse_retry_after(response.headers.get("Retry-After"), now),
        )
    content_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type in _NOT_A_CLIP:
        raise DownloadError(f"{shown} answered {content_type}, not a clip", hint=_EXPIRED)


async def _copied(response: httpx.Response, part: Path, shown: str, progress: Callable[[int], None] | None) -> Download:
    digest, count = hashlib.sha256(), 0
    with _storing(part):
        file = FileIO(part, "wb")  # unbuffered, so that closing it after a failure has nothing left to write
    with file:
        async for chunk in response.aiter_bytes():
            _write(file, chunk, part)
            digest.update(chunk)
            count += len(chunk)
            if progress is not None:
                progress(count)
        _check_length(response, count, shown)
        with _storing(part):
            os.fsync(file.fileno())
    return Download(digest.hexdigest(), count)


def _check_length(response: httpx.Response, count: int, shown: str) -> None:
    """Compare what came with what was announced; of a compressed answer, what came before it was decoded."""
    encoded = response.headers.get("Content-Encoding", "identity") != "identity"
    came, announced = response.num_bytes_downloaded if encoded else count, response.headers.get("Content-Length", "")
    expected = int(announced) if announced.isdecimal() else came
    if came < expected:
        raise _BrokenOffError(f"The download of {shown} is short: {came} of {expected} bytes", hint=_RUN_AGAIN)
    if came > expected:
        raise DownloadError(f"The download of {shown} is too long: {came} bytes instead of {expected}")
    if count == 0:
        raise DownloadError(f"The download of {shown} is empty", hint=_RUN_AGAIN)


def _write(file: FileIO, chunk: bytes, part: Path) -> None:
    rest = memoryview(chunk)
    with _storing(part):
        while rest:
            rest = rest[file.write(rest) :]


@contextmanager
def _storing(part: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"{part} cannot be written ({error.strerror})", hint="Is the disk full?") from error


def _shown(url: str) -> str:
    """The address without query and credentials, which may be secrets."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        raise DownloadError("The clip's address is not an http(s) address") from None
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"
