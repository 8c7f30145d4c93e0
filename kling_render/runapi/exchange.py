"""One request to the API, and its answer as decoded JSON or as the error that it means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import httpx

from kling_render.errors import KeyMissingError, UnintelligibleAnswerError
from kling_render.runapi.bodies import read_json
from kling_render.runapi.failures import error_from_response, unreachable

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
class Exchange:
    """Asks the API at `base_url`; the client carries the key, where there is one, and follows no redirect."""

    client: httpx.AsyncClient
    base_url: str
    api_key: SecretStr | None
    now: Callable[[], datetime]

    @property
    def key(self) -> str:
        """The API key in plain, to be blanked in texts; empty where there is none."""
        return self.api_key.get_secret_value() if self.api_key is not None else ""

    async def attempt(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
        *,
        needs_key: bool = True,
    ) -> Answer:
        """Send one request, once.

        Args:
            method: the HTTP method.
            path: what follows `/api/v1/`, with its query.
            headers: besides those of the client.
            body: the exact bytes.
            needs_key: whether the endpoint answers nobody without a key.

        Raises:
            KeyMissingError: nothing was sent, because there is no key.
            ApiError: no answer, or one that is of no use.
        """
        if needs_key and self.api_key is None:
            hint = "Set RUNAPI_API_KEY, or log in with RunAPI's own command line."
            raise KeyMissingError("there is no API key", hint=hint)
        try:
            response = await self.client.request(
                method, f"{self.base_url}/api/v1/{path}", headers=headers, content=body
            )
        except httpx.TransportError as error:
            raise unreachable(error, self.base_url, self.key) from None
        except httpx.DecodingError:
            message = f"{self.base_url} answered in a compression that cannot be undone"
            raise UnintelligibleAnswerError(message) from None
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
