"""The tables that a project may share with others by `include`: defaults, vars, elements, scenes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kling_render.catalog import Catalog
from kling_render.errors import Place
from kling_render.project.layers import Layer, sourced
from kling_render.project.model import Element
from kling_render.project.names import check_name, check_variables
from kling_render.project.reading import Document
from kling_render.project.reports import Report, dotted
from kling_render.project.tables import ElementTable, SceneTable

SHOT_ONLY = frozenset({"prompt", "multi_prompt", "multi_shots", "kling_elements"})


def read_base_layers(documents: list[Document], catalog: Catalog, report: Report) -> list[Layer]:
    """What every shot starts with: the fields of [defaults] and the variables of [vars], of each file a layer."""
    layers = []
    for document in documents:
        name = "defaults" if document is documents[-1] else f"defaults of {document.path.name}"
        fields = _table(document, "defaults", report)
        known = {
            key: value
            for key, value in fields.items()
            if _is_default(document.path, "defaults", key, value, catalog, report)
        }
        variables = _table(document, "vars", report)
        check_variables(variables, Place(document.path, "vars"), report)
        layers.append(
            Layer(
                name,
                fields=sourced(known, Place(document.path, "defaults"), name),
                vars=sourced(variables, Place(document.path, "vars"), name.replace("defaults", "vars")),
            )
        )
    return layers


def read_scenes(documents: list[Document], catalog: Catalog, report: Report) -> dict[str, Layer]:
    """The scenes by name; a later file's scene replaces an earlier one's."""
    scenes: dict[str, Layer] = {}
    for document in documents:
        for name, raw in _table(document, "scene", report).items():
            place = Place(document.path, dotted("scene", name))
            check_name(name, place, report)
            table = report.read_table(SceneTable, raw, place)
            if table is None:
                continue
            layer, key = f"scene {name}", f"{place.key}.defaults"
            fields = {
                field: value
                for field, value in table.defaults.items()
                if _is_default(document.path, key, field, value, catalog, report)
            }
            check_variables(table.vars, Place(document.path, f"{place.key}.vars"), report)
            own = {"elements": table.elements} if "elements" in table.model_fields_set else {}
            scenes[name] = Layer(
                layer,
                own=sourced(own, place, layer),
                fields=sourced(fields, Place(document.path, key), layer),
                vars=sourced(table.vars, Place(document.path, f"{place.key}.vars"), layer),
            )
    return scenes


def _is_default(path: Path, table: str, name: str, value: Any, catalog: Catalog, report: Report) -> bool:
    place = Place(path, dotted(table, name))
    if name in SHOT_ONLY:
        report.add(replace(place, of="key"), f"{name} belongs to a shot, not to [{table}]")
    elif name not in catalog.fields:
        hint = f"[{table}] holds request fields of the API."
        report.unknown_key(place, name, value, catalog.fields, hint)
    return name in catalog.fields and name not in SHOT_ONLY


def read_elements(documents: list[Document], report: Report) -> Mapping[str, Element]:
    """The recurring characters and props by name."""
    elements: dict[str, Element] = {}
    for document in documents:
        for name, table in _table(document, "element", report).items():
            place = Place(document.path, dotted("element", name))
            check_name(name, place, report)
            read = report.read_table(ElementTable, table, place)
            elements[name] = Element(name, read or ElementTable(description=name), place)
    return MappingProxyType(elements)


def _table(document: Document, key: str, report: Report) -> dict[str, Any]:
    raw = document.tables.get(key, {})
    if isinstance(raw, dict):
        return raw
    report.add(Place(document.path, key), f"{key} must be a table")
    return {}
