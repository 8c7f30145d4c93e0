"""Which combinations of values a model can be asked for: what a rate may depend on."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kling_render.catalog.models import FieldSpec, ModelSpec, same
from kling_render.catalog.prices import word_of

_MOST_NUMBERS = 100


def choices(spec: FieldSpec) -> Mapping[str, Any] | None:
    """All values that a field can have, by the words of a rate card; None where nobody can list them."""
    values: Sequence[Any] = spec.values
    if not values and spec.type == "boolean":
        values = (False, True)
    if not values and spec.type == "integer" and spec.min is not None and spec.max is not None:
        values = range(int(spec.min), int(spec.max) + 1)
    return {word_of(each): each for each in values} if 0 < len(values) <= _MOST_NUMBERS else None


def combinations(model: ModelSpec, keys: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Every combination of values of some fields that the model takes; none where a field has no list of values."""
    known = [choices(model.fields[key]) or {} for key in keys]
    for words in itertools.product(*known):
        if not refusal(model, dict(zip(keys, words, strict=True))):
            yield words


def refusal(model: ModelSpec, words: Mapping[str, str]) -> str:
    """Why the model takes no request with these values, whatever else it says; empty where it may take one.

    Args:
        model: the model.
        words: the values of some of its fields, as a rate card writes them.
    """
    values = {name: _value(model, name, word) for name, word in words.items()}
    for rule in model.rules:
        if values.keys() >= {*rule.when, *rule.unless} and rule.holds(values, model.fields):
            judged = ((values[name], allowed) for name, allowed in rule.values.items() if name in values)
            if any(not any(same(value, each) for each in allowed) for value, allowed in judged):
                return rule.why
    return ""


def _value(model: ModelSpec, name: str, word: str) -> Any:
    spec = model.fields.get(name)
    return ((choices(spec) if spec else None) or {}).get(word, word)
