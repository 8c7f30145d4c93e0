"""The asynchronous client of RunAPI's Kling endpoints: one request each, repeated while it fails in passing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from random import Random
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

import httpx

from kling_render.errors import ApiError, UnintelligibleAnswerError
from kling_render.runapi import downloads, pricing, uploads
from kling_render.runapi.accounts import Account, Balance, parse_account, parse_balance
from kling_render.runapi.exchange import JSON_BODY, Answer, Exchange, Request
from kling_render.runapi.failures import parse_retry_after
from kling_render.runapi.hosted import HostedFile
from kling_render.runapi.http_clients import api_clients, storage_clients, tls_context
from kling_render.runapi.pacing import Gate
from kling_render.runapi.request_log import httpx_without_addresses
from kling_render.runapi.retries import Retries, is_passing, may_have_acted
from kling_render.runapi.tasks import Task, parse_task

if TYPE_CHECKING:
    from pydantic import SecretStr


class RunApi:
    """RunAPI over HTTP; an asynchronous context manager, on asyncio and on trio.

    The API key goes to `base_url` alone: its requests follow no redirect, and clips and uploads travel by other
    clients that do not have it.

    Args:
        base_url: `scheme://host[:port]`, with an optional path.
        api_key: the key; never in a message or a `repr`. Without one, prices and downloads work, and everything else
            raises a `KeyMissingError` before anything is sent.
        transport: carries API requests instead of the network.
        download_transport: carries downloads and uploads instead of the network.
        timeout_seconds: for connecting, and for each silence within an answer.
        attempts: how often a request that fails in passing is sent in all; a 429 does not count.
        requests_per_second: at most so many to the API, on average; None for no limit.
        rate_limit_patience_seconds: how long a 429 is waited out.
        now: the time, against which `Retry-After` dates are reckoned.
        random: the source of the jitter between attempts.

    Every method raises an `ApiError`: `UnreachableError` where no answer came, else what the answer says.
    """

    def __init__(
        self,
        base_url: str,
        api_key: SecretStr | None,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        download_transport: httpx.AsyncBaseTransport | None = None,
        timeout_seconds: float = 60,
        attempts: int = 4,
        requests_per_second: float | None = None,
        rate_limit_patience_seconds: float = 600,
        now: Callable[[], datetime],
        random: Random | None = None,
    ) -> None:
        self._now = now
        jitter = random or Random()  # noqa: S311 - jitter is no secret
        self._retries = Retries(attempts, rate_limit_patience_seconds, jitter)
        gate = Gate(requests_per_second, rate_limit_patience_seconds, jitter)
        tls = tls_context() if transport is None or download_transport is None else None
        clients = api_clients(api_key, transport, timeout_seconds, tls)
        self._api = Exchange(clients, base_url.rstrip("/"), api_key, now, gate)
        self._storage = storage_clients(download_transport, timeout_seconds, tls)
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._open.enter_context(httpx_without_addresses())
        await self._open.enter_async_context(self._api.clients)
        await self._open.enter_async_context(self._storage)
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

        An answer that cannot be read, or that names no task, is such a failure too: the server may have made the
        task, and asked again with the same key it says which.

        Raises:
            ConflictError: the key was used before with another body.
            ModerationError: content moderation refuses the request.
            RateLimitError: the server had too many requests for longer than patience lasts.
        """
        headers = {**JSON_BODY, "Idempotency-Key": idempotency_key}
        if client_request_id is not None:
            headers["X-Client-Request-Id"] = client_request_id
        request = Request("POST", f"kling/{quote(action, safe='')}", headers, body)

        async def attempt(number: int) -> Task:
            answer = await self._api.attempt(request, number)
            return parse_task(answer.payload, answer.headers, created=True, key=self._api.key)

        return await self._retries.run(attempt, passing=_may_name_its_task)

    async def task(self, action: str, task_id: str) -> Task:
        """The task as it stands now."""
        return await self._task_at(f"kling/{quote(action, safe='')}/{quote(task_id, safe='')}")

    async def task_by_id(self, task_id: str) -> Task:
        """The task as it stands now, where it is not known which action made it."""
        return await self._task_at(f"tasks/{quote(task_id, safe='')}")

    async def me(self) -> Account:
        """Whom the key belongs to."""
        answer = await self._ask("GET", "me")
        return parse_account(answer.payload, answer.headers, key=self._api.key)

    async def balance(self) -> Balance:
        """The account's money."""
        answer = await self._ask("GET", "me/balance")
        return parse_balance(answer.payload, answer.headers)

    async def price_schedules(self, *, etag: str | None = None) -> pricing.Schedules | None:
        """All published prices of Kling, or None if they are still those of the `etag`; needs no key."""
        headers = pricing.unless_unchanged(etag)
        answer = await self._ask("GET", pricing.schedules_path(), headers, needs_key=False)
        if answer.is_unchanged:
            return None
        return pricing.parse_schedules(answer.payload, answer.headers, key=self._api.key)

    async def price_quote(self, action: str, model: str, params: Mapping[str, object]) -> pricing.Quote:
        """What a request would reserve; creates no task and needs no key.

        Args:
            action: the endpoint, such as `text_to_video`.
            model: the API's name of it.
            params: the other fields of the request.
        """
        body = pricing.quote_body(action, model, params)
        answer = await self._ask("POST", "price_quotes", JSON_BODY, body, needs_key=False)
        return pricing.parse_quote(answer.payload, answer.headers, key=self._api.key)

    async def upload(self, name: str, content: bytes | Path) -> HostedFile:
        """Put a file where the API can fetch it; what fails in passing begins anew, at another place.

        Args:
            name: what the file is to be called, with its extension.
            content: its bytes, or the file that has them, which is read twice and never held in memory as a whole.

        Raises:
            ApiError: the API or the storage refused, or did not answer; the message names the file.
            StorageError: the file cannot be read, is empty, or changed while it was uploaded.
        """
        attempt = partial(uploads.upload, self._api, self._storage, name, content)
        return await self._retries.run(attempt)

    async def download(
        self, url: str, part: Path, *, progress: Callable[[int], None] | None = None
    ) -> downloads.Download:
        """Fetch a clip into a part file, whole but not synced; what came before is continued where that is safe.

        Args:
            url: where the clip lies; asked without the API key.
            part: the file to write, in a folder that exists; on failure it is left for the next call, with a note
                beside it, and `discard` removes both.
            progress: told how many bytes of the clip are here.

        Raises:
            ExpiredUrlError: the address is refused or gone: the task may have a fresh one.
            DownloadError: the clip did not come whole.
            RateLimitError: its host had too many requests for longer than patience lasts.
            StorageError: the part file cannot be written.
        """

        async def attempt(number: int) -> downloads.Download:
            with self._storage.one() as client:
                return await downloads.fetch(client, url, part, now=self._now(), number=number, progress=progress)

        return await self._retries.run(attempt, passing=downloads.is_passing)

    async def _task_at(self, path: str) -> Task:
        answer = await self._ask("GET", path)
        task = parse_task(answer.payload, answer.headers, key=self._api.key)
        return replace(task, retry_after=parse_retry_after(answer.headers.get("Retry-After"), self._now()))

    async def _ask(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
        *,
        needs_key: bool = True,
    ) -> Answer:
        """The answer, after as many attempts as it takes."""
        request = Request(method, path, headers or {}, body, needs_key)
        return await self._retries.run(partial(self._api.attempt, request))


def _may_name_its_task(error: ApiError) -> bool:
    """Whether a create is worth repeating; one that is answered with a task's id has done its work."""
    if isinstance(error, UnintelligibleAnswerError) and error.task_id is not None:
        return False
    return is_passing(error) or (isinstance(error, UnintelligibleAnswerError) and may_have_acted(error))
