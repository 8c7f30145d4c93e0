"""A task: what was asked, what it costs, and its state as a pure function of time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Status = Literal["pending", "processing", "completed", "failed"]


@dataclass(frozen=True)
class Task:
    """One accepted request; its times are fixed when it is created.

    Attributes:
        account: digest of the account it belongs to.
        body: the request as it was sent.
        values: the request with the defaults that count for what it left out.
        seconds: length of its clip.
        micro_usd: what is reserved at creation, settled at completion, and released when the task fails.
        completes_at: when it ends, either way.
        base_url: what the URL of its result starts with where nobody asks for it: in a callback.
        client_request_id: the caller's own name for it, if it sent one.
        error: why it will fail; empty for a task that completes.
    """

    id: str
    account: str
    action: str
    model: str
    seconds: int
    micro_usd: int
    created_at: datetime
    starts_at: datetime
    completes_at: datetime
    base_url: str = ""
    client_request_id: str | None = None
    error: str = ""
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def callback_url(self) -> str:
        """Where its end is to be told; empty where nobody asked for that."""
        return str(self.values.get("callback_url", ""))

    def status_at(self, now: datetime) -> Status:
        """Its state: pending, then processing, then completed or failed."""
        if now >= self.completes_at:
            return "failed" if self.error else "completed"
        return "processing" if now >= self.starts_at else "pending"
