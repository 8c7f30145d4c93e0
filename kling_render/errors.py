"""Every error of the tool: what people did or met (messages and exit codes), never bugs.

The tree::

    KlingRenderError                     exit code
    ├── UsageError                            2   a combination of options that makes no sense
    ├── BudgetError                           3   a cap, or a price nobody knows
    ├── InvalidProjectError                   4   faults in project files and templates, all at once
    ├── PollTimeoutError                      5   the wait was over; the work stays open
    ├── IncompleteError                       7   some takes were not delivered
    ├── LockedError                           8   another render holds the ledger
    ├── PlanChangedError                      9   the plan is not the one that was agreed
    ├── KeyMissingError                      10   no API key
    ├── StorageError                         12   a folder or the ledger cannot be written or read
    └── ApiError                                  what the server answered, or failed to answer
        ├── AuthenticationError              10   401, 403
        ├── InsufficientCreditsError          3   402
        ├── RequestRefusedError               7   400, 404, 413, 415, 422: this request, not the connection
        │   └── ModerationError               7   content moderation refuses it, so that it is never repeated
        ├── ConflictError                     7   409: the same key with another input
        ├── RateLimitError                    6   429
        ├── ServerError                      11   5xx
        ├── UnintelligibleAnswerError        11   HTML, broken JSON, an answer without an id
        ├── UnreachableError                 11   no connection, or it broke
        └── DownloadError                     7   a clip came short or broken
            └── ExpiredUrlError               7   its address is dead; the task may have a fresh one

Anything else that is raised is a bug and shows a traceback.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

Rule = Literal["project", "toml", "api-key", "file", "unknown-key", "missing-key", "template", "api"]
"""The stable name of a kind of fault, by which code scanning groups and silences them."""


@dataclass(frozen=True, order=True)
class Place:
    """Where something stands: a file, the dotted key in it and, where known, line and column.

    Attributes:
        file: the file, as it was named.
        key: the dotted key in a TOML file, such as `shot.arrival.sequence[1].prompt`.
        line: from 1.
        column: from 1, in characters (code points).
        offset: from 0, the character of the text at that key, as TOML decodes it.
        of: whether the value at that key is meant, or the key itself.
    """

    file: Path
    key: str = ""
    line: int | None = None
    column: int | None = None
    offset: int | None = None
    of: Literal["value", "key"] = "value"

    def __str__(self) -> str:
        where = f"{self.file}{self.position}"
        return f"{where}: {self.key}" if self.key else where

    @property
    def position(self) -> str:
        """`:3:12`, as far as line and column are known."""
        if self.line is None:
            return ""
        return f":{self.line}" if self.column is None else f":{self.line}:{self.column}"


@dataclass(frozen=True)
class Fault:
    """One thing wrong (or, as a warning, doubtful) in a project, with its place and what to do about it."""

    place: Place
    message: str
    hint: str = ""
    severity: Literal["error", "warning"] = "error"
    rule: Rule = "project"

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" + (f"\n    {self.hint}" if self.hint else "")


class KlingRenderError(Exception):
    """Base of all errors meant for people: a message, a hint on what to do next, an exit code."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(KlingRenderError):
    """Options or arguments that contradict each other."""

    exit_code = 2


class BudgetError(KlingRenderError):
    """A cap would be broken, or a price is unknown and the project denies unknown prices."""

    exit_code = 3


class InvalidProjectError(KlingRenderError):
    """The project has faults; all that were found stand in `faults`, sorted by place."""

    exit_code = 4

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(dict.fromkeys(faults), key=by_place))
        count = len(self.faults)
        super().__init__(f"{count} fault{'s' if count != 1 else ''} in the project")

    def __str__(self) -> str:
        return "\n".join([self.message, *map(str, self.faults)])


class PollTimeoutError(KlingRenderError):
    """The server had not finished when the wait was over; the tasks stay open and are polled by the next run."""

    exit_code = 5


class IncompleteError(KlingRenderError):
    """The run ended with takes that were not delivered."""

    exit_code = 7


class LockedError(KlingRenderError):
    """Another process renders this project."""

    exit_code = 8


class PlanChangedError(KlingRenderError):
    """The plan's hash is not the expected one."""

    exit_code = 9


class KeyMissingError(KlingRenderError):
    """No API key was found in any of the places where it may stand."""

    exit_code = 10


class StorageError(KlingRenderError):
    """A file, folder or the ledger could not be read or written."""

    exit_code = 12


class ApiError(KlingRenderError):
    """The server's answer, or its absence; carries what support would ask for.

    Attributes:
        status: HTTP status, or None when there was no answer.
        code: the `code` of the server's error envelope, if any.
        request_id: the server's `X-Request-Id`, if any.
        task_id: the server's `X-RunAPI-Task-Id`, if any.
        retry_after: seconds the server asked to wait, if it did; after a 429 of the API, what all submitters wait.
        after_unknown: whether an earlier try of the same request may have reached the server.
        never_sent: whether certainly nothing left this machine.
    """

    exit_code = 11
    after_unknown = False
    never_sent = False

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        task_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.code = code
        self.request_id = request_id
        self.task_id = task_id
        self.retry_after = retry_after


class AuthenticationError(ApiError):
    """The server refused the key (401 or 403)."""

    exit_code = 10


class InsufficientCreditsError(ApiError):
    """The account has too little credit (402)."""

    exit_code = 3


class RequestRefusedError(ApiError):
    """The server refuses this very request (400, 404, 413, 415, 422)."""

    exit_code = 7


class ModerationError(RequestRefusedError):
    """Content moderation refuses this request; repeated unchanged, it would be refused again."""


class ConflictError(ApiError):
    """The idempotency key was used before with another input (409)."""

    exit_code = 7


class RateLimitError(ApiError):
    """Too many requests (429), also after waiting as told.

    Attributes:
        waited_seconds: how long that was, once it is given up; None while it may still be waited out.
    """

    exit_code = 6
    waited_seconds: float | None = None


class ServerError(ApiError):
    """The server failed (5xx)."""


class UnintelligibleAnswerError(ApiError):
    """An answer that cannot be read: HTML, broken JSON, no id.

    Attributes:
        is_garbled: whether it is a success whose body cannot be decoded at all, rather than one that makes no sense:
            the server has acted, and the next answer may be whole.
    """

    is_garbled = False


class UnreachableError(ApiError):
    """No connection to the server, or it broke before the answer."""


class DownloadError(ApiError):
    """A clip came short, broken, or not at all."""

    exit_code = 7


class ExpiredUrlError(DownloadError):
    """A clip's address is refused or gone (401, 403, 404, 410): its task may have a fresh one."""


def by_place(fault: Fault) -> tuple[str, int, int, str]:
    """The order in which faults are reported."""
    place = fault.place
    return (str(place.file), place.line or 0, place.column or 0, place.key)
