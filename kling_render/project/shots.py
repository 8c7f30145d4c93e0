"""`[shot.NAME]`: the tool's own keys apart from the API's, and what can be said of them before rendering."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from kling_render.catalog import ACTIONS, Catalog, did_you_mean
from kling_render.errors import Place
from kling_render.project.model import Element, Shot, Sourced
from kling_render.project.reading import Document
from kling_render.project.reports import Report, dotted
from kling_render.project.shared import check_name, check_variables, freeze
from kling_render.project.tables import ShotTable


def read_shots(
    document: Document, elements: Mapping[str, Element], catalog: Catalog, report: Report
) -> Mapping[str, Shot]:
    """The shots that are right, in the order of the file; what is wrong with the others goes into the report."""
    raw = document.tables.get("shot", {})
    if not isinstance(raw, dict) or not raw:
        report.add(Place(document.path, "shot"), "the project has no shots", "Add a table [shot.NAME] with a prompt.")
        return {}
    shots: dict[str, Shot] = {}
    for name, table in raw.items():
        found = len(report.faults)
        shot = _read_shot(name, table, Place(document.path, dotted("shot", name)), elements, catalog, report)
        if shot is not None and len(report.faults) == found:
            shots[name] = shot
    return MappingProxyType(shots)


def _read_shot(
    name: str, raw: Any, place: Place, elements: Mapping[str, Element], catalog: Catalog, report: Report
) -> Shot | None:
    check_name(name, place, report)
    if not isinstance(raw, dict):
        report.add(place, f"{place.key} must be a table")
        return None
    api = {key: value for key, value in raw.items() if key in catalog.fields and key != "prompt"}
    own = {key: value for key, value in raw.items() if key not in api}
    table = report.read_table(ShotTable, own, place, also_known=catalog.fields)
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
    for check in (_check_prompt, _check_sequence, _check_endpoint):
        check(shot, report)
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


def _check_endpoint(shot: Shot, report: Report) -> None:
    endpoint = shot.table.endpoint
    if endpoint is not None and endpoint not in ACTIONS:
        message = f'unknown endpoint "{endpoint}"{did_you_mean(endpoint, ACTIONS)}'
        report.add(shot.at("endpoint"), message, f"Known are {', '.join(ACTIONS)}.")


def _check_known(shot: Shot, key: str, known: Mapping[str, Any], hint: Callable[[str], str], report: Report) -> None:
    for index, name in enumerate(getattr(shot.table, key)):
        if name not in known:
            singular = "element" if key == "elements" else "field"
            message = f'unknown {singular} "{name}"{did_you_mean(name, known)}'
            report.add(shot.at(f"{key}[{index}]"), message, hint(name))
