"""What a fixed model changes in the JSON Schema of a shot: its own limits, and the fields it does not know."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from kling_render.catalog import Catalog, FieldSpec, ModelSpec
from kling_render.project.schema_fields import REFUSED, Schema, narrow_schema, widest


def narrow_by_model(name: str) -> Schema:
    """A shot with this model takes what the model takes."""
    return {"if": _has("model", name), "then": _reference(name)}


def narrow_by_defaults(name: str) -> Schema:
    """Where [defaults] has this model, every shot without a model of its own takes what the model takes."""
    shots = {"additionalProperties": {"if": {"required": ["model"]}, "else": _reference(name)}}
    return {
        "if": {"required": ["defaults"], "properties": {"defaults": _has("model", name)}},
        "then": {"properties": {"shot": shots}},
    }


def model_definitions(catalog: Catalog) -> dict[str, Schema]:
    """For every name that may stand in `model`, what it takes on any of its endpoints, and on each of them."""
    definitions: dict[str, Schema] = {}
    for name in catalog.model_names():
        models = _meant(name, catalog)
        definitions[name] = _narrowed(models, catalog)
        if len(models) > 1:
            definitions[name]["allOf"] = [
                {"if": _has("endpoint", model.action), "then": _reference(_on(name, model.action))} for model in models
            ]
            definitions |= {_on(name, model.action): _narrowed([model], catalog) for model in models}
    return definitions


def _meant(name: str, catalog: Catalog) -> list[ModelSpec]:
    """The models that a name can mean, one for each endpoint."""
    found = ((action, catalog.resolve_family(name, action)) for action in catalog.actions)
    models = (catalog.model(action, member) for action, member in found)
    return [model for model in models if model is not None]


def _narrowed(models: list[ModelSpec], catalog: Catalog) -> Schema:
    """What these models take, as far as it is less than any model takes; ranges always, as complaints name them."""
    own: dict[str, Any] = {"endpoint": {"enum": [model.action for model in models]}}
    for name in catalog.fields:
        versions = _versions(name, models)
        if not versions:
            own[name] = REFUSED
        elif name != "model":
            narrow = narrow_schema(widest(versions), name)
            if "maximum" in narrow or narrow != narrow_schema(widest(_versions(name, catalog.contract.models)), name):
                own[name] = narrow
    if own.get("multi_prompt") == REFUSED:
        own["sequence"] = {"maxItems": 0}
    return {"properties": own}


def _versions(name: str, models: Iterable[ModelSpec]) -> list[FieldSpec]:
    return [model.fields[name] for model in models if name in model.fields]


def _has(key: str, value: str) -> Schema:
    return {"required": [key], "properties": {key: {"const": value}}}


def _on(name: str, action: str) -> str:
    return f"{name}@{action}"


def _reference(definition: str) -> Schema:
    return {"$ref": "#/definitions/" + quote(definition.replace("~", "~0").replace("/", "~1"), safe="@~")}
