"""What a model takes and costs, in a few words each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kling_render.catalog import Catalog, FieldSpec, ModelSpec
from kling_render.catalog.checks import CHECKS
from kling_render.catalog.combinations import refusal

NOT_PUBLISHED = "not published"
NONE = "\N{EN DASH}"
_TO = "\N{EN DASH}"


@dataclass(frozen=True)
class Rate:
    """One published rate.

    Attributes:
        values: the fields that it depends on, as the card writes their values.
        cents: US cents per second.
        refused: why the model takes no request with these values, in words; empty where it does.
    """

    values: Mapping[str, str]
    cents: Decimal
    refused: str = ""


def rates_of(model: ModelSpec, catalog: Catalog) -> tuple[Rate, ...]:
    """All published rates of a model on its action; none where its price is not published."""
    schedule = catalog.rates.schedule(model.action, model.name)
    if schedule is None:
        return ()
    keyed = ((dict(zip(schedule.keys, words, strict=True)), cents) for words, cents in schedule.rates().items())
    return tuple(Rate(values, cents, refusal(model, values)) for values, cents in keyed)


def rate_words(rates: tuple[Rate, ...]) -> str:
    """`14-67`: the lowest and the highest rate that a request can have."""
    cents = [rate.cents for rate in rates if not rate.refused]
    if not cents:
        return NOT_PUBLISHED
    low, high = cents_words(min(cents)), cents_words(max(cents))
    return low if low == high else f"{low}{_TO}{high}"


def cents_words(cents: Decimal) -> str:
    """An exact amount in cents without idle zeros."""
    return f"{cents.normalize():f}"


def length_words(model: ModelSpec) -> str:
    """How long its clips are: `3-15 s`, `5, 10 s`, `as its video`."""
    if (spec := model.fields.get("duration_seconds")) is not None:
        return f"{_numbers(spec)} s"
    if model.length is not None and model.length.seconds is not None:
        return f"{model.length.seconds} s assumed"
    media = model.fields[model.length_follows].media if model.length_follows else ""
    return f"as its {media}" if media else NONE


def picture_words(model: ModelSpec) -> str:
    """Its resolutions; for an older model its modes."""
    resolutions = model.fields.get("output_resolution")
    if resolutions is not None:
        return _choices(resolutions)
    mode = model.fields.get("mode")
    return f"mode {_choices(mode)}" if mode is not None else NONE


def ratio_words(model: ModelSpec) -> str:
    """Its aspect ratios."""
    spec = model.fields.get("aspect_ratio")
    return _choices(spec) if spec is not None else NONE


def sound_words(model: ModelSpec) -> str:
    """Whether its clips can have sound, and on what condition."""
    spec = model.fields.get("enable_sound")
    if spec is None or spec.values == (False,):
        return "no"
    for rule in model.rules:
        if rule.values.get("enable_sound") == (False,) and rule.unless:
            return f"with {' '.join(f'{name} {each.equals}' for name, each in rule.unless.items())}"
    return "optional"


def family_of(model: ModelSpec, catalog: Catalog) -> str:
    """The family name that means this model on its action; empty where there is none."""
    families = catalog.contract.families.items()
    return next((name for name, members in families if members.get(model.action) == model.name), "")


def limits(spec: FieldSpec) -> str:
    """Type and limits of a field: `3 to 15 s`, `text, at most 2,500 characters`, `1 to 7 of: image URL`."""
    words = ", ".join([_kind(spec), *_bounds(spec)])
    return words if spec.of is None or spec.of.type == "table" else f"{words}, each: {limits(spec.of)}"


def advice(spec: FieldSpec) -> str:
    """Limits whose source is not RunAPI, which only warn; empty where there are none."""
    return ", ".join(_advice(spec))


def check_words(name: str) -> str:
    """What a check demands."""
    return (CHECKS[name].__doc__ or name).partition("\n")[0]


def as_toml(value: Any) -> str:
    """A value as it is written in a project file."""
    return json.dumps(value, ensure_ascii=False)


def _kind(spec: FieldSpec) -> str:
    if spec.values:
        return ", ".join(map(as_toml, spec.values)) if len(spec.values) > 1 else f"only {as_toml(spec.values[0])}"
    if spec.min is not None or spec.max is not None:
        return _range(spec)
    if spec.type == "url":
        formats = "/".join(spec.formats)
        return " ".join(word for word in ("public" if spec.public else "", formats, spec.media, "URL") if word)
    if spec.type == "list":
        return "list of tables" if spec.of is not None and spec.of.type == "table" else "list"
    return {"boolean": "true or false", "integer": "whole number", "string": "text"}.get(spec.type, spec.type)


def _range(spec: FieldSpec) -> str:
    unit = f" {spec.unit}" if spec.unit else ""
    if spec.max is None:
        return f"at least {spec.min:g}{unit}"
    return f"{spec.min or 0:g} to {spec.max:g}{unit}"


def _bounds(spec: FieldSpec) -> Iterator[str]:
    if spec.max_chars is not None:
        yield f"at most {spec.max_chars:,} characters"
    if spec.max_items is not None:
        yield f"{spec.min_items or 0} to {spec.max_items} of them"


def _advice(spec: FieldSpec) -> Iterator[str]:
    if spec.advised_max_chars is not None:
        yield f"at most {spec.advised_max_chars:,} characters"
    if spec.advised_min_items is not None:
        yield f"at least {spec.advised_min_items}"
    if spec.advised_max_items is not None:
        yield f"at most {spec.advised_max_items}"
    if spec.advised_formats:
        yield " or ".join(spec.advised_formats)
    if spec.advised_min_pixels is not None:
        yield f"{spec.advised_min_pixels} pixels or more a side"
    if spec.advised_max_bytes is not None:
        yield f"at most {spec.advised_max_bytes / 1_000_000:g} MB"


def _numbers(spec: FieldSpec) -> str:
    if spec.values:
        return ", ".join(f"{each:g}" for each in spec.values)
    return f"{spec.min or 0:g}{_TO}{spec.max:g}" if spec.max is not None else f"{spec.min or 0:g} or more"


def _choices(spec: FieldSpec) -> str:
    return " ".join(map(str, spec.values)) or "unlisted"
