"""What goes wrong on purpose: requests to come that are refused, and tasks to come that fail."""

from __future__ import annotations

import itertools
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass

from kling_render.catalog import did_you_mean
from mock_server.core.client_clock import retry_after as retry_after_header
from mock_server.core.config import Config
from mock_server.core.messages import Refusal
from mock_server.core.routes import ROUTES

_CODES: Mapping[int, str] = {
    400: "bad_request",
    401: "unauthorized",
    402: "insufficient_credits",
    403: "forbidden",
    404: "not_found",
    409: "idempotency_conflict",
    422: "validation_failed",
    429: "rate_limited",
    500: "internal_error",
    502: "bad_gateway",
    503: "service_unavailable",
    504: "gateway_timeout",
}
"""RunAPI publishes the statuses and no list of codes: these are invented, but for those that the mock uses itself."""
_ENDPOINTS = tuple(route.name for route in ROUTES)


@dataclass(frozen=True)
class _Planned:
    status: int
    retry_after: float | None


class Faults:
    """The faults of one simulator; each is used up once it has happened."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._refusals: defaultdict[str, deque[_Planned]] = defaultdict(deque)
        self._failures: deque[str] = deque()

    def refuse_next(self, status: int, times: int, endpoint: str, retry_after: float | None) -> None:
        """Plan refusals, after those that are planned already.

        Raises:
            ValueError: no such endpoint, not a status of an error, less than once, or a pause that is negative.
        """
        _require(endpoint in _ENDPOINTS, f"unknown endpoint {endpoint}{did_you_mean(endpoint, _ENDPOINTS)}")
        _require(400 <= status <= 599, f"status must be from 400 to 599, not {status}")
        _require(times >= 1, f"times must be at least 1, not {times}")
        _require(retry_after is None or retry_after >= 0, f"retry_after must not be negative, not {retry_after}")
        self._refusals[endpoint].extend(itertools.repeat(_Planned(status, retry_after), times))

    def fail_next(self, error: str, times: int) -> None:
        """Plan failures of tasks, after those that are planned already.

        Raises:
            ValueError: without a text, or less than once.
        """
        _require(bool(error), "error must say why the task fails")
        _require(times >= 1, f"times must be at least 1, not {times}")
        self._failures.extend(itertools.repeat(error, times))

    def meet(self, endpoint: str) -> None:
        """Pass a request to an endpoint for which nothing is planned.

        Raises:
            Refusal: the one that is planned next.
        """
        if planned := self._refusals[endpoint]:
            fault = planned.popleft()
            text = f"the mock server was told to answer {fault.status}"
            headers = retry_after_header(self._config, fault.retry_after)
            raise Refusal(fault.status, _CODES.get(fault.status, "refused"), text, headers=headers)

    def next_error(self, number: int) -> str:
        """Why the task of this number (from 1) will fail; empty for one that completes."""
        if self._failures:
            return self._failures.popleft()
        every = self._config.fail_every
        return f"the mock server was told to fail one task in {every}" if every and number % every == 0 else ""


def _require(holds: bool, text: str) -> None:
    if not holds:
        raise ValueError(text)
