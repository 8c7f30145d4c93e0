"""The JSON Schema of project.toml, for editors: completion, descriptions, and most faults while somebody writes.

It never complains about what `check` takes, but for values that are never sent: one in [defaults] that no model takes
and every shot replaces, one in a shot whose own `unset` drops it. What needs more than one look (rules between fields,
templates, names of elements, what is required where fields are inherited) is left to `check`.
"""

from __future__ import annotations

import re
from typing import Any

from kling_render.catalog import Catalog
from kling_render.project.load import SCHEMA, TOP_KEYS
from kling_render.project.names import NAME, RESERVED, VARIABLE
from kling_render.project.schema_fields import DEFINITIONS, Schema, described, field_schema, widest
from kling_render.project.schema_models import model_definitions, narrow_by_defaults, narrow_by_model
from kling_render.project.schema_tables import table_schema
from kling_render.project.schema_words import TOP
from kling_render.project.shared import SHOT_ONLY
from kling_render.project.tables import (
    BudgetTable,
    CutTable,
    ElementTable,
    FilmTable,
    MatrixTable,
    ProfileTable,
    ProjectTable,
    RenderTable,
    SceneTable,
    ShotTable,
)
from kling_render.whole_files import Kind

DRAFT = "http://json-schema.org/draft-07/schema#"
_TITLE = "A film project of kling-render"
EDITOR_SCHEMA = Kind(
    "schema of projects", re.compile(rb'\{\s*"\$schema": "[^"]*",\s*"title": "' + _TITLE.encode() + b'"')
)
"""How every file with this schema begins."""


def project_schema(catalog: Catalog) -> dict[str, Any]:
    """The schema of a project file whose models are those of a catalog: JSON Schema draft-07."""
    fields = {name: _any_field(name, catalog) for name in catalog.fields}
    return {
        "$schema": DRAFT,
        "title": _TITLE,
        "type": "object",
        "required": ["schema", "project", "shot"],
        "additionalProperties": False,
        "properties": _top(fields),
        "allOf": [narrow_by_defaults(name) for name in catalog.model_names()],
        "definitions": {**DEFINITIONS, "shot": _shot(fields, catalog), **model_definitions(catalog)},
    }


def _top(fields: dict[str, Schema]) -> Schema:
    shared = {name: schema for name, schema in fields.items() if name not in SHOT_ONLY}
    sections: dict[str, Schema] = {
        "schema": {"const": SCHEMA},
        "include": {"type": "array", "items": {"type": "string"}},
        "project": table_schema(ProjectTable),
        "budget": table_schema(BudgetTable),
        "render": table_schema(RenderTable),
        "defaults": {"type": "object", "additionalProperties": False, "properties": shared},
        "profile": {"type": "object", "additionalProperties": _profile(shared)},
        "versions": table_schema(MatrixTable),
        "vars": _variables(),
        "scene": _named(_scene(shared)),
        "element": _named(table_schema(ElementTable)),
        "shot": {"minProperties": 1, **_named({"$ref": "#/definitions/shot"})},
        "film": table_schema(FilmTable),
    }
    return {key: described(TOP.get(key, ""), sections.get(key, {})) for key in TOP_KEYS}


def _profile(shared: dict[str, Schema]) -> Schema:
    own = table_schema(ProfileTable)["properties"]
    own["vars"] |= _variables()
    own["shot"]["additionalProperties"] = {"$ref": "#/definitions/shot"}
    return {"type": "object", "additionalProperties": False, "properties": {**shared, **own}}


def _scene(shared: dict[str, Schema]) -> Schema:
    scene = table_schema(SceneTable)
    scene["properties"]["vars"] |= _variables()
    scene["properties"]["defaults"] |= {"additionalProperties": False, "properties": shared}
    return scene


def _any_field(name: str, catalog: Catalog) -> Schema:
    """A field as the models take it, whichever it will be."""
    if name == "model":
        known = {"type": "string", "enum": list(catalog.model_names())}
        return described(catalog.fields[name].about, {"anyOf": [known, {"$ref": "#/definitions/unjudged"}]})
    versions = [model.fields[name] for model in catalog.contract.models if name in model.fields]
    return field_schema(widest(versions or [catalog.fields[name]]), name)


def _shot(fields: dict[str, Schema], catalog: Catalog) -> Schema:
    own = table_schema(ShotTable)["properties"]
    own["endpoint"]["enum"] = list(catalog.actions)
    own["unset"]["items"]["enum"] = list(catalog.fields)
    own["vars"] |= _variables()
    own["sequence"]["items"] = _cut(catalog)
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {**fields, **own},
        "allOf": [narrow_by_model(name) for name in catalog.model_names()],
    }


def _cut(catalog: Catalog) -> Schema:
    cut = table_schema(CutTable)
    spec = catalog.fields["multi_prompt"].of
    if spec is not None:
        cut["properties"]["duration_seconds"] = field_schema(spec.fields["duration_seconds"])
        cut["required"] = ["duration_seconds"]
    return cut


def _named(entry: Schema) -> Schema:
    """A table of tables whose names may stand in an address."""
    return {
        "type": "object",
        "propertyNames": {"pattern": f"^{NAME.pattern}$"},
        "additionalProperties": entry,
    }


def _variables() -> Schema:
    """A table of names that templates can use."""
    names = {"pattern": f"^{VARIABLE.pattern}$", "not": {"enum": sorted(RESERVED)}}
    return {"type": "object", "propertyNames": names, "additionalProperties": True}
