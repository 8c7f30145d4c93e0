"""What renders write to a ledger: runs, intents, uploads; and what its books give back. Amounts are micro-USD."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kling_render.ledger.attempts import counted_micro_usd
from kling_render.ledger.states import State


@dataclass(frozen=True)
class Run:
    """One render, and everything about it that could not be recovered later.

    Attributes:
        plan_rows: its plan as JSON text, a list of [address, fingerprint, estimate in micro-USD]; empty where it was
            not kept.
    """

    id: str
    project_id: str
    origin: str
    account_id: str
    account_name: str
    profile: str
    client: str
    person: str
    price_card: str
    tool_version: str
    plan_hash: str
    started_at: datetime
    plan_rows: str = ""


@dataclass(frozen=True)
class Intent:
    """What is written before a POST: the exact bytes, the key, and the reservation in micro-USD.

    Attributes:
        estimated_micro_usd: the plan's own estimate; None where only the reservation is known.
    """

    address: str
    title: str
    fingerprint: str
    take: int
    attempt: int
    action: str
    model: str
    key: str
    client_request_id: str
    body: bytes
    reserved_micro_usd: int
    estimated_micro_usd: int | None = None


@dataclass(frozen=True)
class Upload:
    """Where a local file's content can be fetched, and until when that may be told anybody."""

    url: str
    usable_until: datetime


@dataclass(frozen=True)
class Entry:
    """One attempt in the books: what, for whom, by whom, and for how much.

    Attributes:
        at: when its intent was written.
    """

    at: datetime
    project_id: str
    address: str
    title: str
    fingerprint: str
    take: int
    attempt: int
    profile: str
    client: str
    person: str
    origin: str
    account_id: str
    account_name: str
    state: State
    action: str
    model: str
    reserved_micro_usd: int
    settled_micro_usd: int | None
    task_id: str | None
    run_id: str

    @property
    def counted_micro_usd(self) -> int:
        """What it takes out of a budget: settled if known, else reserved while it is or may have been charged."""
        return counted_micro_usd(self.state, self.reserved_micro_usd, self.settled_micro_usd)
