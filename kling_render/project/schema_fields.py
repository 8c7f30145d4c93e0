"""Request fields as JSON Schema: what a model takes, as an editor can check it while somebody writes.

A template is judged when the project is checked, and a blank text or an empty list counts as left out: both may stand
in any field. Fields come in two forms. `field_schema` describes: what stands under `anyOf` is what an editor offers.
`narrow_schema` refuses: its limits stand side by side, each for its own type, so that the complaint names the limit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from kling_render.catalog import FieldSpec

Schema = dict[str, Any]

_SPECIAL = re.compile(r"[][.*+?^${}()|\\/]")
_MARK = r"\{[{%#]"
_LEFT_OPEN = rf"^\s*$|{_MARK}"
DEFINITIONS: Mapping[str, Schema] = {
    "template": {"type": "string", "pattern": _MARK},
    "unjudged": {"anyOf": [{"type": "string", "pattern": _LEFT_OPEN}, {"type": "array", "maxItems": 0}]},
    "reference": {
        "description": "A frame of another shot's clip, its clip, or the task that made it.",
        "type": "object",
        "required": ["shot"],
        "additionalProperties": False,
        "properties": {"shot": {"type": "string"}, "frame": {"enum": ["first", "last"]}},
    },
    "refused": {"not": {"type": ["boolean", "number", "object"]}, "pattern": _LEFT_OPEN, "maxItems": 0},
}
"""What fields refer to: a template; what only `check` can judge; a field that must be left out."""

_TEMPLATE = {"$ref": "#/definitions/template"}
_REFERENCE = {"$ref": "#/definitions/reference"}
UNJUDGED: Schema = {"$ref": "#/definitions/unjudged"}
REFUSED: Schema = {"$ref": "#/definitions/refused"}

_TYPES: Mapping[str, str] = {
    "string": "string",
    "text": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "url": "string",
    "list": "array",
    "table": "object",
}


def field_schema(spec: FieldSpec, name: str = "") -> Schema:
    """What may be written for a field, described for people."""
    reference = [_REFERENCE] if may_refer(spec, name) else []
    return described(spec.about, {"anyOf": [_value(spec), UNJUDGED, *reference]})


def may_refer(spec: FieldSpec, name: str = "") -> bool:
    """Whether another shot's clip or task may stand for the value."""
    return spec.media in ("image", "video") or name == "source_task_id"


def narrow_schema(spec: FieldSpec, name: str = "") -> Schema:
    """The same limits, in the form whose complaint names the one that is broken."""
    if may_refer(spec, name):
        return {"anyOf": [_value(spec), UNJUDGED, _REFERENCE]}
    value = _value(spec)
    if spec.values and not all(isinstance(each, str) for each in spec.values):
        return {"anyOf": [value, UNJUDGED], "if": UNJUDGED, "else": value}
    limits = {key: each for key, each in value.items() if key not in ("type", "enum", "pattern")}
    if value["type"] != "array":
        limits["maxItems"] = 0
    if not _is_free_text(value):
        limits["pattern"] = "|".join([*_text_patterns(value), _LEFT_OPEN])
    return {"type": list(dict.fromkeys([value["type"], "string", "array"])), **limits}


def described(about: str, schema: Schema) -> Schema:
    """The schema with its description, where there is one."""
    return {"description": about, **schema} if about else schema


def widest(specs: Iterable[FieldSpec]) -> FieldSpec:
    """A field that takes whatever any of these versions of it takes."""
    every = tuple(specs)
    inner = [spec.of for spec in every if spec.of is not None]
    return every[0].model_copy(
        update={
            "values": _all_values(every),
            "min": _outermost(min, [_least(spec) for spec in every]),
            "max": _outermost(max, [_most(spec) for spec in every]),
            "max_items": _outermost(max, [spec.max_items for spec in every]),
            "of": widest(inner) if inner else None,
            "fields": _all_fields(every),
            "required": tuple(name for name in every[0].required if all(name in spec.required for spec in every)),
        }
    )


def _value(spec: FieldSpec) -> Schema:
    """A value that is no template, by type and limits; not the length of texts, as white space collapses first."""
    schema: Schema = {"type": _TYPES[spec.type]}
    if spec.values:
        schema["enum"] = list(spec.values)
    limits = {"minimum": _number(spec.min), "maximum": _number(spec.max), "maxItems": spec.max_items}
    schema |= {key: limit for key, limit in limits.items() if limit is not None}
    if spec.type == "url" and not spec.media:
        schema["pattern"] = "^[Hh][Tt][Tt][Pp][Ss]?://"  # one with media may be a local file instead
    if spec.of is not None:
        schema["items"] = _entry(spec.of)
    if spec.fields:
        schema["properties"] = {name: field_schema(own) for name, own in spec.fields.items()}
        schema |= {"additionalProperties": False, "required": list(spec.required)}
    return schema


def _entry(spec: FieldSpec) -> Schema:
    """An entry of a list: being blank does not leave it out."""
    value = _value(spec)
    others = [_TEMPLATE] * bool(_text_patterns(value)) + [_REFERENCE] * may_refer(spec)
    return {"anyOf": [value, *others]} if others else value


def _is_free_text(value: Schema) -> bool:
    return value["type"] == "string" and not _text_patterns(value)


def _text_patterns(value: Schema) -> list[str]:
    """What texts are limited to, as patterns."""
    if value["type"] != "string":
        return []
    if "enum" in value:
        return [_exactly(each) for each in value["enum"]]
    return [value["pattern"]] if "pattern" in value else []


def _exactly(text: str) -> str:
    escaped = _SPECIAL.sub(r"\\\g<0>", text)
    return f"^{escaped}$"


def _all_values(specs: tuple[FieldSpec, ...]) -> tuple[Any, ...]:
    if not all(spec.values for spec in specs):
        return ()
    return tuple(dict.fromkeys(value for spec in specs for value in spec.values))


def _all_fields(specs: tuple[FieldSpec, ...]) -> dict[str, FieldSpec]:
    names = dict.fromkeys(name for spec in specs for name in spec.fields)
    return {name: widest(spec.fields[name] for spec in specs if name in spec.fields) for name in names}


def _least(spec: FieldSpec) -> float | None:
    numbers = _numbers(spec)
    return min(numbers) if numbers else spec.min


def _most(spec: FieldSpec) -> float | None:
    numbers = _numbers(spec)
    return max(numbers) if numbers else spec.max


def _numbers(spec: FieldSpec) -> list[float]:
    return [each for each in spec.values if isinstance(each, int | float) and not isinstance(each, bool)]


def _outermost(choose: Any, limits: list[Any]) -> Any:
    """The widest of several limits; none at all where one of them is open."""
    return None if None in limits else choose(limits)


def _number(limit: float | None) -> float | None:
    return int(limit) if limit is not None and float(limit).is_integer() else limit
