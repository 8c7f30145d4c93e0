"""One request to the API, and its answer as decoded JSON or as the error that it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

import httpx

from kling_render.errors import KeyMissingError, RateLimitError, UnintelligibleAnswerError
from kling_render.runapi.bodies import read_json
from kling_render.runapi.failures import error_from_response, unreachable
from kling_render.runapi.http_clients import Clients
from kling_render.runapi.pacing import Gate
from kling_render.runapi.request_log import Entry, logged

if TYPE_CHECKING:
    from pydantic import SecretStr

JSON_BODY = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Answer:
    """A success: its status, the decoded JSON (None where nothing has changed), and its headers."""

    status: int
    payload: object
    headers: httpx.Headers

    @property
    def is_unchanged(self) -> bool:
        """Whether what was asked for is still what the caller has (304)."""
        return self.status == httpx.codes.NOT_MODIFIED


@dataclass(frozen=True)
class Request:
    """What is asked of the API, the same at every attempt.

    Attributes:
        method: the HTTP method.
        path: what follows `/api/v1/`, with its query.
        headers: besides those of the client.
        body: the exact bytes.
        needs_key: whether the endpoint answers nobody without a key.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    needs_key: bool = True


@dataclass(frozen=True)
class Exchange:
    """Asks the API at `base_url`; the clients carry the key, where there is one, and follow no redirect."""

    clients: Clients
    base_url: str
    api_key: SecretStr | None
    now: Callable[[], datetime]
    gate: Gate

    @property
    def key(self) -> str:
        """The API key in plain, to be blanked in texts; empty where there is none."""
        return self.api_key.get_secret_value() if self.api_key is not None else ""

    async def attempt(self, request: Request, number: int) -> Answer:
        """Send a request once, as soon as the gate lets it pass.

        Args:
            request: what is asked.
            number: which attempt this is, for the log.

        Raises:
            KeyMissingError: nothing was sent, because there is no key.
            ApiError: no answer, or one that is of no use.
        """
        if request.needs_key and self.api_key is None:
            hint = "Set RUNAPI_API_KEY, or log in with RunAPI's own command line."
            raise KeyMissingError("there is no API key", hint=hint)
        sent_at = await self.gate.admit(submits=request.method != "GET")
        try:
            answer = await self._send(request, number)
        except RateLimitError as error:
            error.retry_after = self.gate.refused(sent_at, error.retry_after)
            raise
        self.gate.answered(sent_at)
        return answer

    async def _send(self, request: Request, number: int) -> Answer:
        url = f"{self.base_url}/api/v1/{request.path}"
        where, name = url.removeprefix(_origin(url)).partition("?")[0], request.headers.get("X-Client-Request-Id")
        with logged(Entry(request.method, where, number, self.key, name)) as entry:
            try:
                with self.clients.one() as client:
                    response = await client.request(
                        request.method, _parsed(url), headers=dict(request.headers), content=request.body
                    )
            except httpx.TransportError as error:
                entry.outcome = type(error).__name__
                raise unreachable(error, self.base_url, self.key) from None
            except httpx.DecodingError:
                raise _undecodable(self.base_url) from None
            entry.note(response, len(response.content))
            return self._read(response)

    def _read(self, response: httpx.Response) -> Answer:
        if response.status_code == httpx.codes.NOT_MODIFIED and "If-None-Match" in response.request.headers:
            return Answer(response.status_code, None, response.headers)
        if response.is_success:
            try:
                return Answer(response.status_code, read_json(response), response.headers)
            except ValueError:
                pass
        raise error_from_response(response, self.now())


_parsed = lru_cache(maxsize=4096)(httpx.URL)
"""Every create goes to one of a few addresses, every poll of a task to the same: httpx looks at each letter of one."""


def _undecodable(base_url: str) -> UnintelligibleAnswerError:
    error = UnintelligibleAnswerError(f"{base_url} answered in a compression that cannot be undone")
    error.is_garbled = True
    return error


def _origin(url: str) -> str:
    return "/".join(url.split("/")[:3])
