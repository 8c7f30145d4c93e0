"""The tool's own tables of a project file as JSON Schema, from their pydantic classes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import BeforeValidator
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from kling_render.project.schema_words import KEYS
from kling_render.project.tables import BudgetTable, RenderTable, Table


def table_schema(kind: type[Table]) -> dict[str, Any]:
    """A table with all its keys, each described as far as there are words for it."""
    raw = kind.model_json_schema(schema_generator=_Generator)
    schema: dict[str, Any] = _tidied(raw, raw.get("$defs", {}))
    return schema


def _reader(field: FieldInfo) -> Any:
    """The function that reads what is written for a key."""
    annotated = getattr(field.annotation, "__args__", ())  # of `MicroUsd | None`
    metadata = [*field.metadata, *(each for kind in annotated for each in getattr(kind, "__metadata__", ()))]
    return next(each.func for each in metadata if isinstance(each, BeforeValidator))


_WRITTEN: Mapping[Any, Mapping[str, Any]] = {
    _reader(BudgetTable.model_fields["max_usd"]): {"type": "number", "minimum": 0},
    _reader(RenderTable.model_fields["replay_window"]): {"type": "string", "pattern": r"^[0-9]{1,6}\s*[smhd]$"},
}
"""What people write where a reader makes something else of it: an amount in US dollars, a span of time."""

_UNKNOWN_PRICE = _reader(BudgetTable.model_fields["unknown_price"])


class _Generator(GenerateJsonSchema):
    """Speaks of what is written, not of what it is read to."""

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        """What the reader takes."""
        reader = schema["function"]["function"]
        if reader == _UNKNOWN_PRICE:
            return {"anyOf": [{"const": "deny"}, self.generate_inner(schema["schema"])]}
        return dict(_WRITTEN[reader]) if reader in _WRITTEN else super().function_before_schema(schema)

    def encode_default(self, dft: Any) -> Any:
        """A default as people would write it."""
        return f"{dft / timedelta(hours=1):g}h" if isinstance(dft, timedelta) else super().encode_default(dft)


_DROPPED = ("title", "description", "$defs", "anyOf")
_LIMITS = {"gt": "exclusiveMinimum"}  # pydantic's own word, where a limit stands behind a reader
_WORDS = {kind.__name__: words for kind, words in KEYS.items()}


def _tidied(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """Without titles, docstrings, references and nulls (TOML has none)."""
    if isinstance(schema, list):
        return [_tidied(each, definitions) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _tidied(definitions[schema["$ref"].rsplit("/", 1)[-1]], definitions)
    if "properties" in schema:
        return _tidied_table(schema, definitions)
    choices = [_tidied(each, definitions) for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    rest = {_LIMITS.get(key, key): _tidied(each, definitions) for key, each in schema.items() if key not in _DROPPED}
    if rest.get("default") in (None, "", [], {}):
        rest.pop("default", None)
    if len(choices) == 1:
        return {**choices[0], **rest}
    return {"anyOf": choices, **rest} if choices else rest


def _tidied_table(schema: dict[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """A table with its keys described; they may be called anything, `title` too."""
    words = _WORDS.get(schema["title"], {})
    own = {name: _tidied(each, definitions) for name, each in schema["properties"].items()}
    described = {name: {"description": words[name], **each} if name in words else each for name, each in own.items()}
    kept: dict[str, Any] = {key: schema[key] for key in ("type", "required", "additionalProperties") if key in schema}
    return {**kept, "properties": described}
