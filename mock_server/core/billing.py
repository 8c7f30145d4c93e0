"""What a request costs here: the published rate, or the invented one where none is published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kling_render.catalog import Catalog
from mock_server.core.config import Config

_ASSUMED_SECONDS = 5  # of models whose length follows their media, which the simulator does not open


@dataclass(frozen=True)
class Charge:
    """What one task costs, in micro-USD, and how that was reckoned."""

    micro_usd: int
    seconds: int
    basis: str


def charge(catalog: Catalog, config: Config, action: str, body: Mapping[str, Any]) -> Charge:
    """The price of a valid request: billed seconds times the rate for its effective values."""
    seconds = clip_seconds(catalog, action, body)
    values = {**catalog.effective(action, body), "duration_seconds": seconds}
    if price := catalog.rates.price(action, values):
        return Charge(price.micro_usd, seconds, f"{seconds} s at {price.rate_cents.normalize():f} cents per second")
    rate = config.unpublished_micro_usd_per_second
    cents = (Decimal(rate) / 10_000).normalize()
    return Charge(
        rate * seconds, seconds, f"{seconds} s at {cents:f} cents per second (invented: no rate is published)"
    )


def clip_seconds(catalog: Catalog, action: str, body: Mapping[str, Any]) -> int:
    """The length of the clip of a valid request in seconds."""
    seconds = catalog.effective(action, body).get("duration_seconds")
    return seconds if isinstance(seconds, int) else _ASSUMED_SECONDS


def multi_shots(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The shots that a valid request writes out; none for a single shot, and none where the server cuts."""
    if body.get("multi_shots") is not True or body.get("shot_type") == "automatic":
        return []
    return list(body.get("multi_prompt") or [])
