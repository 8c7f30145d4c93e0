"""What a render would do about a take, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kling_render.ledger import Attempt, State


class TakeState(StrEnum):
    """What a render would do about a take."""

    NEW = "new"
    """Buy it."""
    CHANGED = "changed"
    """Buy it: its address has a paid clip, but of another request."""
    RETRY = "retry"
    """Buy it: the last attempt failed or was given up, and another was asked for."""
    AGAIN = "again"
    """Buy it although it was paid: its clip is lost, and that was asked for."""
    PENDING = "pending"
    """Buy it once the clip that it refers to is there: this render makes that."""
    IN_FLIGHT = "in flight"
    """Go on with it: it is submitted, or perhaps submitted."""
    ELSEWHERE = "elsewhere"
    """Fetch it: it is paid, by `takes.lock`, and its clip is not on this machine."""
    BOUGHT = "bought"
    """Nothing: its clip is paid and here."""
    SHARED = "shared"
    """Nothing of its own: the same request and take number stands earlier in the plan."""
    BLOCKED = "blocked"
    """Nothing: what it refers to will not be there."""
    FAILED = "failed"
    MODERATED = "moderated"
    UNKNOWN = "unknown"
    """Nothing: perhaps paid; `attach` or `abandon` it."""
    EXPIRED = "expired"
    """Nothing: paid, and its clip can no longer be fetched."""


DUE_STATES = frozenset({TakeState.NEW, TakeState.CHANGED, TakeState.RETRY, TakeState.AGAIN, TakeState.PENDING})
"""A render buys these."""

STUCK_STATES = frozenset(
    {TakeState.FAILED, TakeState.MODERATED, TakeState.UNKNOWN, TakeState.EXPIRED, TakeState.BLOCKED}
)
"""Not delivered, and no render tries them by itself."""

_BY_ATTEMPT = {
    State.DOWNLOADED: TakeState.BOUGHT,
    State.FAILED: TakeState.FAILED,
    State.MODERATED: TakeState.MODERATED,
    State.UNKNOWN: TakeState.UNKNOWN,
    State.EXPIRED: TakeState.EXPIRED,
    State.ELSEWHERE: TakeState.ELSEWHERE,
    State.ABANDONED: TakeState.RETRY,
}


@dataclass(frozen=True)
class Wishes:
    """What besides new and changed takes a render shall buy.

    Attributes:
        retry_failed: takes whose last attempt failed or was moderated.
        again: takes that were paid and whose clip is lost for good.
        now: the moment at which the URL of a clip elsewhere is still alive, or not.
    """

    retry_failed: bool = False
    again: bool = False
    now: datetime | None = None

    def state_of(self, attempt: Attempt | None) -> TakeState:
        """The state of a take by its newest attempt."""
        if attempt is None or attempt.state is State.RELEASED:
            return TakeState.NEW
        state = _BY_ATTEMPT.get(attempt.state, TakeState.IN_FLIGHT)
        if state is TakeState.ELSEWHERE and self._is_gone(attempt):
            state = TakeState.EXPIRED
        if self.retry_failed and state in (TakeState.FAILED, TakeState.MODERATED):
            return TakeState.RETRY
        return TakeState.AGAIN if self.again and state is TakeState.EXPIRED else state

    def _is_gone(self, attempt: Attempt) -> bool:
        expires = attempt.url_expires_at
        return self.now is not None and expires is not None and expires <= self.now


NO_WISHES = Wishes()


def next_number(last: Attempt | None) -> int:
    """The number of the attempt that follows the newest one; one that was refused for now keeps its number and key."""
    if last is None:
        return 1
    return last.attempt if last.state is State.RELEASED else last.attempt + 1
