"""What a request costs here: the published rate, or the invented one where none is published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kling_render.catalog import Catalog, MediaLookup
from mock_server.core.config import Config
from mock_server.core.messages import invalid_field

_MOST_SECONDS = 3_600
"""The longest clip that the mock makes: far beyond every model, and still a file."""


@dataclass(frozen=True)
class Charge:
    """What one task costs, in micro-USD, and how that was reckoned.

    Attributes:
        seconds: what is billed: the clip's length, rounded up to whole seconds (RunAPI publishes no rounding).
        values: the request with the defaults that count for what it left out, the length among them.
    """

    micro_usd: int
    seconds: int
    basis: str
    values: Mapping[str, Any]


def charge(catalog: Catalog, config: Config, action: str, body: Mapping[str, Any], media: MediaLookup) -> Charge:
    """The price of a valid request: billed seconds times the rate for its effective values.

    Raises:
        Refusal: 422 for a length that no clip has, which somebody's own catalog may allow.
    """
    known = catalog.length(action, body, media=media).seconds
    seconds = config.assumed_media_seconds if known is None else known
    _refuse_lengths(seconds, body)
    values = {**catalog.effective(action, body, media=media), "duration_seconds": seconds}
    length = f"{seconds} s" if known is not None else f"{seconds} s (assumed: the length of its media is not known)"
    if price := catalog.rates.price(action, values):
        basis = f"{length} at {price.rate_cents.normalize():f} cents per second"
        return Charge(price.micro_usd, seconds, basis, values)
    rate = config.unpublished_micro_usd_per_second
    cents = (Decimal(rate) / 10_000).normalize()
    basis = f"{length} at {cents:f} cents per second (invented: no rate is published)"
    return Charge(rate * seconds, seconds, basis, values)


def _refuse_lengths(seconds: int, body: Mapping[str, Any]) -> None:
    lengths: dict[str, Any] = {"duration_seconds": seconds}
    for at, shot in enumerate(multi_shots(body)):
        lengths[f"multi_prompt[{at}].duration_seconds"] = shot.get("duration_seconds")
    for field, length in lengths.items():
        if isinstance(length, int) and not 1 <= length <= _MOST_SECONDS:
            text = f"{field}: a clip of {length} s cannot be made here, from 1 to {_MOST_SECONDS} s can"
            raise invalid_field(field, text)


def multi_shots(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The shots that a valid request writes out; none for a single shot, and none where the server cuts."""
    if body.get("multi_shots") is not True or body.get("shot_type") == "automatic":
        return []
    return list(body.get("multi_prompt") or [])
