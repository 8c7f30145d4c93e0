"""What a client reckons by its own clock, which the time of a fast server outruns."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from mock_server.core.config import Config


def client_seconds(config: Config, seconds: float) -> float:
    """How long a client sees simulated seconds last."""
    return seconds / config.speed


def client_time(config: Config, began: datetime, at: datetime) -> datetime:
    """What a client's clock shows at a simulated time, when both showed the same at the beginning."""
    return began + (at - began) / config.speed


def retry_after(config: Config, seconds: float | None, client_now: datetime | None = None) -> dict[str, str]:
    """The header that asks a client to wait: whole seconds, as HTTP demands, and never too few; empty for None.

    Args:
        config: the simulator's settings, for its speed.
        seconds: simulated seconds.
        client_now: the time by the client's clock, when the header is to be an HTTP date.
    """
    if seconds is None:
        return {}
    pause = round(client_seconds(config, seconds), 6)
    if client_now is None:
        return {"retry-after": str(math.ceil(pause))}
    end = (client_now + timedelta(seconds=pause)).astimezone(UTC)
    whole = end.replace(microsecond=0) + timedelta(seconds=1 if end.microsecond else 0)
    return {"retry-after": format_datetime(whole, usegmt=True)}
