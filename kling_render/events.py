"""What happens during a render, as a stream of frozen values; displays and logs consume it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "started", "resumed", "uploaded", "submitted", "status", "downloaded", "retried", "failed", "stopped", "finished"
]


@dataclass(frozen=True)
class Event:
    """One step of a render.

    Attributes:
        kind: `started` and `finished` frame the run; `stopped` says why nothing more is submitted; `uploaded` names a
            local file; all others are about one take.
        address: the take, or "" for the run.
        message: in words, for people.
        task_id: the server's task, once there is one.
        micro_usd: `submitted`: reserved; `downloaded`: settled (or reserved, where the server did not say).
        count: `started`: how many takes there are to buy or go on with.
    """

    kind: Kind
    address: str = ""
    message: str = ""
    task_id: str | None = None
    micro_usd: int = 0
    count: int = 0


Emit = Callable[[Event], None]


def ignore(event: Event) -> None:
    """The listener of those who do not listen."""
