"""Reads catalog data and judges the data itself: every name it uses exists, every limit makes sense."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from kling_render.catalog.checks import CHECKS
from kling_render.catalog.models import CatalogFile, FieldSpec, ModelSpec
from kling_render.catalog.values import judge_value
from kling_render.catalog.words import did_you_mean

Trouble = tuple[str, str]
"""A dotted key in the data, and what is wrong there."""

_EVERYWHERE = ("model", "callback_url")
"""Fields that every model takes."""


class CatalogDataError(Exception):
    """The data contradict themselves or their schema; `troubles` has all that was found."""

    def __init__(self, troubles: Iterable[Trouble]) -> None:
        self.troubles = tuple(dict.fromkeys(troubles))
        super().__init__("; ".join(f"{key}: {text}" for key, text in self.troubles))


def read_contract(raw: Mapping[str, Any]) -> CatalogFile:
    """The contract in models.toml's shape, the shared fields laid under each model's own.

    Raises:
        CatalogDataError: with everything wrong in it.
    """
    troubles = list(_strange_fields(raw))
    try:
        contract = CatalogFile.model_validate(_with_shared_fields(raw))
    except ValidationError as error:
        raise CatalogDataError([*troubles, *read_troubles(error)]) from None
    if troubles := troubles or list(_inconsistencies(contract)):
        raise CatalogDataError(troubles)
    return contract


def read_troubles(error: ValidationError) -> list[Trouble]:
    """The complaints of pydantic as keys and sentences."""
    return [(_dotted(each["loc"]), each["msg"].removeprefix("Value error, ")) for each in error.errors()]


def _dotted(location: Iterable[int | str]) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return "".join(parts).removeprefix(".")


def _strange_fields(raw: Mapping[str, Any]) -> Iterator[Trouble]:
    """What keeps the fields of the models from being laid over the shared ones."""
    shared, models = raw.get("fields"), raw.get("models")
    if not isinstance(shared, Mapping) or not isinstance(models, list):
        return  # pydantic says what is missing
    yield from ((f"fields.{name}", "must be a table") for name, spec in shared.items() if not isinstance(spec, Mapping))
    for at, model in enumerate(models):
        for name, own in _fields_of(model).items():
            place = f"models[{at}].fields.{name}"
            if name not in shared:
                yield place, f"{name} is not described under [fields]{did_you_mean(name, shared)}"
            elif not isinstance(own, Mapping):
                yield place, "must be a table"


def _fields_of(model: Any) -> Mapping[str, Any]:
    fields = model.get("fields") if isinstance(model, Mapping) else None
    return fields if isinstance(fields, Mapping) else {}


def _with_shared_fields(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    shared, models = raw.get("fields"), raw.get("models")
    if not isinstance(shared, Mapping) or not isinstance(models, list):
        return raw
    tables = {name: spec for name, spec in shared.items() if isinstance(spec, Mapping)}
    return {**raw, "fields": tables, "models": [_laid_over(tables, model) for model in models]}


def _laid_over(shared: Mapping[str, Any], model: Any) -> Any:
    """A model with the shared fields under its own; what is strange about these is told elsewhere."""
    if not isinstance(model, Mapping) or not isinstance(model.get("fields"), Mapping):
        return model
    fields: dict[str, Any] = {name: shared[name] for name in _EVERYWHERE if name in shared}
    for name, own in _fields_of(model).items():
        if name in shared and isinstance(own, Mapping):
            fields[name] = {**shared[name], "source": model.get("source", "project"), **own}
    return {**model, "fields": fields}


def _inconsistencies(contract: CatalogFile) -> Iterator[Trouble]:
    known = set(contract.sources)
    for key, sources in _named_sources(contract):
        if unknown := sources - known:
            yield key, f"sources without an entry under [sources]: {', '.join(sorted(unknown))}"
    names = {(model.action, model.name) for model in contract.models}
    for family, members in contract.families.items():
        for action, name in members.items():
            if (action, name) not in names:
                yield f"families.{family}", f"there is no model {name} on {action}"
    seen = set()
    for at, model in enumerate(contract.models):
        if (model.action, model.name) in seen:
            yield f"models[{at}]", f"{model.name} ({model.action}) is there twice"
        seen.add((model.action, model.name))
        yield from ((f"models[{at}]", text) for text in _model_troubles(model, contract))


def _named_sources(contract: CatalogFile) -> Iterator[tuple[str, set[str]]]:
    yield "service", {contract.service.source}
    yield from ((f"fields.{name}", spec.sources()) for name, spec in contract.fields.items())
    yield from ((f"models[{at}]", model.sources()) for at, model in enumerate(contract.models))


def _model_troubles(model: ModelSpec, contract: CatalogFile) -> Iterator[str]:
    own = {name for rule in model.rules for name in rule.names()} | set(model.required)
    follows = {model.length_follows} - {""}
    for name in sorted((own | follows) - set(model.fields)):
        yield f"{name} stands in required, length or rules, but is not a field of {model.name}"
    for name in sorted(set(model.forbidden) - set(contract.fields)):
        yield f"forbidden names the unknown field {name}{did_you_mean(name, contract.fields)}"
    for name in sorted(set(model.forbidden) & set(model.fields)):
        yield f"{name} is both a field and forbidden"
    for name in sorted(set(model.checks) - set(CHECKS)):
        yield f"there is no check {name}{did_you_mean(name, CHECKS)}"
    for name in sorted(_compared(model)):
        if name in model.fields and model.fields[name].type == "text":
            yield f"the words of {name} are not compared with anything: give it the type string"
    yield from _wrong_defaults(model.fields)
    if "duration_seconds" in model.fields and not _lasts_a_second(model.fields["duration_seconds"]):
        yield "duration_seconds must be a second at least: give it the type integer and min = 1, or values from 1 on"
    if "duration_seconds" not in model.fields and model.length is None:
        yield "it has neither duration_seconds nor a length, so nobody knows what it costs"


def _lasts_a_second(spec: FieldSpec) -> bool:
    lengths = spec.values or (spec.min or 0,)
    return spec.type == "integer" and all(isinstance(each, int | float) and each >= 1 for each in lengths)


def _compared(model: ModelSpec) -> set[str]:
    """The fields whose value is compared with others."""
    conditions = [each for rule in model.rules for each in (*rule.when.items(), *rule.unless.items())]
    asked = {name for name, condition in conditions if condition.present is None}
    chosen = {name for name, spec in model.fields.items() if spec.values}
    return asked.union(chosen, *(rule.values for rule in model.rules))


def _wrong_defaults(fields: Mapping[str, FieldSpec]) -> Iterator[str]:
    for name, spec in fields.items():
        if spec.default is not None:
            yield from (f"the default of {text}" for _, _, text, _, _ in judge_value(spec, name, spec.default))
