"""What a simulator is told when it is made."""

from __future__ import annotations

from dataclasses import dataclass, field

DEFAULT_BASE_URL = "https://runapi.ai"


@dataclass(frozen=True)
class Config:
    """Settings of one simulator; equal settings and equal requests give equal answers, byte for byte.

    Attributes:
        seed: what ids, latencies, signatures and clips derive from.
        api_keys: the keys that are accepted; empty accepts any key that is not blank. Each key has its own account.
        balance_micro_usd: what every account starts with.
        base_url: what the URLs of results and uploads start with; None takes `http://` and the request's own host.
        retain_keys_seconds: how long an Idempotency-Key is remembered. RunAPI publishes no figure: 24 h is invented.
        url_days: how long the URL of a result lives.
        unpublished_micro_usd_per_second: what a second costs where no rate is published: invented, dear on purpose.
    """

    seed: int = 0
    api_keys: tuple[str, ...] = field(default=(), repr=False)
    balance_micro_usd: int = 100_000_000
    base_url: str | None = DEFAULT_BASE_URL
    retain_keys_seconds: float = 24 * 60 * 60
    url_days: float = 7
    unpublished_micro_usd_per_second: int = 200_000
