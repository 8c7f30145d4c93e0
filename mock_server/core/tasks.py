"""A task: what was asked, what it costs, and its state as a pure function of time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, get_args

Status = Literal["pending", "processing", "completed", "failed"]
STATUSES: tuple[str, ...] = get_args(Status)
NEVER = datetime.max.replace(tzinfo=UTC)
"""When a task ends that is stuck."""


@dataclass(frozen=True)
class Task:
    """One accepted request; its times are fixed when it is created.

    Attributes:
        account: digest of the account it belongs to.
        body: the request as it was sent.
        values: the request with the defaults that count for what it left out.
        seconds: length of its clip.
        micro_usd: what is reserved at creation, settled at completion, and released when the task fails.
        completes_at: when it ends, either way; `NEVER` for one that is stuck.
        base_url: what the URL of its result starts with where nobody asks for it: in a callback.
        client_request_id: the caller's own name for it, if it sent one.
        key_digest: SHA-256 (hex) of the Idempotency-Key that made it; empty where there was none.
        error: why it will fail; empty for a task that completes.
        error_code: a word for machines beside the error; empty where the error is a text alone.
        mask: the status that is shown in place of its own; empty for none.
        masked_polls: how many polls see the mask; None for all of them.
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
    key_digest: str = ""
    error: str = ""
    error_code: str = ""
    mask: str = ""
    masked_polls: int | None = None
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

    def mask_at(self, poll: int) -> str:
        """The status that is shown in place of its own to the poll of this number (from 1); empty for none."""
        is_masked = poll > 0 and (self.masked_polls is None or poll <= self.masked_polls)
        return self.mask if is_masked else ""
