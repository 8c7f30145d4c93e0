"""One model on one endpoint as JSON."""

from __future__ import annotations

from typing import Any

from kling_render.catalog import Catalog, FieldSpec, ModelSpec
from kling_render.report.model_words import cents_words, check_words, family_of, rates_of


def model_json(model: ModelSpec, catalog: Catalog) -> dict[str, Any]:
    """A model with its fields, rules and rates, in the words of models.toml.

    `fields` has for each field its `type` and limits as far as it has any, `required` (whatever the rules say), and
    `default` with `default_source` where one counts. `length` says how long a clip is where no field does. `rules` are
    conditions and what they demand, `why` says them in words; so does `words` of each of `checks`. `rates` are US
    cents per second as decimal texts, by the `values` that they depend on; it is empty where none is published.
    """
    length = model.length
    return {
        "action": model.action,
        "name": model.name,
        "family": family_of(model, catalog) or None,
        "source": model.source,
        "length": length.model_dump(exclude_defaults=True) if length else None,
        "fields": {name: _field(name, spec, model) for name, spec in model.fields.items()},
        "forbidden": list(model.forbidden),
        "rules": [rule.model_dump(mode="json", by_alias=True, exclude_defaults=True) for rule in model.rules],
        "checks": [{"name": name, "words": check_words(name)} for name in model.checks],
        "rates": [
            {"values": dict(rate.values), "cents_per_second": cents_words(rate.cents), "refused": rate.refused or None}
            for rate in rates_of(model, catalog)
        ],
    }


def _field(name: str, spec: FieldSpec, model: ModelSpec) -> dict[str, Any]:
    required = name == "model" or name in model.required
    return {**spec.model_dump(mode="json", exclude_defaults=True), "required": required}
