"""A render's own view of what was bought: the snapshot it began with, and every transition since."""

from __future__ import annotations

from dataclasses import replace
from operator import attrgetter

from kling_render.ledger import Attempt, Snapshot


class Live:
    """Every attempt as it stands now, and the newest one at each take of each request."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._began = snapshot
        self._attempts: dict[tuple[str, int, int], Attempt] = {}
        self._newest: dict[str, dict[int, Attempt]] = {}
        for attempt in snapshot.attempts:
            self.note(attempt)

    def note(self, attempt: Attempt) -> None:
        """Take a transition into account."""
        self._attempts[attempt.fingerprint, attempt.take, attempt.attempt] = attempt
        takes = self._newest.setdefault(attempt.fingerprint, {})
        known = takes.get(attempt.take)
        if known is None or attempt.attempt >= known.attempt:
            takes[attempt.take] = attempt

    @property
    def snapshot(self) -> Snapshot:
        """All attempts as they stand now."""
        return replace(self._began, attempts=tuple(sorted(self._attempts.values(), key=attrgetter("attempt"))))

    def latest(self, fingerprint: str, take: int) -> Attempt | None:
        """The newest attempt at exactly this request and take."""
        return self._newest.get(fingerprint, {}).get(take)

    def takes_of(self, fingerprint: str) -> tuple[Attempt, ...]:
        """The newest attempt at each take of a request, by number."""
        takes = self._newest.get(fingerprint, {})
        return tuple(takes[number] for number in sorted(takes))
