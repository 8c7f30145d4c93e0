"""Lays a user's own models and prices over a catalog: a new model on the day it appears."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from kling_render.catalog.catalog import Catalog
from kling_render.catalog.models import CatalogFile
from kling_render.catalog.reading import CatalogDataError, read_contract
from kling_render.catalog.schedules import read_schedules
from kling_render.catalog.words import did_you_mean

KEYS = ("schema", "sources", "families", "fields", "models", "price_schedules")
_TABLES = ("sources", "families", "fields")
_MODEL = re.compile(r"models\[(\d+)\]")


def lay_over(base: Catalog, own: Mapping[str, Any], title: str) -> Catalog:
    """The base with the models and prices of data in the shape of models.toml and prices.toml.

    A model with the action and name of an existing one replaces it; one with `like = "NAME"` starts from that model
    of its action, and says only what differs. A model without a source has the data's own.

    Args:
        base: what lies below.
        own: the data: `sources`, `families`, `fields`, `models`, `price_schedules`; amounts as Decimal.
        title: what the data are called where a fault names its source.

    Raises:
        CatalogDataError: with what is wrong in the data.
    """
    _judge_keys(own)
    data = dict(base.data)
    source = _free_name(data["sources"])
    data["sources"] = {**data["sources"], source: {"title": title, "date": ""}}
    for table in _TABLES:
        data[table] = {**data[table], **_plain(own.get(table, {}))}
    for name, spec in data["fields"].items():
        if name in own.get("fields", {}) and isinstance(spec, Mapping):
            data["fields"][name] = {"source": source, **spec}
    models = {(each["action"], each["name"]): each for each in data["models"]}
    places: dict[tuple[str, str], int] = {}
    for at, model in enumerate(own.get("models", [])):
        whole = _whole({"source": source, **_plain(model)}, models, f"models[{at}]")
        key = whole["action"], whole["name"]
        if key in places:
            raise CatalogDataError([(f"models[{at}]", f"{whole['name']} ({whole['action']}) is there twice")])
        models[key], places[key] = whole, at
    data["models"] = list(models.values())
    contract = _read(data, places)
    prices = read_schedules(own.get("price_schedules", []), contract)
    rates, *others = (card.laid_under(prices) for card in base.cards)
    return Catalog(contract, rates, data, tuple(others))


def _plain(value: Any) -> Any:
    """A value with its decimal fractions as floats, as requests have them."""
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return float(value) if isinstance(value, Decimal) else value


def _free_name(sources: Mapping[str, Any]) -> str:
    """What the data's own source is called: another name than that of data laid over before."""
    names = itertools.chain(["own"], (f"own-{number}" for number in itertools.count(2)))
    return next(name for name in names if name not in sources)


def _read(data: Mapping[str, Any], places: Mapping[tuple[str, str], int]) -> CatalogFile:
    """The contract; a fault in a model is told where the user's own data have the model."""
    keys = [(each["action"], each["name"]) for each in data["models"]]

    def own_place(found: re.Match[str]) -> str:
        key = keys[int(found[1])]
        return f"models[{places[key]}]" if key in places else f"models.{key[1]}"

    try:
        return read_contract(data)
    except CatalogDataError as error:
        raise CatalogDataError((_MODEL.sub(own_place, key, count=1), text) for key, text in error.troubles) from None


def _judge_keys(own: Mapping[str, Any]) -> None:
    troubles = [(key, f"unknown key{did_you_mean(key, KEYS)}") for key in own if key not in KEYS]
    troubles += [(key, "must be a table") for key in _TABLES if not isinstance(own.get(key, {}), Mapping)]
    troubles += [
        (key, "must be a list of tables: write [[" + key + "]]")
        for key in ("models", "price_schedules")
        if not _is_list_of_tables(own.get(key, []))
    ]
    if own.get("schema", 1) != 1:
        troubles.append(("schema", "must be 1: a newer kling-render may read this file"))
    if troubles:
        raise CatalogDataError(troubles)


def _is_list_of_tables(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, Mapping) for each in value)


def _whole(model: Mapping[str, Any], models: Mapping[tuple[str, str], Any], key: str) -> dict[str, Any]:
    """A model with what it takes over from the one it is `like`."""
    missing = [(f"{key}.{name}", "is missing") for name in ("action", "name") if not isinstance(model.get(name), str)]
    if missing:
        raise CatalogDataError(missing)
    named = dict(model)
    like = named.pop("like", None)
    if like is None:
        return named
    known = [name for action, name in models if action == model["action"]]
    below = models.get((model["action"], like)) if isinstance(like, str) else None
    if below is None:
        text = f"there is no model {like} on {model['action']}{did_you_mean(str(like), known)}"
        raise CatalogDataError([(f"{key}.like", text)])
    if not isinstance(below.get("fields"), Mapping):
        raise CatalogDataError([(f"{key}.like", f"{like} has no table of fields")])
    return {**below, **named, "fields": _merged_fields(below, named)}


def _merged_fields(below: Mapping[str, Any], own: Mapping[str, Any]) -> Any:
    over, forbidden = own.get("fields", {}), own.get("forbidden")
    if not isinstance(over, Mapping):
        return over  # reading says what it must be
    fields = {name: _inherited(spec, below["source"]) for name, spec in below["fields"].items()}
    for name, spec in over.items():
        both = isinstance(spec, Mapping) and isinstance(fields.get(name), Mapping)
        fields[name] = _overridden(fields[name], spec, own["source"]) if both else spec
    dropped = forbidden if isinstance(forbidden, list) else ()
    return {name: spec for name, spec in fields.items() if name not in dropped}


def _inherited(spec: Any, source: Any) -> Any:
    """A field as it is taken over: with the source that it had."""
    return {"source": source, **spec} if isinstance(spec, Mapping) else spec


def _overridden(below: Mapping[str, Any], own: Mapping[str, Any], source: Any) -> dict[str, Any]:
    """A field of which something differs: that has the new source, what stays as it was keeps its own."""
    kept = {name: each for name, each in below.items() if name not in ("source", "default_source", "advised_source")}
    sources = {"source": source}
    if "default" in kept and "default" not in own:
        sources["default_source"] = below.get("default_source", below["source"])
    if any(name.startswith("advised_") for name in {*kept, *own}):
        advises = any(name.startswith("advised_") for name in own)
        sources["advised_source"] = source if advises else below.get("advised_source", below["source"])
    return {**kept, **sources, **own}
