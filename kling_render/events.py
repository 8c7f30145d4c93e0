"""What happens during a render, as a stream of frozen values; displays and logs consume it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Kind = Literal[
    "started",
    "noticed",
    "resumed",
    "uploaded",
    "reserved",
    "submitted",
    "processing",
    "completed",
    "downloaded",
    "differs",
    "drifted",
    "retried",
    "released",
    "failed",
    "moderated",
    "unknown",
    "expired",
    "undelivered",
    "stopped",
    "finished",
]


@dataclass(frozen=True)
class Event:
    """One step of a render; `docs/events.md` documents each kind and its fields.

    Attributes:
        kind: `started` and `finished` frame the run; `stopped` says why nothing more is submitted; `noticed` is a word
            about the whole run; `uploaded` names a local file; all others are about one take. Those that bear the name
            of a ledger state are told once it is on disk.
        address: the take, or "" for the run.
        message: in words, for people.
        task_id: the server's task, once there is one.
        micro_usd: `reserved` and `submitted`: what is reserved; `completed` and `downloaded`: settled (or reserved,
            where the server did not say).
        count: `started`: how many takes there are to buy or go on with.
        attempt: which attempt at the take, from 1; 0 for the run.
        at: when (UTC).
    """

    kind: Kind
    address: str = ""
    message: str = ""
    task_id: str | None = None
    micro_usd: int = 0
    count: int = 0
    attempt: int = 0
    at: datetime | None = None


Emit = Callable[[Event], None]


def ignore(event: Event) -> None:
    """The listener of those who do not listen."""
