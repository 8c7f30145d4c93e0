"""The price interpreter: reads the published `billing_config` shape, bundled or live, and prices a request."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from kling_render.catalog.money import micro_from_cents
from kling_render.catalog.values import show

_MOST_CENTS = Decimal(1_000_000)  # a second of video for ten thousand dollars is a typing error
_PER_SECOND = frozenset({"", "second", "seconds", "per_second"})
_SERVICE = "kling"


def _exact(value: Any) -> Any:
    """A float counts as the digits it is printed with."""
    return str(value) if isinstance(value, float) else value


Cents = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, le=_MOST_CENTS, allow_inf_nan=False)]


class PriceSchedule(BaseModel):
    """The published price of one model on one action; `unit_price_cents` is its highest rate, per second."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    action: str
    model: str
    service: str = _SERVICE
    pricing_status: str = "published"
    catalog_status: str = "active"
    currency: str | None = "USD"
    billing_unit: str | None = "second"
    billing_strategy: str | None = "per_unit"
    unit_price_cents: Cents | None = None
    billing_config: Mapping[str, Any] = {}

    @field_validator("billing_config", mode="before")
    @classmethod
    def _rates_are_amounts(cls, raw: Any) -> Any:
        config = raw if isinstance(raw, Mapping) else {}
        for branch in (config.get("overrides"), config.get("matrix")):
            for rate in _leaves(branch):
                if not _is_rate(rate):
                    raise ValueError(f"{rate!r} is not a rate in cents")
        keys = config.get("keys") or ()
        if not isinstance(keys, list | tuple) or not all(isinstance(key, str) for key in keys):
            raise ValueError(f"keys = {show(keys)} must be a list of field names")
        return raw or {}

    @property
    def keys(self) -> tuple[str, ...]:
        """The request fields that its rate depends on, in their order."""
        key = self.billing_config.get("key")
        return (key,) if isinstance(key, str) else tuple(self.billing_config.get("keys") or ())

    @property
    def is_readable(self) -> bool:
        """Whether the price is per second and in US dollars: any other cannot be reckoned here, so it is unknown."""
        return self.currency in ("USD", None) and (self.billing_unit or "").lower() in _PER_SECOND

    def rates(self) -> dict[tuple[str, ...], Decimal]:
        """Every published rate by the values of `keys`; empty where the price is unknown."""
        if self.unit_price_cents is None or not self.is_readable:
            return {}
        if not self.keys:
            return {(): self.unit_price_cents}
        return dict(_branches(self._tree, len(self.keys)))

    @property
    def _tree(self) -> Any:
        return self.billing_config.get("overrides" if self.billing_config.get("key") else "matrix")

    def rate_cents(self, values: Mapping[str, Any]) -> Decimal | None:
        """US cents per second for a request's effective values; None where no rate is published."""
        if self.unit_price_cents is None or not self.is_readable:
            return None
        branch: Any = self._tree
        for key in self.keys:
            branch = branch.get(_word(values.get(key))) if isinstance(branch, Mapping) else None
        return _decimal(branch, self.unit_price_cents)


@dataclass(frozen=True)
class Price:
    """What one take costs: rate (US cents per second), billed seconds, and their product in micro-USD."""

    rate_cents: Decimal
    seconds: int
    micro_usd: int


class RateCard(BaseModel):
    """All schedules of one date, and who published them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: str
    source: str
    price_schedules: tuple[PriceSchedule, ...]

    @cached_property
    def _schedules(self) -> Mapping[tuple[str, str], PriceSchedule]:
        return {(each.action, each.model): each for each in self.price_schedules}

    def schedule(self, action: str, model: str) -> PriceSchedule | None:
        """The schedule of a model on an action, if there is one."""
        return self._schedules.get((action, model))

    def laid_under(self, over: Iterable[PriceSchedule]) -> RateCard:
        """This card with other schedules in place of its own for the same models."""
        schedules = {**self._schedules, **{(each.action, each.model): each for each in over}}
        return RateCard(as_of=self.as_of, source=self.source, price_schedules=tuple(schedules.values()))

    def price(self, action: str, values: Mapping[str, Any]) -> Price | None:
        """The price of a request with its defaults filled in; None where no rate is published: unknown, never zero."""
        model, seconds = values.get("model"), values.get("duration_seconds")
        schedule = self.schedule(action, model) if isinstance(model, str) else None
        rate = schedule.rate_cents(values) if schedule else None
        if rate is None or not isinstance(seconds, int):
            return None
        return Price(rate, seconds, micro_from_cents(rate * seconds))


def _leaves(branch: Any) -> Iterable[Any]:
    if isinstance(branch, Mapping):
        for each in branch.values():
            yield from _leaves(each)
    elif branch is not None:
        yield branch


def _is_rate(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return False
    return (isinstance(value, int) or math.isfinite(value)) and 0 <= value <= _MOST_CENTS


def _branches(tree: Any, depth: int) -> Iterator[tuple[tuple[str, ...], Decimal]]:
    if depth == 0 or not isinstance(tree, Mapping):
        if isinstance(tree, int | float | Decimal):
            yield (), Decimal(str(tree))
        return
    for name, branch in tree.items():
        yield from (((str(name), *values), rate) for values, rate in _branches(branch, depth - 1))


def _word(value: Any) -> str:
    return value if isinstance(value, str) else show(value)


def _decimal(value: Any, fallback: Decimal) -> Decimal:
    return fallback if value is None or isinstance(value, Mapping) else Decimal(str(value))
