"""Where an attempt can stand, and which of these states are open, bought or counted."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where an attempt stands."""

    INTENT = "intent"
    """On disk before the POST; whether the server has it is not known."""
    SUBMITTED = "submitted"
    PROCESSING = "processing"
    COMPLETED = "completed"
    """Finished on the server, not yet on disk."""
    DOWNLOADED = "downloaded"
    FAILED = "failed"
    MODERATED = "moderated"
    """Content moderation refused it; the same request would be refused again, so nothing retries it by itself."""
    RELEASED = "released"
    """Refused outright for a reason that passes (key, credit, rate): not charged, and due again."""
    UNKNOWN = "unknown"
    """Perhaps paid, and too late (or refused with 409) to ask again with the same key; never resubmitted by itself."""
    ABANDONED = "abandoned"
    """A person gave up on it: possibly charged for good, and a new attempt is a new key."""
    EXPIRED = "expired"
    """Paid; its clip is not here and can be fetched no more."""
    ELSEWHERE = "elsewhere"
    """Paid according to `takes.lock`, and not on this disk yet: to be fetched by its task id."""


OPEN_STATES = frozenset({State.INTENT, State.SUBMITTED, State.PROCESSING, State.COMPLETED, State.ELSEWHERE})
BOUGHT_STATES = frozenset({State.COMPLETED, State.DOWNLOADED, State.EXPIRED, State.ELSEWHERE})
MADE_STATES = BOUGHT_STATES - {State.EXPIRED}
"""States of a clip that is paid, made, and here or to be fetched."""
COUNTED_STATES = OPEN_STATES | BOUGHT_STATES | {State.UNKNOWN, State.ABANDONED}
"""States in which a reservation counts. The triggers of the ledger's file know them too: a change is a migration."""
