"""Why a take is not delivered, a type for each cause; what the client raises is in `kling_render.errors`.

What is done about each class of failure:

- no connection, an answer that broke or cannot be read, 5xx: the same bytes with the same key, a bounded number of
  times, with growing pauses (`runapi.retries`); afterwards the attempt stays open and nothing more is submitted;
- 429: all submitters wait as the server says, together (`runapi.pacing`);
- a task that failed: bought anew as often as `[render] retries` allows, each a new reservation inside the caps;
- moderation and validation: never tried again by themselves; the message says what was refused;
- 401, 403: nothing more is submitted;
- 402: nothing more is submitted, what is in flight is finished and kept;
- a status that is not known: looked at for a while longer, then told; the task stays open.
"""

from __future__ import annotations

from kling_render.errors import ApiError, DownloadError, IncompleteError, KlingRenderError
from kling_render.ledger import Attempt


class TaskFailedError(KlingRenderError):
    """The server could not make the clip; the reservation is released.

    Attributes:
        attempt: the attempt as the ledger has it now.
    """

    exit_code = 7

    def __init__(self, message: str, attempt: Attempt, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.attempt = attempt


class TaskModeratedError(TaskFailedError):
    """Content moderation refused the clip; asking again changes nothing."""


class TaskLostError(ApiError):
    """The server does not know a task that it once gave out; the attempt stays open."""

    exit_code = 7


class UnknownStatusError(ApiError):
    """The server goes on saying a status that is not known; the task stays open."""

    exit_code = 7


class PossiblyChargedError(KlingRenderError):
    """An attempt whose answer never came, and that can no longer be asked for: never resubmitted by itself."""

    exit_code = 7


class BlockedError(IncompleteError):
    """The clip that a take refers to will not be there."""


class ClipGoneError(DownloadError):
    """A paid clip is not on this machine, and the server does not keep it any more."""


class RenderInterruptedError(KlingRenderError):
    """Somebody stopped the render; what was submitted is kept, and the next run goes on."""

    exit_code = 130


def alone(group: BaseExceptionGroup[BaseException]) -> KlingRenderError | None:
    """The error for people that is all there is in a group, or None: task groups wrap what their block raises."""
    if len(group.exceptions) != 1:
        return None
    (only,) = group.exceptions
    return alone(only) if isinstance(only, BaseExceptionGroup) else only if isinstance(only, KlingRenderError) else None
