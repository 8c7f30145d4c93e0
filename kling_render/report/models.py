"""The catalog as people look at it: all models by endpoint, or one of them whole; and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from kling_render.catalog import Catalog, ModelSpec, did_you_mean
from kling_render.errors import UsageError
from kling_render.report.console import console, table
from kling_render.report.model_json import model_json
from kling_render.report.model_sheet import print_sheet
from kling_render.report.model_words import (
    NONE,
    family_of,
    length_words,
    picture_words,
    rate_words,
    rates_of,
    ratio_words,
    sound_words,
)

_COLUMNS = {"length": length_words, "resolution": picture_words, "aspect ratio": ratio_words, "sound": sound_words}
_NOTHING = (NONE, "no")


def find_models(catalog: Catalog, name: str) -> tuple[ModelSpec, ...]:
    """The models that a name means, one for each of its endpoints; all of them for an empty one.

    Raises:
        UsageError: there is none.
    """
    found = tuple(
        model
        for model in catalog.contract.models
        if name in ("", model.name) or model.name in catalog.family_models(name, model.action)
    )
    if not found:
        raise UsageError(
            f'no model is called "{name}"{_guess(catalog, name)}',
            hint="List them all: kling-render models. Models of your own are known here through KLING_RENDER_CATALOG.",
        )
    return found


def _guess(catalog: Catalog, name: str) -> str:
    """A suggestion; none for what is no more than the word that all names begin with."""
    names = catalog.model_names()
    begins = {each.partition("-")[0] for each in names}
    return did_you_mean(name, names) if len(name) > max(map(len, begins)) else ""


def print_models(catalog: Catalog, name: str = "") -> None:
    """Print all models as a table for each endpoint, or those that a name means whole."""
    found = find_models(catalog, name)
    if not name:
        _print_overview(catalog)
        return
    members = catalog.contract.families.get(name)
    if members:
        out = console()
        out.print(f"{name} is a family name: it stands for the model of the endpoint that a shot turns out to use.")
        for action in dict.fromkeys(model.action for model in found if model.action not in members):
            out.print(f"On {action} it stands for none: write the model itself.")
        out.print()
    print_sheet(catalog, found)


def models_json(catalog: Catalog, name: str = "") -> dict[str, Any]:
    """The models that a name means, or all, as JSON.

    `models` has an entry for each model on each endpoint (see `model_json`), `families` the model that a family name
    means on each endpoint, `sources` title and date of everything that an entry calls its source. `price_card` is the
    name of the rate card: its date, mostly.
    """
    return {
        "schema": 1,
        "price_card": catalog.rates.name,
        "families": {family: dict(members) for family, members in catalog.contract.families.items()},
        "sources": {
            source: {"title": each.title, "date": each.date} for source, each in catalog.contract.sources.items()
        },
        "models": [model_json(model, catalog) for model in find_models(catalog, name)],
    }


def _print_overview(catalog: Catalog) -> None:
    out = console()
    for action in catalog.actions:
        models = [model for model in catalog.contract.models if model.action == action]
        out.print(Text(action, style="bold"))
        out.print(_table(models, catalog))
        out.print()
    out.print(f"¢/s: US cents per second of output, lowest and highest, prices of {catalog.rates.name}")
    out.print("*: a family name, which stands for the model of the endpoint that a shot turns out to use")
    families = Table.grid(padding=(0, 2))
    for name, members in catalog.contract.families.items():
        families.add_row(f"   {name}", "\n".join(members.values()))
    out.print(families)
    out.print()
    out.print("One model whole, with every field, rule and rate: kling-render models NAME")


def _table(models: Sequence[ModelSpec], catalog: Catalog) -> Table:
    """A row for each model, without the columns that say nothing about any of them."""
    shown = {title: words for title, words in _COLUMNS.items() if any(words(model) not in _NOTHING for model in models)}
    rows = table("model", *shown, "¢/s")
    rows.padding = (0, 1, 0, 0)
    rows.columns[0].no_wrap = True
    rows.columns[-1].justify = "right"
    for model in models:
        family = family_of(model, catalog)
        cells = [words(model) for words in shown.values()]
        rows.add_row(f"{family} *" if family else model.name, *cells, rate_words(rates_of(model, catalog)))
    return rows
