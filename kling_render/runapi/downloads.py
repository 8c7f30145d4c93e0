"""Fetching a clip into a part file, from where an earlier try broke off, and making sure that it came whole."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from io import FileIO
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from kling_render.errors import ApiError, DownloadError, ExpiredUrlError
from kling_render.runapi.failures import parse_retry_after, reason_of
from kling_render.runapi.part_files import WORTH_NOTING_BYTES, Origin, PartFile, validator_of
from kling_render.runapi.request_log import Entry, logged
from kling_render.runapi.retries import has_server_failed

MOST_REDIRECTS = 5

_NOT_A_CLIP = frozenset({"text/html", "application/xhtml+xml", "text/xml", "application/xml", "application/json"})
_GONE = frozenset({401, 403, 404, 410})
_RUN_AGAIN = "Run the same command again: a clip that is paid for is only fetched."
_EXPIRED = "The address may have expired: RunAPI keeps results for seven days."
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)", re.IGNORECASE)


@dataclass(frozen=True)
class Download:
    """A clip as it lies on disk: the SHA-256 of its bytes in hexadecimal, and how many they are."""

    sha256: str
    byte_count: int


class _BrokenOffError(DownloadError):
    """The connection broke or ended early: the next attempt may bring the rest."""


def is_passing(error: ApiError) -> bool:
    """Whether the same download may well succeed in a moment."""
    return isinstance(error, _BrokenOffError) or has_server_failed(error)


async def refuse_other_schemes(request: httpx.Request) -> None:
    """A request hook, so that it sees every hop of a redirect."""
    if request.url.scheme not in ("http", "https"):
        raise DownloadError(f"{shown_url(str(request.url))} is not an http(s) address")


async def fetch(
    client: httpx.AsyncClient,
    url: str,
    part: Path,
    *,
    now: datetime,
    number: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Download:
    """Write the clip to `part`; what an earlier try left there is continued where that is safe.

    The file is whole but not synced: that takes a disk some milliseconds, and is the caller's to do off the event loop.

    It is safe where a note beside the part file has the server's ETag or date, and the server confirms that its file
    is still the same; else the clip comes anew from its first byte. On failure part file and note are left for the
    next try.

    Args:
        client: one that follows redirects and carries no API key.
        url: where the clip lies; its query may be a signature and is never repeated.
        part: the file to write, in a folder that exists.
        now: the time, against which a `Retry-After` date is reckoned.
        number: which attempt this is, for the log.
        progress: told how many bytes of the clip are here, after every chunk.

    Raises:
        ExpiredUrlError: the address is refused or gone.
        DownloadError: refused, not a clip, empty, too short, too long, or the connection broke.
        StorageError: the part file cannot be written.
    """
    shown = shown_url(url)
    fetching = _Fetching(client, url, shown, PartFile(part), now, number, progress)
    try:
        return await fetching.run()
    except httpx.TransportError as error:
        raise _BrokenOffError(f"The download of {shown} broke off ({reason_of(error)})", hint=_RUN_AGAIN) from error
    except httpx.RequestError as error:  # too many redirects, or an encoding that cannot be undone
        raise DownloadError(f"The download of {shown} failed ({type(error).__name__})") from error
    except httpx.InvalidURL:
        raise DownloadError(f"{shown} is not an http(s) address") from None


@dataclass(frozen=True)
class _Fetching:
    """One try at one clip."""

    client: httpx.AsyncClient
    url: str = field(repr=False)
    shown: str
    part: PartFile
    now: datetime
    number: int
    progress: Callable[[int], None] | None

    async def run(self) -> Download:
        have, origin = self.part.beginning(self.shown)
        download = await self._request(have, origin)
        if download is None:  # the server has nothing behind what is here: it cannot be its beginning
            download = await self._request(0, None)
        if download is None:
            raise self._refusal(416, None)
        return download

    async def _request(self, have: int, origin: Origin | None) -> Download | None:
        """The clip, or None where the range that was asked for cannot be given (416)."""
        headers = {"Accept-Encoding": "identity"}
        if origin is not None:
            headers |= {"Range": f"bytes={have}-", "If-Range": origin.validator}
        with logged(Entry("GET", self.shown, self.number)) as entry:
            async with self.client.stream("GET", self.url, headers=headers) as response:
                entry.note(response)
                if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE and origin is not None:
                    self.part.give_up()
                    return None
                self._check_start(response, is_part=origin is not None)
                if response.status_code == httpx.codes.PARTIAL_CONTENT and origin is not None:
                    download = await self._rest(response, have, origin)
                else:
                    download = await self._whole(response)
                entry.byte_count = response.num_bytes_downloaded
                return download

    def _check_start(self, response: httpx.Response, *, is_part: bool) -> None:
        status = response.status_code
        wanted = (200, 203, 206) if is_part else (200, 203)
        if status not in wanted:
            raise self._refusal(status, response.headers.get("Retry-After"))
        content_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if content_type in _NOT_A_CLIP:
            raise DownloadError(f"{self.shown} answered {content_type}, not a clip", hint=_EXPIRED)

    def _refusal(self, status: int, retry_after: str | None) -> DownloadError:
        is_gone = status in _GONE
        return (ExpiredUrlError if is_gone else DownloadError)(
            f"{self.shown} answered {status}",
            hint=_EXPIRED if is_gone else _RUN_AGAIN,
            status=status,
            retry_after=parse_retry_after(retry_after, self.now),
        )

    async def _whole(self, response: httpx.Response) -> Download:
        return await self._copy(response, self.part.begin(), hashlib.sha256(), 0, _origin_of(response, self.shown))

    async def _rest(self, response: httpx.Response, have: int, origin: Origin) -> Download:
        self._check_range(response, have, origin)
        digest = hashlib.sha256()
        return await self._copy(response, await self.part.resume(have, digest), digest, have)

    def _check_range(self, response: httpx.Response, have: int, origin: Origin) -> None:
        """Make sure that what comes is the rest of what is here: the range to the end, of a clip of the same length."""
        told = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
        first, last, total = told.groups() if told else ("", "", "")
        whole = origin.byte_count if total == "*" else int(total or -1)
        is_rest = told is not None and int(first) == have and (whole is None or int(last) == whole - 1)
        is_same = whole == origin.byte_count or None in (whole, origin.byte_count)
        if not (is_rest and is_same) or response.headers.get("Content-Encoding", "identity") != "identity":
            self.part.give_up()
            message = f"{self.shown} answered another part than was asked for"
            raise _BrokenOffError(message, hint=_RUN_AGAIN, status=response.status_code)

    async def _copy(
        self, response: httpx.Response, file: FileIO, digest: hashlib._Hash, have: int, unnoted: Origin | None = None
    ) -> Download:
        """Append what comes; `unnoted` is what the bytes are of, where no note beside them says so yet."""
        count = have
        with file:
            try:
                async for chunk in response.aiter_bytes():
                    self.part.write(file, chunk)
                    digest.update(chunk)
                    count += len(chunk)
                    if unnoted is not None and count >= WORTH_NOTING_BYTES:
                        self.part.note(unnoted)
                        unnoted = None
                    if self.progress is not None:
                        self.progress(count)
            except BaseException:
                if unnoted is not None and count:
                    self.part.note(unnoted)
                raise
            self._check_length(response, count - have, count)
            self.part.finish(file)
        return Download(digest.hexdigest(), count)

    def _check_length(self, response: httpx.Response, came: int, count: int) -> None:
        """Compare what came with what was announced; of a compressed answer, what came before it was decoded."""
        encoded = response.headers.get("Content-Encoding", "identity") != "identity"
        came, announced = response.num_bytes_downloaded if encoded else came, _announced(response)
        expected = came if announced is None else announced
        if came < expected:
            message = f"The download of {self.shown} is short: {came} of {expected} bytes"
            raise _BrokenOffError(message, hint=_RUN_AGAIN)
        if came > expected or count == 0:
            self.part.give_up()
        if came > expected:
            raise DownloadError(f"The download of {self.shown} is too long: {came} bytes instead of {expected}")
        if count == 0:
            raise DownloadError(f"The download of {self.shown} is empty", hint=_RUN_AGAIN)


def _origin_of(response: httpx.Response, shown: str) -> Origin | None:
    """What a later request may continue; None where the server does not vouch for its bytes."""
    validator = validator_of(response.headers)
    encoded = response.headers.get("Content-Encoding", "identity") != "identity"
    return None if validator is None or encoded else Origin(shown, validator, _announced(response))


def _announced(response: httpx.Response) -> int | None:
    length: str = response.headers.get("Content-Length", "")
    return int(length) if re.fullmatch("[0-9]{1,18}", length) else None


def shown_url(url: str) -> str:
    """The address without query and credentials, which may be secrets.

    Raises:
        DownloadError: it is none.
    """
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        raise DownloadError("The clip's address is not an http(s) address") from None
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"
