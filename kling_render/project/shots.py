"""`[shot.NAME]`: the tool's own keys apart from the API's, and what can be said of them before rendering."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from kling_render.catalog import Catalog, closest, did_you_mean
from kling_render.errors import Place
from kling_render.project.model import Element, Shot, Sourced
from kling_render.project.reading import Document
from kling_render.project.reports import Report, dotted
from kling_render.project.shared import check_name, check_variables, freeze
from kling_render.project.tables import ShotTable


def read_shots(
    document: Document, elements: Mapping[str, Element], catalog: Catalog, report: Report
) -> Mapping[str, Shot]:
    """The shots that can be read, in the order of the file; what is wrong with any goes into the report."""
    raw = document.tables.get("shot", {})
    if not isinstance(raw, dict) or not raw:
        report.add(Place(document.path, "shot"), "the project has no shots", "Add a table [shot.NAME] with a prompt.")
        return {}
    shots: dict[str, Shot] = {}
    for name, table in raw.items():
        place = Place(document.path, dotted("shot", name))
        check_name(name, place, report)
        if not isinstance(table, dict):
            report.add(place, f"{place.key} must be a table")
            continue
        known = _known_keys(table, place, catalog, report)
        found = len(report.faults)
        shot = _read_shot(name, known, place, elements, catalog, report)
        if shot is not None and len(report.faults) == found:
            shots[name] = shot
    return MappingProxyType(shots)


def _known_keys(raw: dict[str, Any], place: Place, catalog: Catalog, report: Report) -> dict[str, Any]:
    """The table without its unknown keys, each of them reported; a mistyped one goes on as what it was meant to be."""
    known = [*ShotTable.model_fields, *catalog.fields]
    kept = {key: value for key, value in raw.items() if key in known}
    for key in raw:
        if key not in known:
            report.add(Place(place.file, dotted(place.key, key)), f'unknown key "{key}"{did_you_mean(key, known)}')
            meant = closest(key, known)
            if meant is not None:
                kept.setdefault(meant, raw[key])
    return kept


def _read_shot(
    name: str,
    raw: dict[str, Any],
    place: Place,
    elements: Mapping[str, Element],
    catalog: Catalog,
    report: Report,
) -> Shot | None:
    api = {key: value for key, value in raw.items() if key in catalog.fields and key != "prompt"}
    own = {key: value for key, value in raw.items() if key not in api}
    table = report.read_table(ShotTable, own, place)
    if table is None:
        return None
    shot = Shot(
        name,
        table.model_copy(update={"vars": freeze(table.vars)}),
        MappingProxyType(
            {key: Sourced(freeze(value), Place(place.file, f"{place.key}.{key}")) for key, value in api.items()}
        ),
        place,
    )
    check_variables(shot.table.vars, shot.at("vars"), report)
    _check_prompt(shot, report)
    _check_sequence(shot, report)
    _check_endpoint(shot, catalog, report)
    _check_known(shot, "elements", elements, lambda each: f"Declare it: [element.{each}]", report)
    _check_known(shot, "unset", catalog.fields, lambda _: "unset takes request fields.", report)
    return shot


def _check_prompt(shot: Shot, report: Report) -> None:
    given = [key for key in ("prompt", "prompt_file", "sequence") if getattr(shot.table, key)]
    if len(given) > 1:
        report.add(shot.place, f"{' and '.join(given)} exclude each other", "Keep one of them.")
    if shot.table.elements and "kling_elements" in shot.fields:
        report.add(shot.place, "elements and kling_elements exclude each other", "Keep elements.")


def _check_sequence(shot: Shot, report: Report) -> None:
    for index, cut in enumerate(shot.cuts):
        if (cut.prompt is None) == (cut.prompt_file is None):
            report.add(shot.at(f"sequence[{index}]"), "a cut needs either prompt or prompt_file")
    if shot.cuts and (clash := sorted({"multi_prompt", "multi_shots"} & set(shot.fields))):
        report.add(shot.place, f"sequence writes {' and '.join(clash)} itself", "Leave it out.")


def _check_endpoint(shot: Shot, catalog: Catalog, report: Report) -> None:
    endpoint = shot.table.endpoint
    if endpoint is not None and endpoint not in catalog.actions:
        message = f'unknown endpoint "{endpoint}"{did_you_mean(endpoint, catalog.actions)}'
        report.add(shot.at("endpoint"), message, f"Known are {', '.join(catalog.actions)}.")


def _check_known(shot: Shot, key: str, known: Mapping[str, Any], hint: Callable[[str], str], report: Report) -> None:
    for index, name in enumerate(getattr(shot.table, key)):
        if name not in known:
            singular = "element" if key == "elements" else "field"
            message = f'unknown {singular} "{name}"{did_you_mean(name, known)}'
            report.add(shot.at(f"{key}[{index}]"), message, hint(name))
