"""The rate card, and what a refresh changed, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import chain, groupby, repeat
from typing import Any

from kling_render.catalog import Catalog, PriceSchedule, RateCard
from kling_render.pricing import Change, Refresh
from kling_render.report.console import console, table


def print_prices(catalog: Catalog) -> None:
    """Print every rate of the card that counts, in US cents per second of output, with date and source."""
    out = console()
    for action, schedules in groupby(catalog.rates.price_schedules, key=lambda each: each.action):
        rows = table("model", "when", "cents per second", title=action)
        rows.columns[0].no_wrap = True
        for schedule in schedules:
            for name, (when, rates) in zip(chain([schedule.model], repeat("")), _rows(schedule), strict=False):
                rows.add_row(name, when, rates)
        out.print(rows)
        out.print()
    out.print(f"prices of {catalog.rates.as_of}, US cents per second of output; source: {catalog.rates.source}")
    for card in catalog.other_rates:
        out.print(f'also known: {card.as_of} ({card.source}); pin it with [project] prices = "{card.as_of}"')


def print_refresh(refresh: Refresh) -> None:
    """Print what the server's card changed."""
    out = console()
    out.print()
    changes = refresh.changes
    if refresh.answered == "unchanged":
        out.print(f"The server's newest card is the one of {refresh.live.card.as_of}, known already.")
    elif not changes:
        same = f"has the same rates as that of {refresh.before.as_of}"
        out.print(f"The server's card of {refresh.live.card.as_of} {same}.")
    else:
        out.print(f"changed since the card of {refresh.before.as_of} ({refresh.before.source}):")
        for change in changes:
            out.print(f"  {_change(change)}")
    for each in refresh.live.unreadable:
        out.print(f"cannot be read, so it has no price: {each}", style="yellow")


def prices_json(catalog: Catalog) -> dict[str, Any]:
    """The card as JSON: `rates` in cents per second as decimal texts, by the values of `keys`."""
    return {
        "schema": 1,
        **_card_json(catalog.rates),
        "other_cards": [{"as_of": card.as_of, "source": card.source} for card in catalog.other_rates],
        "schedules": [
            {
                "action": schedule.action,
                "model": schedule.model,
                "pricing_status": schedule.pricing_status,
                "keys": list(schedule.keys),
                "rates": [
                    {"values": list(values), "cents_per_second": f"{rate.normalize():f}"}
                    for values, rate in schedule.rates().items()
                ],
            }
            for schedule in catalog.rates.price_schedules
        ],
    }


def refresh_json(refresh: Refresh) -> dict[str, Any]:
    """What a refresh changed, as JSON."""
    return {
        "answered": refresh.answered,
        "before": _card_json(refresh.before),
        "changes": [
            {
                "action": each.action,
                "model": each.model,
                "values": list(each.values),
                "before": None if each.before is None else f"{each.before.normalize():f}",
                "after": None if each.after is None else f"{each.after.normalize():f}",
            }
            for each in refresh.changes
        ],
        "unreadable": list(refresh.live.unreadable),
    }


def _card_json(card: RateCard) -> dict[str, str]:
    return {"as_of": card.as_of, "source": card.source}


def _rows(schedule: PriceSchedule) -> Iterator[tuple[str, str]]:
    """One row for every value of all keys but the last, whose values stand beside each other."""
    rates = schedule.rates()
    if not rates:
        yield "", "not published"
    for leading, group in groupby(rates.items(), key=lambda each: each[0][:-1]):
        when = ", ".join(f"{key} {value}" for key, value in zip(schedule.keys, leading, strict=False))
        yield when, "  ".join(f"{_last(schedule, values)} {_cents(rate)}".strip() for values, rate in group)


def _last(schedule: PriceSchedule, values: tuple[str, ...]) -> str:
    """The value of the last key, which speaks for itself unless it is true or false."""
    if not values:
        return ""
    return f"{schedule.keys[-1]} {values[-1]}" if values[-1] in ("true", "false") else values[-1]


def _change(change: Change) -> str:
    where = f"{change.model} ({change.action}) {' '.join(change.values)}".strip()
    if change.before is None:
        return f"{where}: new, {_cents(change.after)}"
    return f"{where}: {_cents(change.before)} -> {_cents(change.after)}"


def _cents(rate: Decimal | None) -> str:
    return "not published any more" if rate is None else f"{rate.normalize():f}"
