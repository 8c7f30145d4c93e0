"""The shots of a project: each with everything that it inherits, under one profile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from kling_render.catalog import Catalog, did_you_mean
from kling_render.errors import Place
from kling_render.project.layers import PROMPTS, Layer, lay, read_layer
from kling_render.project.matrix import build_matrix
from kling_render.project.model import Element, Shot
from kling_render.project.names import check_name
from kling_render.project.profiles import Profile
from kling_render.project.reading import Document
from kling_render.project.reports import Report, dotted
from kling_render.project.tables import ShotTable


@dataclass(frozen=True)
class Surroundings:
    """What shots inherit from, and what they may name."""

    base: list[Layer]
    scenes: Mapping[str, Layer]
    elements: Mapping[str, Element]
    profile: Profile
    catalog: Catalog


def read_shots(document: Document, around: Surroundings, report: Report) -> Mapping[str, Shot]:
    """The shots that can be read, in the order of the file; what is wrong with any goes into the report."""
    raw = document.tables.get("shot", {})
    if isinstance(raw, list):
        hint = "Name each of them in its header: [shot.walk], not [[shot]]."
        report.add(Place(document.path, "shot"), "shot must be a table of shots", hint)
        return {}
    if not isinstance(raw, dict) or not raw:
        report.add(Place(document.path, "shot"), "the project has no shots", "Add a table [shot.NAME] with a prompt.")
        return {}
    written = dict(_written_layers(document, raw, around.catalog, report))
    shots: dict[str, Shot] = {}
    for name in written:
        found = len(report.faults)
        chain = _parents(name, written, raw, report)
        if chain is not None:
            shot = _resolve(
                name, [written[each] for each in chain], Place(document.path, dotted("shot", name)), around, report
            )
            is_right = len(report.faults) == found
            known = _known_elements(shot, around.elements, report)
            if is_right:  # without an element that nobody knows, the rest can be judged
                shots[name] = replace(shot, table=shot.table.model_copy(update={"elements": known}))
    return MappingProxyType(shots)


def _written_layers(
    document: Document, raw: Mapping[str, Any], catalog: Catalog, report: Report
) -> Iterator[tuple[str, Layer]]:
    for name, table in raw.items():
        place = Place(document.path, dotted("shot", name))
        check_name(name, place, report)
        if not isinstance(table, dict):
            report.add(place, f"{place.key} must be a table", f'Write [{place.key}], and below it prompt = "…"')
            continue
        layer = read_layer(f"shot {name}", ShotTable, table, place, catalog, report)
        if layer is not None:
            yield name, layer


def _parents(name: str, written: Mapping[str, Layer], known: Mapping[str, Any], report: Report) -> list[str] | None:
    """The shot's ancestors, the oldest first, then the shot; None where one is missing or they go in a circle.

    A circle is reported once, at the first of its shots; a parent with faults of its own is not reported again.
    """
    chain = [name]
    while "extends" in written[chain[-1]].own:
        parent = written[chain[-1]].own["extends"]
        if parent.value in chain:
            circle = chain[chain.index(parent.value) :]
            if name == next(each for each in written if each in circle):
                words = " extends ".join([*circle, parent.value])
                report.add(written[name].own["extends"].place, f"{words}: a circle", "Let one stand on its own.")
            return None
        if parent.value not in written:
            if parent.value not in known:
                text = f'there is no shot "{parent.value}" to extend{did_you_mean(parent.value, known)}'
                report.add(parent.place, text)
            return None
        chain.append(parent.value)
    return chain[::-1]


def _resolve(name: str, chain: list[Layer], place: Place, around: Surroundings, report: Report) -> Shot:
    lines = [*(each.for_children() for each in chain[:-1]), chain[-1], *around.profile.layers_of(name)]
    scene = next((layer.own["scene"] for layer in reversed(lines) if "scene" in layer.own), None)
    below = around.base
    if scene is not None:
        if scene.value in around.scenes:
            below = [*below, around.scenes[scene.value]]
        else:
            report.add(scene.place, f'there is no scene "{scene.value}"{did_you_mean(scene.value, around.scenes)}')
    merged = lay([*below, *lines])
    table = ShotTable.model_construct(**{**_DEFAULTS, **{key: each.value for key, each in merged.own.items()}})
    matrix_place = merged.own["matrix"].place if "matrix" in merged.own else Place(place.file, f"{place.key}.matrix")
    shot = Shot(
        name, table, merged.own, merged.fields, merged.vars, frozenset(merged.unset), place,
        build_matrix(table.matrix, table.prompts, matrix_place, around.catalog, report),
    )  # fmt: skip
    _check(shot, around, report)
    return shot


_DEFAULTS = {name: getattr(ShotTable(), name) for name in ShotTable.model_fields}


def _check(shot: Shot, around: Surroundings, report: Report) -> None:
    _check_prompt(shot, report)
    _check_sequence(shot, report)
    _check_endpoint(shot, around.catalog, report)


def _check_prompt(shot: Shot, report: Report) -> None:
    given = [key for key in PROMPTS if getattr(shot.table, key)]
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


def _known_elements(shot: Shot, known: Mapping[str, Any], report: Report) -> tuple[str, ...]:
    for index, name in enumerate(shot.table.elements):
        if name not in known:
            hint = f"Declare it: [element.{name}]"
            report.add(shot.at(f"elements[{index}]"), f'unknown element "{name}"{did_you_mean(name, known)}', hint)
    return tuple(name for name in shot.table.elements if name in known)
