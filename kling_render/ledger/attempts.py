"""One try at buying one take, its clip, and whose books it stands in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from kling_render.ledger.states import COUNTED_STATES, OPEN_STATES, State


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
    """One try at buying one take, as the ledger has it. Amounts are micro-USD.

    `estimated_micro_usd` is None where nothing but what is reserved is known of it: reserved is the larger of our own
    estimate and what the server quoted.

    The id is 0 and the run's id empty where `takes.lock` knows of it and the ledger does not.
    """

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
    estimated_micro_usd: int | None = None

    @property
    def counted_micro_usd(self) -> int:
        """What it takes out of a budget: settled if known, else reserved while it is or may have been charged."""
        return counted_micro_usd(self.state, self.reserved_micro_usd, self.settled_micro_usd)

    @property
    def expected_micro_usd(self) -> int:
        """What the plan said that it costs."""
        return self.reserved_micro_usd if self.estimated_micro_usd is None else self.estimated_micro_usd

    @property
    def drift(self) -> float | None:
        """How far what was settled is from the estimate, as a fraction of it (0.05 is 5 % more); None within 1 %.

        Where nothing was expected, all of the charge is drift: 1.0. None as well while nothing is settled, and where
        the server charged nothing for a failure.
        """
        expected, settled = self.expected_micro_usd, self.settled_micro_usd
        if not settled or abs(settled - expected) * 100 <= expected:
            return None
        return (settled - expected) / (expected or settled)

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


def counted_micro_usd(state: State, reserved: int, settled: int | None) -> int:
    """What an attempt takes out of a budget: settled if known, else reserved while it is or may have been charged."""
    if settled is not None:
        return settled
    return reserved if state in COUNTED_STATES else 0
