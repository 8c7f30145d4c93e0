"""One line of `takes.lock`: an attempt that has a task, as every clone of the project may know it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kling_render.ledger.attempts import Attempt, Clip
from kling_render.ledger.states import State

LockKey = tuple[str, str, str, str, int, int]
"""Project, origin, account, fingerprint, take, attempt: two lines with the same are about one purchase."""


@dataclass(frozen=True, slots=True)
class LockedTake:
    """An attempt that has a task id. Amounts are micro-USD.

    Attributes:
        is_paid: whether its clip was finished (`state` is "paid" in the file, else "open").
        clip: what was downloaded, by path relative to the project's folder.
        person: who bought it.
    """

    address: str
    title: str
    profile: str
    fingerprint: str
    take: int
    attempt: int
    project_id: str
    origin: str
    account_id: str
    action: str
    model: str
    task_id: str
    is_paid: bool
    settled_micro_usd: int | None
    reserved_micro_usd: int
    clip: Clip | None
    person: str
    created_at: datetime
    url_expires_at: datetime | None

    @property
    def key(self) -> LockKey:
        """Which purchase it is."""
        return (self.project_id, self.origin, self.account_id, self.fingerprint, self.take, self.attempt)

    def as_attempt(self, row_id: int = 0, run_id: str = "") -> Attempt:
        """The attempt that a ledger without a row of its own for it goes on with.

        Args:
            row_id: its row in the ledger; 0 while there is none.
            run_id: the run to which that row belongs.
        """
        return Attempt(
            id=row_id,
            address=self.address,
            fingerprint=self.fingerprint,
            take=self.take,
            attempt=self.attempt,
            state=State.ELSEWHERE,
            action=self.action,
            model=self.model,
            key="",
            client_request_id="",
            body=b"",
            reserved_micro_usd=self.reserved_micro_usd,
            settled_micro_usd=self.settled_micro_usd,
            task_id=self.task_id,
            error=None,
            created_at=self.created_at,
            run_id=run_id,
            profile=self.profile,
            title=self.title,
            clip=self.clip,
            url_expires_at=self.url_expires_at,
        )
