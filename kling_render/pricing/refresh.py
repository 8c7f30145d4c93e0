"""Asks a server for its prices, and says what changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from kling_render.catalog import PriceSchedule, RateCard, bundled_catalog
from kling_render.pricing.cache import LiveCard, keep_live_card, live_card, read_live_card

if TYPE_CHECKING:
    from kling_render.runapi import RunApi

Rates = Mapping[tuple[str, ...], Decimal]


@dataclass(frozen=True)
class Change:
    """One rate that is not what it was, in US cents per second; None where there is (or was) none.

    Attributes:
        values: the values of the fields that the rate depends on, such as `("true", "1080p")`.
    """

    action: str
    model: str
    values: tuple[str, ...]
    before: Decimal | None
    after: Decimal | None


@dataclass(frozen=True)
class Refresh:
    """What came of asking for prices.

    Attributes:
        origin: the server.
        live: its card.
        before: the card that was known before: an earlier live one, else the bundled one.
        before_is_live: whether that was an earlier one of the server.
        answered: `changed` where the server sent a card, `unchanged` where it said that ours is its newest (304).
    """

    origin: str
    live: LiveCard
    before: RateCard
    before_is_live: bool
    answered: Literal["changed", "unchanged"]

    @property
    def changes(self) -> list[Change]:
        """Every rate that is not what it was, in the order of the new card."""
        return list(compare(self.before, self.live.card))

    @property
    def newer_bundled(self) -> RateCard | None:
        """The bundled card where it is newer, so that the server's does not count; else None."""
        bundled = bundled_catalog().rates
        return bundled if self.live.card.as_of < bundled.as_of else None


async def refresh_prices(api: RunApi, origin: str, now: datetime) -> Refresh:
    """Fetch the server's rate card unless ours is its newest, and keep it in the user's cache folder.

    Raises:
        ApiError: the server could not be asked, or answered nonsense.
        StorageError: the card cannot be kept.
    """
    known = read_live_card(origin)
    before = known.card if known else bundled_catalog().rates
    schedules = await api.price_schedules(etag=known.etag if known else None)
    if schedules is None:  # only ever the answer to a tag of ours
        return Refresh(origin, known or LiveCard(None, before), before, known is not None, "unchanged")
    live = live_card(origin, schedules.etag, schedules.as_of, schedules.rows)
    keep_live_card(origin, schedules.etag, schedules.as_of, schedules.rows, now)
    return Refresh(origin, live, before, known is not None, "changed")


def compare(before: RateCard, after: RateCard) -> Iterator[Change]:
    """The rates that differ between two cards."""
    pairs = {(each.action, each.model): None for card in (after, before) for each in card.price_schedules}
    for action, model in pairs:
        old, new = _rates(before.schedule(action, model)), _rates(after.schedule(action, model))
        for values in {**new, **old}:
            if old.get(values) != new.get(values):
                yield Change(action, model, values, old.get(values), new.get(values))


def _rates(schedule: PriceSchedule | None) -> Rates:
    return schedule.rates() if schedule else {}
