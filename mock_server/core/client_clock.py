"""What a client reckons by its own clock, which the time of a fast server outruns."""

from __future__ import annotations

import math

from mock_server.core.config import Config


def client_seconds(config: Config, seconds: float) -> float:
    """How long a client sees simulated seconds last."""
    return seconds / config.speed


def retry_after(config: Config, seconds: float | None) -> dict[str, str]:
    """The header that asks a client to wait: whole seconds, as HTTP demands, and never too few; empty for None."""
    if seconds is None:
        return {}
    return {"retry-after": str(math.ceil(round(client_seconds(config, seconds), 6)))}
