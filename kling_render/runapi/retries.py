"""Which failures are repeated, how often or how long, and what is waited in between.

Three classes, each bounded by what it threatens:

- No answer, a 5xx, or a success whose body cannot be read: the same request again, so that a create carries the same
  bytes and key. A few attempts in all; the pause doubles, with jitter, unless the server says how long to wait.
- 429: waited out as told, bounded by time and not by attempts, because the server is well and only busy.
- Everything else (400, 401, 402, 403, 404, 409, 413, 415, 422, redirects): never. It would be refused again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import TypeVar

import anyio

from kling_render.errors import ApiError, RateLimitError, UnintelligibleAnswerError, UnreachableError
from kling_render.runapi.pacing import FIRST_PAUSE_SECONDS, Patience

_LONGEST_PAUSE_SECONDS = 8.0
_LONGEST_RETRY_AFTER_SECONDS = 120.0
_MOST_DOUBLINGS = 10  # beyond the longest pause
_TOO_MANY_REQUESTS = 429

_Answer = TypeVar("_Answer")


def is_passing(error: ApiError) -> bool:
    """Whether the same request may well succeed in a moment."""
    return (
        isinstance(error, UnreachableError)
        or has_server_failed(error)
        or (isinstance(error, UnintelligibleAnswerError) and error.is_garbled)
    )


def has_server_failed(error: ApiError) -> bool:
    """Whether the answer was a 5xx."""
    return error.status is not None and error.status >= 500


def may_have_acted(error: ApiError) -> bool:
    """Whether the server may have done what was asked, although this is all that came of it."""
    if isinstance(error, UnintelligibleAnswerError) and error.is_garbled:
        return True
    return has_server_failed(error) or (error.status is None and not error.never_sent)


@dataclass(frozen=True)
class Retries:
    """Repeats what fails in passing.

    Attributes:
        attempts: at most so many in all, the first included; those that a 429 answers do not count.
        patience_seconds: how long a 429 is waited out.
        random: the source of the jitter.
    """

    attempts: int
    patience_seconds: float
    random: Random

    async def run(
        self, attempt: Callable[[int], Awaitable[_Answer]], *, passing: Callable[[ApiError], bool] = is_passing
    ) -> _Answer:
        """The first answer that comes.

        Args:
            attempt: sends the request; told which attempt this is, from 1.
            passing: what is worth another attempt.

        Raises:
            ApiError: the error of the last attempt, or the first that is not `passing`; `after_unknown` says whether
                the server may have acted on an earlier one.
            RateLimitError: a 429 outlasted the patience.
        """
        patience = Patience(self.patience_seconds)
        failures = refusals = 0
        unknown = False
        while True:
            try:
                return await attempt(failures + refusals + 1)
            except ApiError as error:
                error.after_unknown = unknown
                unknown |= may_have_acted(error)
                if _can_be_waited_out(error):
                    refusals += 1
                    await patience.wait(error, error.retry_after or self._pause_seconds(refusals))
                    continue
                failures += 1
                if failures >= self.attempts or not passing(error):
                    raise
                await anyio.sleep(self._pause_after(error, failures))

    def _pause_after(self, error: ApiError, failures: int) -> float:
        if error.retry_after is not None:
            return min(error.retry_after, _LONGEST_RETRY_AFTER_SECONDS)
        return self._pause_seconds(failures)

    def _pause_seconds(self, failures: int) -> float:
        pause: float = FIRST_PAUSE_SECONDS * 2 ** min(failures - 1, _MOST_DOUBLINGS) * self.random.uniform(1.0, 1.5)
        return min(pause, _LONGEST_PAUSE_SECONDS)


def _can_be_waited_out(error: ApiError) -> bool:
    """Whether this is a 429, of the API or of a storage, for which nobody has lost patience yet."""
    if isinstance(error, RateLimitError) and error.waited_seconds is not None:
        return False
    return error.status == _TOO_MANY_REQUESTS
