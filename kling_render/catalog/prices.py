"""The price interpreter: reads the published `billing_config` shape, bundled or live, and prices a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict

from kling_render.catalog.money import micro_from_cents


class PriceSchedule(BaseModel):
    """The published price of one model on one action; `unit_price_cents` is its highest rate, per second."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    action: str
    model: str
    service: str = "kling"
    pricing_status: str = "published"
    catalog_status: str = "active"
    currency: str = "USD"
    billing_unit: str = "second"
    billing_strategy: str = "per_unit"
    unit_price_cents: Decimal | None = None
    billing_config: Mapping[str, Any] = {}

    def rate_cents(self, values: Mapping[str, Any]) -> Decimal | None:
        """US cents per second for a request's effective values; None where no rate is published."""
        if self.unit_price_cents is None:
            return None
        if key := self.billing_config.get("key"):
            overrides = self.billing_config.get("overrides") or {}
            return _decimal(overrides.get(_word(values.get(key))), self.unit_price_cents)
        branch: Any = self.billing_config.get("matrix")
        for key in self.billing_config.get("keys", ()):
            branch = branch.get(_word(values.get(key))) if isinstance(branch, Mapping) else None
        return _decimal(branch, self.unit_price_cents)


@dataclass(frozen=True)
class Price:
    """What one take costs: rate (US cents per second), billed seconds, and their product in micro-USD."""

    rate_cents: Decimal
    seconds: int
    micro_usd: int


class RateCard(BaseModel):
    """All schedules of one date."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: str
    source: str
    price_schedules: tuple[PriceSchedule, ...]

    def schedule(self, action: str, model: str) -> PriceSchedule | None:
        """The schedule of a model on an action, if there is one."""
        found = (each for each in self.price_schedules if (each.action, each.model) == (action, model))
        return next(found, None)

    def price(self, action: str, values: Mapping[str, Any]) -> Price | None:
        """The price of a request with its defaults filled in; None where no rate is published: unknown, never zero."""
        schedule = self.schedule(action, str(values.get("model")))
        seconds = values.get("duration_seconds")
        rate = schedule.rate_cents(values) if schedule else None
        if rate is None or not isinstance(seconds, int):
            return None
        return Price(rate, seconds, micro_from_cents(rate * seconds))


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _decimal(value: Any, fallback: Decimal) -> Decimal:
    return fallback if value is None or isinstance(value, Mapping) else Decimal(str(value))
