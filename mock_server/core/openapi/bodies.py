"""What may stand in the body of a create, as JSON Schema: a model's fields with their limits, and its rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kling_render.catalog import Catalog, FieldSpec, ModelSpec
from kling_render.catalog.models import Condition, Rule, same

Schema = dict[str, Any]
_TYPES = {"text": "string", "url": "string", "list": "array", "table": "object"}
_HTTP = "^[Hh][Tt][Tt][Pp][Ss]?://[^ ]+$"
_LIMITS = {
    "min": "minimum",
    "max": "maximum",
    "min_chars": "minLength",
    "max_chars": "maxLength",
    "min_items": "minItems",
    "max_items": "maxItems",
}


def request_schemas(catalog: Catalog) -> dict[str, Schema]:
    """One schema for each model on each action, by the name under which `create_schema` refers to it."""
    return {component_name(model): _model_schema(model) for model in catalog.contract.models}


def create_schema(catalog: Catalog, action: str) -> Schema:
    """The body of a create: any of the action's models, told apart by `model`."""
    models = {model.name: f"#/components/schemas/{component_name(model)}" for model in _models(catalog, action)}
    return {
        "oneOf": [{"$ref": reference} for reference in models.values()],
        "discriminator": {"propertyName": "model", "mapping": models},
    }


def quote_schema(catalog: Catalog) -> Schema:
    """The body of a price quote: what is given must be right, and nothing but the model must be there."""
    model = {"properties": {"model": {"type": "string"}}, "required": ["model"]}
    return {
        "type": "object",
        "properties": {
            "service": {"const": "kling"},
            "action": {"enum": list(catalog.actions)},
            "model": {"type": "string"},
            "params": {"type": "object", "description": "Fields of a create, as far as they are known."},
        },
        "required": ["service", "action"],
        "anyOf": [{"required": ["model"]}, {"properties": {"params": model}, "required": ["params"]}],
    }


def component_name(model: ModelSpec) -> str:
    """The name of a model's schema: whatever a catalog calls it, OpenAPI takes only some signs."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", f"{model.action}.{model.name}")


def _models(catalog: Catalog, action: str) -> list[ModelSpec]:
    return [model for model in catalog.contract.models if model.action == action]


def _model_schema(model: ModelSpec) -> Schema:
    fields = {name: _field_schema(spec) for name, spec in model.fields.items() if name != "model"}
    required = [name for name in ("model", *model.required) if name != "model" or name not in model.required]
    rules = [_rule_schema(rule, model) for rule in model.rules]
    schema: Schema = {
        "title": f"{model.name}, {model.action}",
        "type": "object",
        "properties": {"model": {"const": model.name}, **fields},
        "required": required,
        "additionalProperties": False,
    }
    return schema | ({"allOf": shown} if (shown := [rule for rule in rules if rule]) else {})


def _field_schema(spec: FieldSpec) -> Schema:
    schema: Schema = {"type": _TYPES.get(spec.type, spec.type)}
    if about := f"{spec.about} In {spec.unit}." if spec.unit and spec.about else spec.about:
        schema["description"] = about
    if spec.type == "url":
        schema |= {"format": "uri", "pattern": _HTTP}
    if spec.values:
        schema["enum"] = list(spec.values)
    schema |= {word: limit for name, word in _LIMITS.items() if (limit := getattr(spec, name)) is not None}
    if spec.default is not None:
        schema["default"] = spec.default
    if spec.type in ("string", "text") and not spec.values:
        schema["pattern"] = r"\S"  # blank counts as not given
    if spec.of is not None:
        schema["items"] = _field_schema(spec.of)
    return schema | (_table_schema(spec) if spec.type == "table" else {})


def _table_schema(spec: FieldSpec) -> Schema:
    schema: Schema = {
        "properties": {name: _field_schema(own) for name, own in spec.fields.items()},
        "required": list(spec.required),
        "additionalProperties": False,
    }
    return schema | ({"oneOf": [{"required": [name]} for name in spec.require_one]} if spec.require_one else {})


def _rule_schema(rule: Rule, model: ModelSpec) -> Schema:
    """If the rule's conditions hold, its demands do; empty for one that only warns, or judges files."""
    demands = _demands(rule, model.fields)
    if not demands:
        return {}
    conditions = [_condition_schema(name, each, model.fields) for name, each in rule.when.items()]
    if rule.unless:
        unless = [_condition_schema(name, each, model.fields) for name, each in rule.unless.items()]
        conditions.append({"not": {"allOf": unless}})
    then = {"allOf": demands} if len(demands) > 1 else demands[0]
    return {"description": rule.why, **({"if": {"allOf": conditions}, "then": then} if conditions else then)}


def _condition_schema(name: str, condition: Condition, fields: Mapping[str, FieldSpec]) -> Schema:
    if condition.present is not None:
        is_there = {"required": [name]}
        return is_there if condition.present else {"not": is_there}
    if condition.differs is not None:
        return {"not": _counts_as(name, [condition.differs], fields)}
    return _counts_as(name, [condition.equals], fields)


def _demands(rule: Rule, fields: Mapping[str, FieldSpec]) -> list[Schema]:
    demands: list[Schema] = []
    if rule.require:
        demands.append({"required": list(rule.require)})
    if rule.require_one:
        demands.append({"oneOf": [{"required": [name]} for name in rule.require_one]})
    if rule.forbid:
        demands.append({"properties": dict.fromkeys(rule.forbid, False)})
    for name, allowed in rule.values.items():
        default = _default(name, fields)
        demands.append(_counts_as(name, allowed, fields) if default is not None else _is_one_of(name, allowed))
    demands += [{"properties": {name: {"maxItems": most}}} for name, most in rule.max_items.items()]
    return demands


def _counts_as(name: str, values: Any, fields: Mapping[str, FieldSpec]) -> Schema:
    """The field has one of these values, or is left out where its default is one of them."""
    schema, default = _is_one_of(name, values), _default(name, fields)
    is_default = default is not None and any(same(default, each) for each in values)
    return schema if is_default else schema | {"required": [name]}


def _is_one_of(name: str, values: Any) -> Schema:
    return {"properties": {name: {"enum": list(values)}}}


def _default(name: str, fields: Mapping[str, FieldSpec]) -> Any:
    spec = fields.get(name)
    return spec.default if spec else None
