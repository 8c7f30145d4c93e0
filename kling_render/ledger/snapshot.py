"""What the ledger knows at one moment, frozen: the pure side that plans and reports read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property


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
    RELEASED = "released"
    """Refused outright for a reason that passes (key, credit, rate): not charged, and due again."""
    UNKNOWN = "unknown"
    """Perhaps paid, and too late (or refused with 409) to ask again with the same key; never resubmitted by itself."""


OPEN_STATES = frozenset({State.INTENT, State.SUBMITTED, State.PROCESSING, State.COMPLETED})
BOUGHT_STATES = frozenset({State.COMPLETED, State.DOWNLOADED})
COUNTED_STATES = OPEN_STATES | BOUGHT_STATES | {State.UNKNOWN}


@dataclass(frozen=True)
class Clip:
    """A downloaded clip: path relative to the project's folder, digest, size in bytes, and what a probe saw."""

    path: str
    sha256: str
    byte_count: int
    seconds: float
    width: int
    height: int
    has_sound: bool


@dataclass(frozen=True)
class Attempt:
    """One try at buying one take, as the ledger has it. Amounts are micro-USD."""

    id: int
    address: str
    fingerprint: str
    take: int
    attempt: int
    state: State
    action: str
    model: str
    key: str
    client_request_id: str
    body: bytes
    reserved_micro_usd: int
    settled_micro_usd: int | None
    task_id: str | None
    error: str | None
    created_at: datetime
    run_id: str
    profile: str
    title: str
    clip: Clip | None = None
    url_expires_at: datetime | None = None

    @property
    def counted_micro_usd(self) -> int:
        """What it takes out of a budget: settled if known, else reserved while it is or may have been charged."""
        if self.settled_micro_usd is not None:
            return self.settled_micro_usd
        return self.reserved_micro_usd if self.state in COUNTED_STATES else 0

    @property
    def drift(self) -> float | None:
        """How far what was settled is from what was reserved, as a fraction of it (0.05 is 5 % more); None within 1 %.

        Where nothing was reserved, all of the charge is drift: 1.0. None as well while nothing is settled, and where
        the server charged nothing for a failure.
        """
        reserved, settled = self.reserved_micro_usd, self.settled_micro_usd
        if not settled or abs(settled - reserved) * 100 <= reserved:
            return None
        return (settled - reserved) / (reserved or settled)

    @property
    def is_open(self) -> bool:
        """Whether the next render has something to do for it."""
        return self.state in OPEN_STATES


@dataclass(frozen=True)
class Identity:
    """Origin and account to which rows belong: what was bought from one is not bought from another."""

    origin: str
    account_id: str
    account_name: str = field(default="", compare=False)


@dataclass(frozen=True)
class Snapshot:
    """All attempts of one project with one origin and account, oldest first."""

    identity: Identity | None = None
    attempts: tuple[Attempt, ...] = ()

    @cached_property
    def _latest(self) -> dict[tuple[str, int], Attempt]:
        return {(each.fingerprint, each.take): each for each in self.attempts}

    @cached_property
    def _addresses(self) -> dict[str, list[Attempt]]:
        found: dict[str, list[Attempt]] = {}
        for each in self.attempts:
            found.setdefault(each.address, []).append(each)
        return found

    def latest(self, fingerprint: str, take: int) -> Attempt | None:
        """The newest attempt at exactly this request and take."""
        return self._latest.get((fingerprint, take))

    def bought_before(self, address: str) -> bool:
        """Whether this address has a paid clip of whatever request."""
        return any(each.state in BOUGHT_STATES for each in self._addresses.get(address, ()))

    @property
    def open(self) -> tuple[Attempt, ...]:
        """Attempts that the next render goes on with."""
        return tuple(each for each in self._latest.values() if each.is_open)

    @property
    def unanswered(self) -> tuple[Attempt, ...]:
        """Requests that were perhaps never sent: a render repeats them under their keys, so they may cost now."""
        return tuple(each for each in self.open if each.state is State.INTENT)

    def counted_micro_usd(self, attempts: Iterable[Attempt] | None = None) -> int:
        """What these attempts (all by default) take out of a budget."""
        return sum(each.counted_micro_usd for each in (self.attempts if attempts is None else attempts))
