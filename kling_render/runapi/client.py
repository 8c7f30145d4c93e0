"""The asynchronous client of RunAPI's Kling endpoints: one request each, repeated while it fails in passing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from random import Random
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

import httpx

from kling_render._version import __version__
from kling_render.errors import AuthenticationError, UnintelligibleAnswerError, UsageError
from kling_render.runapi import downloads
from kling_render.runapi.answers import Account, Balance, Task, parse_account, parse_balance, parse_task
from kling_render.runapi.bodies import read_json
from kling_render.runapi.failures import error_from_response, parse_retry_after, unreachable
from kling_render.runapi.retries import Retries

if TYPE_CHECKING:
    from pydantic import SecretStr

_USER_AGENT = f"kling-render/{__version__}"
_CHECK_PROXY = "Check HTTP_PROXY, HTTPS_PROXY and ALL_PROXY; NO_PROXY names the hosts that need none."
_CHECK_CERTIFICATES = "Check SSL_CERT_FILE and SSL_CERT_DIR."


class RunApi:
    """RunAPI over HTTP; an asynchronous context manager, on asyncio and on trio.

    The API key goes to `base_url` alone: its requests follow no redirect, and clips are fetched by a second client
    that does not have it.

    Args:
        base_url: `scheme://host[:port]`, with an optional path.
        api_key: the key; never in a message or a `repr`.
        transport: carries API requests instead of the network.
        download_transport: carries downloads instead of the network.
        timeout_seconds: for connecting, and for each silence within an answer.
        attempts: how often a request that fails in passing is sent in all.
        now: the time, against which `Retry-After` dates are reckoned.
        random: the source of the jitter between attempts.

    Every method raises an `ApiError`: `UnreachableError` where no answer came, else what the answer says.
    """

    def __init__(
        self,
        base_url: str,
        api_key: SecretStr,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        download_transport: httpx.AsyncBaseTransport | None = None,
        timeout_seconds: float = 60,
        attempts: int = 4,
        now: Callable[[], datetime],
        random: Random | None = None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._api_key = api_key
        self._now = now
        self._retries = Retries(attempts, random or Random())  # noqa: S311 - jitter is no secret
        authorization = _authorization(api_key)
        with _telling_what_to_check():
            self._api = _api_client(authorization, transport, timeout_seconds)
            self._clips = _clip_client(download_transport, timeout_seconds)
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._open.enter_async_context(self._api)
        await self._open.enter_async_context(self._clips)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._open.aclose()

    async def create(self, action: str, body: bytes, *, idempotency_key: str, client_request_id: str | None) -> Task:
        """Create a task from exactly these bytes; every repetition carries the same bytes and the same key.

        Args:
            action: the endpoint, such as `text_to_video`.
            body: the JSON of the request.
            idempotency_key: at most 512 characters; with it the server creates one task, however often it is asked.
            client_request_id: stored with the task; printable ASCII, at most 512 characters.

        Raises:
            ConflictError: the key was used before with another body.
        """
        headers = {"Content-Type": "application/json", "Idempotency-Key": idempotency_key}
        if client_request_id is not None:
            headers["X-Client-Request-Id"] = client_request_id
        payload, answered = await self._exchange("POST", f"kling/{quote(action, safe='')}", headers, body)
        return parse_task(payload, answered, created=True, key=self._key())

    async def task(self, action: str, task_id: str) -> Task:
        """The task as it stands now."""
        path = f"kling/{quote(action, safe='')}/{quote(task_id, safe='')}"
        payload, answered = await self._exchange("GET", path)
        retry_after = parse_retry_after(answered.get("Retry-After"), self._now())
        return replace(parse_task(payload, answered, key=self._key()), retry_after=retry_after)

    async def me(self) -> Account:
        """Whom the key belongs to."""
        return parse_account(*await self._exchange("GET", "me"), key=self._key())

    async def balance(self) -> Balance:
        """The account's money."""
        return parse_balance(*await self._exchange("GET", "me/balance"))

    async def download(
        self, url: str, part: Path, *, progress: Callable[[int], None] | None = None
    ) -> downloads.Download:
        """Fetch a clip into a part file, whole and synced to disk; a repetition starts from the first byte.

        Args:
            url: where the clip lies; asked without the API key.
            part: the file to write, in a folder that exists; left as it is on failure.
            progress: told the bytes of the current attempt so far.

        Raises:
            DownloadError: the clip did not come whole.
            StorageError: the part file cannot be written.
        """

        async def attempt() -> downloads.Download:
            return await downloads.fetch(self._clips, url, part, now=self._now(), progress=progress)

        return await self._retries.run(attempt, passing=downloads.is_passing)

    async def _exchange(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes | None = None
    ) -> tuple[object, httpx.Headers]:
        """The decoded answer and its headers, after as many attempts as it takes."""
        attempt = partial(self._attempt, method, f"{self._base_url}/api/v1/{path}", headers, body)
        return await self._retries.run(attempt)

    async def _attempt(
        self, method: str, url: str, headers: dict[str, str] | None, body: bytes | None
    ) -> tuple[object, httpx.Headers]:
        try:
            response = await self._api.request(method, url, headers=headers, content=body)
        except httpx.TransportError as error:
            raise unreachable(error, self._base_url, self._key()) from None
        except httpx.DecodingError:
            message = f"{self._base_url} answered in a compression that cannot be undone"
            raise UnintelligibleAnswerError(message) from None
        if response.is_success:
            try:
                return read_json(response), response.headers
            except ValueError:
                pass
        raise error_from_response(response, self._now())

    def _key(self) -> str:
        return self._api_key.get_secret_value()


def _api_client(
    authorization: str, transport: httpx.AsyncBaseTransport | None, timeout_seconds: float
) -> httpx.AsyncClient:
    headers = {"User-Agent": _USER_AGENT, "Accept": "application/json", "Authorization": authorization}
    return httpx.AsyncClient(headers=headers, transport=transport, timeout=timeout_seconds, follow_redirects=False)


def _clip_client(transport: httpx.AsyncBaseTransport | None, timeout_seconds: float) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        headers={"User-Agent": _USER_AGENT},
        transport=transport,
        timeout=timeout_seconds,
        follow_redirects=True,
        max_redirects=downloads.MOST_REDIRECTS,
        event_hooks={"request": [downloads.refuse_other_schemes]},
    )


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
