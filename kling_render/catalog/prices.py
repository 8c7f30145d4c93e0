"""The price interpreter: reads the published `billing_config` shape, bundled or live, and prices a request."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from kling_render.catalog.money import micro_from_cents
from kling_render.catalog.values import show

_MOST_CENTS = Decimal(1_000_000)  # a second of video for ten thousand dollars is a typing error
_PER_SECOND = frozenset({"", "second", "seconds", "per_second"})
_STRATEGIES = _PER_SECOND | {"per_unit"}
_SERVICE = "kling"
_PUBLISHED = "published"


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
    pricing_status: str | None = _PUBLISHED
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
    def named_keys(self) -> tuple[str, ...]:
        """The request fields that it says its rate depends on, in their order."""
        key = self.billing_config.get("key")
        return (key,) if isinstance(key, str) else tuple(self.billing_config.get("keys") or ())

    @property
    def tree(self) -> Any:
        """The rates as they are written: nested by the values of its keys."""
        return self.billing_config.get("overrides" if isinstance(self.billing_config.get("key"), str) else "matrix")

    @property
    def keys(self) -> tuple[str, ...]:
        """The request fields that its rate depends on, in their order; none where all cost the same."""
        return self.named_keys if self.table else ()

    @property
    def obstacle(self) -> str:
        """Why its price cannot be reckoned here, in words; empty where it is in US dollars per second of output."""
        if self.service != _SERVICE:
            return f"a price of {self.service}"
        if self.currency not in ("USD", None) or not _is_one_of(self.billing_unit, _PER_SECOND):
            return f"priced in {self.currency} per {self.billing_unit}"
        known = _is_one_of(self.billing_strategy, _STRATEGIES)
        return "" if known else f"priced by the strategy {self.billing_strategy}"

    @property
    def highest_cents(self) -> Decimal | None:
        """US cents per second where nothing narrows it; None where no rate is published, and zero is none."""
        published = (self.pricing_status or _PUBLISHED).strip().lower() == _PUBLISHED
        return (self.unit_price_cents or None) if published and not self.obstacle else None

    def rates(self) -> dict[tuple[str, ...], Decimal]:
        """Every published rate by the values of `keys`; empty where the price is unknown."""
        if self.highest_cents is None:
            return {}
        if not self.table:
            return {(): self.highest_cents}
        return {values: rate for values, rate in self.table.items() if rate}

    def rate_cents(self, values: Mapping[str, Any]) -> Decimal | None:
        """US cents per second for a request's effective values; None where no rate is published.

        Values without a rate of their own cost the highest one.
        """
        if self.highest_cents is None:
            return None
        words = tuple(word_of(values.get(key)) for key in self.keys)
        return self.table.get(words, self.highest_cents) or None

    @property
    def terms(self) -> str:
        """What it charges for what, whatever the form in which that is written; empty where no rate is published."""
        if self.highest_cents is None:
            return ""
        rates = sorted(f"{'/'.join(values)}={_plain(rate)}" for values, rate in self.table.items())
        return " ".join([*self.keys, *rates, _plain(self.highest_cents)])

    @cached_property
    def table(self) -> Mapping[tuple[str, ...], Decimal]:
        """The rates that are nested as deeply as there are keys; any other is that of nothing."""
        return dict(_branches(self.tree, len(self.named_keys))) if self.named_keys else {}


@dataclass(frozen=True)
class Price:
    """What one take costs: rate (US cents per second), billed seconds, and their product in micro-USD."""

    rate_cents: Decimal
    seconds: int
    micro_usd: int


class RateCard(BaseModel):
    """All schedules of one date, and who published them.

    Attributes:
        as_of: the date.
        source: who published them.
        name: by what a project is pinned to it: the date, followed by the edition where that alone would be ambiguous.
        edition: a short digest of the rates of a card that a server published.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: str
    source: str
    price_schedules: tuple[PriceSchedule, ...]
    name: str = ""
    edition: str = ""

    @model_validator(mode="before")
    @classmethod
    def _is_named_by_its_date(cls, raw: Any) -> Any:
        return {"name": raw.get("as_of"), **raw} if isinstance(raw, Mapping) else raw

    @cached_property
    def _schedules(self) -> Mapping[tuple[str, str], PriceSchedule]:
        return {(each.action, each.model): each for each in self.price_schedules}

    @cached_property
    def digest(self) -> str:
        """Eight hex digits that two cards share if they price every request alike."""
        lines = (f"{' '.join(key)} {each.terms}" for key, each in self._schedules.items() if each.terms)
        return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:8]

    def schedule(self, action: str, model: str) -> PriceSchedule | None:
        """The schedule of a model on an action, if there is one."""
        return self._schedules.get((action, model))

    def laid_under(self, over: Iterable[PriceSchedule]) -> RateCard:
        """This card with other schedules in place of its own for the same models."""
        schedules = {**self._schedules, **{(each.action, each.model): each for each in over}}
        return RateCard(
            as_of=self.as_of,
            source=self.source,
            price_schedules=tuple(schedules.values()),
            name=self.name,
            edition=self.edition,
        )

    def beside(self, others: Iterable[RateCard]) -> RateCard:
        """This card with a name that none of the others has."""
        is_alone = all(each.as_of != self.as_of for each in others)
        name = self.as_of if is_alone else f"{self.as_of}+{self.digest}"
        return self.model_copy(update={"name": name, "edition": self.digest})

    def price(self, action: str, values: Mapping[str, Any]) -> Price | None:
        """The price of a request with its defaults filled in; None where no rate is published: unknown, never zero."""
        model, seconds = values.get("model"), values.get("duration_seconds")
        schedule = self.schedule(action, model) if isinstance(model, str) else None
        rate = schedule.rate_cents(values) if schedule else None
        if rate is None or not isinstance(seconds, int) or isinstance(seconds, bool) or seconds <= 0:
            return None
        micro_usd = micro_from_cents(rate * seconds)
        return Price(rate, seconds, micro_usd) if micro_usd else None


def word_of(value: Any) -> str:
    """A value as the keys of a rate card write it: booleans are `true` and `false`."""
    return value if isinstance(value, str) else show(value)


def _plain(cents: Decimal) -> str:
    return f"{cents.normalize():f}"


def _is_one_of(word: str | None, known: frozenset[str]) -> bool:
    return (word or "").strip().lower() in known


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
    if depth == 0:
        if isinstance(tree, int | float | Decimal):
            yield (), Decimal(str(tree))
    elif isinstance(tree, Mapping):
        for name, branch in tree.items():
            yield from (((str(name), *values), rate) for values, rate in _branches(branch, depth - 1))
