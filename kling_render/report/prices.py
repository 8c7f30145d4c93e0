"""The rate card, and what a refresh changed, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import chain, groupby, repeat
from typing import Any

from rich.table import Table

from kling_render.catalog import Catalog, PriceSchedule, RateCard
from kling_render.pricing import Change, Refresh
from kling_render.report.console import console, table

_GAP = 3
"""Columns between two cells of a table."""


def print_prices(catalog: Catalog) -> None:
    """Print every rate of the card that counts, in US cents per second of output, with date and source."""
    out = console()
    for action, schedules in groupby(catalog.rates.price_schedules, key=lambda each: each.action):
        out.print(_table(action, list(schedules), out.width))
        out.print()
    out.print(f"prices of {catalog.rates.name}, US cents per second of output; source: {catalog.rates.source}")
    for card in catalog.other_rates:
        out.print(f'also known: {card.name} ({card.source}); pin it with [project] prices = "{card.name}"')


def print_refresh(refresh: Refresh) -> None:
    """Print what the server's card changed, a line for each model, and whether it counts."""
    out = console()
    live = f"The live card of {refresh.origin}, {refresh.live.card.as_of},"
    before = _before(refresh)
    changes = refresh.changes
    if refresh.answered == "unchanged":
        out.print(f"{live} is the server's newest, and known already.")
    elif not changes:
        out.print(f"{live} has the same rates as {before}.")
    else:
        out.print(f"{live} differs from {before}:")
        lines = Table.grid()
        for _, group in groupby(changes, key=lambda each: (each.action, each.model)):
            lines.add_row("  ", _changed(list(group)))
        out.print(lines)
    if bundled := refresh.newer_bundled:
        out.print(f"It is older than the bundled card of {bundled.as_of}, so it does not count.", style="yellow")
    for each in refresh.live.unreadable:
        out.print(f"cannot be read, so it has no price: {each}", style="yellow")


def prices_json(catalog: Catalog) -> dict[str, Any]:
    """The card as JSON: `rates` in cents per second as decimal texts, by the values of `keys`."""
    return {
        "schema": 1,
        **_card_json(catalog.rates),
        "other_cards": [_card_json(card) for card in catalog.other_rates],
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
    return {"name": card.name, "as_of": card.as_of, "source": card.source}


def _table(action: str, schedules: Sequence[PriceSchedule], width: int) -> Table:
    """The rates of one action; a value and its rate always stand on one line."""
    cells = [(each.model, list(_rows(each))) for each in schedules]
    named = max(len(model) for model, _ in cells)
    conditional = max(len(when) for _, rows in cells for when, _ in rows)
    made = table("model", "when", "cents per second", title=action)
    for column in made.columns[:2]:
        column.no_wrap = True
    for model, rows in cells:
        for name, (when, rates) in zip(chain([model], repeat("")), rows, strict=False):
            made.add_row(name, when, "\n".join(_lines(rates, width - named - conditional - 2 * _GAP)))
    return made


def _rows(schedule: PriceSchedule) -> Iterator[tuple[str, list[str]]]:
    """One row for every value of all keys but the last, whose values stand beside each other."""
    rates = schedule.rates()
    if not rates:
        yield "", ["not published"]
    for leading, group in groupby(rates.items(), key=lambda each: each[0][:-1]):
        when = ", ".join(f"{key} {value}" for key, value in zip(schedule.keys, leading, strict=False))
        yield when, [f"{_last(schedule, values)} {_cents(rate)}".strip() for values, rate in group]


def _lines(rates: Sequence[str], width: int) -> Iterator[str]:
    """Rates beside each other, as many as there is room for."""
    line = ""
    for rate in rates:
        if line and len(line) + 2 + len(rate) > width:
            yield line
            line = ""
        line += f"  {rate}" if line else rate
    yield line


def _last(schedule: PriceSchedule, values: tuple[str, ...]) -> str:
    """The value of the last key, which speaks for itself unless it is true or false."""
    if not values:
        return ""
    return f"{schedule.keys[-1]} {values[-1]}" if values[-1] in ("true", "false") else values[-1]


def _before(refresh: Refresh) -> str:
    date = refresh.before.as_of
    return f"its earlier one, {date}" if refresh.before_is_live else f"the bundled card of {date}"


def _changed(changes: Sequence[Change]) -> str:
    """What changed for one model: `kling-o1 (text_to_video): std 7.5 -> 8.25, pro 10 -> 11`."""
    where = f"{changes[0].model} ({changes[0].action})"
    if len(changes) > 1 and all(each.after is None for each in changes):
        return f"{where}: none of its {len(changes)} rates is published any more"
    if all(each.before is None for each in changes):
        return f"{where}: new, {', '.join(_valued(each, _cents(each.after)) for each in changes)}"
    return f"{where}: {', '.join(map(_change, changes))}"


def _change(change: Change) -> str:
    if change.before is None:
        return _valued(change, f"{_cents(change.after)} (new)")
    return _valued(change, f"{_cents(change.before)} -> {_cents(change.after)}")


def _valued(change: Change, words: str) -> str:
    return f"{' '.join(change.values)} {words}".strip()


def _cents(rate: Decimal | None) -> str:
    return "not published any more" if rate is None else f"{rate.normalize():f}"
