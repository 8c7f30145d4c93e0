"""The tables that a project may share with others by `include`: defaults, vars, elements."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kling_render.catalog import Catalog, did_you_mean
from kling_render.errors import Place
from kling_render.project.model import Element, Sourced
from kling_render.project.reading import Document
from kling_render.project.reports import Report, dotted
from kling_render.project.tables import ElementTable

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
RESERVED = frozenset(
    {"element", "range", "dict", "namespace", "loop", "self", "super", "caller", "not"}
    | {"true", "false", "none", "True", "False", "None"}
)
SHOT_ONLY = frozenset({"prompt", "multi_prompt", "multi_shots", "kling_elements"})


def read_defaults(documents: list[Document], catalog: Catalog, report: Report) -> Mapping[str, Sourced]:
    """The request fields that every shot starts with; later documents lie over earlier ones."""
    merged: dict[str, Sourced] = {}
    for file, raw in _tables(documents, "defaults", report):
        for name, value in raw.items():
            place = Place(file, dotted("defaults", name))
            if name in SHOT_ONLY:
                report.add(place, f"{name} belongs to a shot, not to [defaults]")
            elif name not in catalog.fields:
                hint = "[defaults] holds request fields of the API."
                report.add(place, f'unknown key "{name}"{did_you_mean(name, catalog.fields)}', hint)
            else:
                merged[name] = Sourced(freeze(value), place)
    return MappingProxyType(merged)


def read_vars(documents: list[Document], report: Report) -> Mapping[str, Any]:
    """The variables of all templates."""
    merged: dict[str, Any] = {}
    for file, raw in _tables(documents, "vars", report):
        check_variables(raw, Place(file, "vars"), report)
        merged |= {name: freeze(value) for name, value in raw.items()}
    return MappingProxyType(merged)


def read_elements(documents: list[Document], report: Report) -> Mapping[str, Element]:
    """The recurring characters and props by name."""
    elements: dict[str, Element] = {}
    for file, raw in _tables(documents, "element", report):
        for name, table in raw.items():
            place = Place(file, dotted("element", name))
            check_name(name, place, report)
            read = report.read_table(ElementTable, table, place)
            elements[name] = Element(name, read or ElementTable(description=name), place)
    return MappingProxyType(elements)


def check_variables(raw: Mapping[str, Any], place: Place, report: Report) -> None:
    """Notes names that no template could use."""
    for name in raw:
        key = Place(place.file, dotted(place.key, name))
        if name in RESERVED:
            report.add(key, f'"{name}" is a name of the template language', "Choose another name.")
        elif not VARIABLE.fullmatch(name):
            report.add(key, f'"{name}" cannot name a variable', "Use letters, digits and _, a letter first.")


def check_name(name: str, place: Place, report: Report) -> None:
    """Notes a name that could not stand in an address."""
    if not NAME.fullmatch(name):
        hint = "Use 1 to 64 letters, digits, dashes and underscores; free text goes into label or notes."
        report.add(place, f'"{name}" cannot be a name', hint)


def freeze(value: Any) -> Any:
    """The same TOML value, unchangeable all the way down."""
    if isinstance(value, Mapping):
        return MappingProxyType({key: freeze(each) for key, each in value.items()})
    return tuple(freeze(each) for each in value) if isinstance(value, (list, tuple)) else value


def _tables(documents: list[Document], key: str, report: Report) -> Iterator[tuple[Path, dict[str, Any]]]:
    for document in documents:
        raw = document.tables.get(key, {})
        if isinstance(raw, dict):
            yield document.path, raw
        else:
            report.add(Place(document.path, key), f"{key} must be a table")
