"""Reads price schedules and judges them against the models: a rate for each combination, and none for anything else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from kling_render.catalog.combinations import choices, combinations
from kling_render.catalog.models import CatalogFile, ModelSpec
from kling_render.catalog.prices import PriceSchedule
from kling_render.catalog.reading import CatalogDataError, Trouble, read_troubles
from kling_render.catalog.values import show
from kling_render.catalog.words import did_you_mean

_CONFIG = "billing_config"
_CONFIG_KEYS = ("key", "overrides", "keys", "matrix")


def read_schedules(raw: Iterable[Any], contract: CatalogFile) -> tuple[PriceSchedule, ...]:
    """Price schedules that fit the contract: theirs are bundled data or a user's own, which know all their keys.

    Raises:
        CatalogDataError: with everything wrong in them.
    """
    schedules: dict[tuple[str, str], PriceSchedule] = {}
    troubles: list[Trouble] = []
    for at, row in enumerate(raw):
        place = f"price_schedules[{at}]"
        troubles += [(f"{place}.{key}", text) for key, text in _unknown_keys(row)]
        try:
            schedule = PriceSchedule.model_validate(row)
        except ValidationError as error:
            troubles += [(f"{place}.{key}", text) for key, text in read_troubles(error)]
            continue
        if (schedule.action, schedule.model) in schedules:
            troubles.append((place, f"{schedule.model} ({schedule.action}) is there twice"))
        schedules[schedule.action, schedule.model] = schedule
        troubles += [(f"{place}{key}", text) for key, text in _troubles(schedule, row, contract)]
    if troubles:
        raise CatalogDataError(troubles)
    return tuple(schedules.values())


def _unknown_keys(row: Any) -> Iterator[Trouble]:
    known = tuple(PriceSchedule.model_fields)
    for name in row if isinstance(row, Mapping) else ():
        if name not in known:
            yield name, f"unknown key{did_you_mean(name, known)}"
    config = row.get(_CONFIG) if isinstance(row, Mapping) else None
    for name in config if isinstance(config, Mapping) else ():
        if name not in _CONFIG_KEYS:
            yield f"{_CONFIG}.{name}", f"unknown key{did_you_mean(name, _CONFIG_KEYS)}"


def _troubles(schedule: PriceSchedule, row: Mapping[str, Any], contract: CatalogFile) -> Iterator[Trouble]:
    models = {each.name: each for each in contract.models if each.action == schedule.action}
    model = models.get(schedule.model)
    if model is None:
        guess = did_you_mean(schedule.model, models)
        yield "", f"there is no model {schedule.model} on {schedule.action}{guess}"
        return
    if schedule.obstacle:
        yield "", f"{schedule.obstacle}: only US dollars per second of output can be reckoned"
    if unknown := [key for key in schedule.named_keys if key not in model.fields]:
        for key in unknown:
            yield "", f"its price depends on {key}, which is not a field of {model.name} ({model.action})"
    else:
        yield from ((f".{_CONFIG}", text) for text in _config_troubles(schedule, model))
    yield from ((".unit_price_cents", text) for text in _unit_troubles(schedule, row))


def _config_troubles(schedule: PriceSchedule, model: ModelSpec) -> Iterator[str]:
    keys = schedule.named_keys
    if not keys and any(schedule.billing_config.get(name) for name in ("overrides", "matrix")):
        yield "its rates depend on nothing: overrides need a key, a matrix needs keys"
        return
    strange = list(dict.fromkeys(_strange_words(schedule.tree, keys, model)))
    yield from strange
    missing = [words for words in combinations(model, keys) if words not in schedule.table] if keys else []
    if missing and not strange:
        first = ", ".join(f"{key} {word}" for key, word in zip(keys, missing[0], strict=True))
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        yield f"there is no rate for {first}{more}: write one for every combination that the model takes"


def _strange_words(tree: Any, keys: tuple[str, ...], model: ModelSpec) -> Iterator[str]:
    """What in a tree of rates is no value of the field that stands at its depth."""
    if not keys or not isinstance(tree, Mapping):
        return
    known = choices(model.fields[keys[0]])
    for word, branch in tree.items():
        if known is not None and word not in known:
            choice = ", ".join(known)
            yield f'"{word}" is no value of {keys[0]}, which stands at its place for {model.name}: it has {choice}'
        else:
            yield from _strange_words(branch, keys[1:], model)


def _unit_troubles(schedule: PriceSchedule, row: Mapping[str, Any]) -> Iterator[str]:
    highest = max(schedule.table.values(), default=None)
    if isinstance(row.get("unit_price_cents"), str):
        yield f"{show(row['unit_price_cents'])} must be a number"
    elif schedule.unit_price_cents is None and highest is not None:
        yield f"is missing: it is the highest rate, {highest.normalize():f}"
    elif schedule.unit_price_cents is not None and highest is not None and schedule.unit_price_cents < highest:
        yield f"{schedule.unit_price_cents.normalize():f} is less than the rate of {highest.normalize():f}"
