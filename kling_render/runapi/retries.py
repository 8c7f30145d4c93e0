"""How often a request is repeated, and how long is waited in between."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import Generic, TypeVar

import anyio
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt

from kling_render.errors import ApiError, UnreachableError

RETRYABLE_STATUSES = frozenset({429, 500, 502, 503, 504})

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 8.0
_LONGEST_RETRY_AFTER_SECONDS = 120.0

_Answer = TypeVar("_Answer")


def is_passing(error: BaseException) -> bool:
    """Whether the same request may well succeed in a moment."""
    return isinstance(error, UnreachableError) or (isinstance(error, ApiError) and error.status in RETRYABLE_STATUSES)


class _Watched(Generic[_Answer]):
    """Marks errors that come after a try of which nobody knows whether the server acted on it."""

    def __init__(self, attempt: Callable[[], Awaitable[_Answer]]) -> None:
        self._attempt = attempt
        self._unknown = False

    async def run(self) -> _Answer:
        try:
            return await self._attempt()
        except ApiError as error:
            error.after_unknown = self._unknown
            self._unknown |= (error.status is None and not error.never_sent) or (error.status or 0) >= 500
            raise


@dataclass(frozen=True)
class Retries:
    """Repeats what fails in passing; the pause doubles, with jitter, unless the server says how long to wait.

    Attributes:
        attempts: at most so many in all, the first included.
        random: the source of the jitter.
    """

    attempts: int
    random: Random

    async def run(
        self, attempt: Callable[[], Awaitable[_Answer]], *, passing: Callable[[BaseException], bool] = is_passing
    ) -> _Answer:
        """The first answer that comes.

        Raises:
            ApiError: the error of the last attempt, or the first that is not `passing`.
        """
        watched = _Watched(attempt)
        retrying = AsyncRetrying(
            sleep=anyio.sleep,
            stop=stop_after_attempt(self.attempts),
            wait=self._pause_seconds,
            retry=retry_if_exception(passing),
            reraise=True,
        )
        return await retrying(watched.run)

    def _pause_seconds(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome is not None else None
        if isinstance(error, ApiError) and error.retry_after is not None:
            return min(error.retry_after, _LONGEST_RETRY_AFTER_SECONDS)
        pause: float = _FIRST_PAUSE_SECONDS * 2 ** (state.attempt_number - 1)
        return min(pause * self.random.uniform(1.0, 1.5), _LONGEST_PAUSE_SECONDS)
