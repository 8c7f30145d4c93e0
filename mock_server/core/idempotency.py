"""Which task an Idempotency-Key stands for, and for how long that is remembered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from mock_server.core.messages import Refusal


@dataclass(frozen=True)
class Use:
    """One use of a key: the digest of action and input, the task it made, and when."""

    input_digest: str
    task_id: str
    at: datetime


class Replays:
    """The keys of one account."""

    def __init__(self, retain: timedelta) -> None:
        self._retain = retain
        self._uses: dict[str, Use] = {}

    def find(self, key: str | None, input_digest: str, now: datetime) -> str | None:
        """The task that this key and input made, or None when the key is new or was forgotten.

        Raises:
            Refusal: 409 when the key was used with another input.
        """
        use = self._uses.get(key) if key is not None else None
        if use is None or now - use.at > self._retain:
            return None
        if use.input_digest != input_digest:
            text = f"this Idempotency-Key was used with another input, for task {use.task_id}"
            raise Refusal(409, "idempotency_conflict", text, headers={"x-runapi-task-id": use.task_id})
        return use.task_id

    def forget(self) -> None:
        """Let every key be new again."""
        self._uses.clear()

    def remember(self, key: str | None, input_digest: str, task_id: str, now: datetime) -> None:
        """Keep what a key was used for; a task without a key is not remembered."""
        if key is not None:
            self._uses[key] = Use(input_digest, task_id, now)
