"""A matrix as written becomes one that can be built: rows read from their file, alternative prompts as an axis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from kling_render.catalog import Catalog, did_you_mean
from kling_render.errors import InvalidProjectError, Place
from kling_render.project.cells import judge_matrix
from kling_render.project.frozen import freeze
from kling_render.project.model import NO_MATRIX, Matrix
from kling_render.project.names import RESERVED, VARIABLE
from kling_render.project.reading import files_beside, is_file
from kling_render.project.reports import Report, dotted
from kling_render.project.rows import Row, read_rows, typed
from kling_render.project.tables import MatrixTable

PROMPT_AXIS = "prompt"
_NO_AXES = frozenset({"multi_prompt", "multi_shots", "kling_elements"})


def build_matrix(
    table: MatrixTable | None, prompts: Mapping[str, str], place: Place, catalog: Catalog, report: Report
) -> Matrix:
    """The matrix of a shot or of the versions; without variants where it has faults."""
    if table is None and not prompts:
        return NO_MATRIX
    table = table or MatrixTable()
    axes = {name: tuple(values) for name, values in table.axes.items()}
    if prompts:
        axes[PROMPT_AXIS] = tuple(prompts)
    found = len(report.faults)
    rows, row_places = _rows(table, place, catalog, report)
    unread = len(report.faults) > found
    _judge_names(axes, rows, table, place, catalog, report)
    for key, message, hint in () if unread else judge_matrix(axes, rows, table.exclude, table.key, table.max):
        report.add(_at(place, key), message, hint)
    if len(report.faults) > found:
        return NO_MATRIX
    return Matrix(
        freeze(axes), tuple(freeze(row) for row in rows), table.key, tuple(freeze(each) for each in table.exclude),
        table.max, place, row_places,
    )  # fmt: skip


def _rows(
    table: MatrixTable, place: Place, catalog: Catalog, report: Report
) -> tuple[list[dict[str, Any]], tuple[Place, ...]]:
    if not isinstance(table.rows, str):
        places = tuple(_at(place, f"rows[{index}]") for index in range(len(table.rows)))
        return [dict(row) for row in table.rows], places
    path = place.file.parent / table.rows
    if not is_file(path):
        guess = did_you_mean(path.name, files_beside(path))
        hint = f"Looked in {path.parent.resolve()}"
        report.add(_at(place, "rows"), f"there is no file {table.rows}{guess}", hint, "file")
        return [], ()
    report.files.append(path)
    try:
        read = read_rows(path)
    except InvalidProjectError as error:
        report.faults.extend(error.faults)
        return [], ()
    rows = [{name: _typed(name, value, catalog) for name, value in row.values.items()} for row in read]
    return rows, tuple(_place_of_row(path, index, row) for index, row in enumerate(read))


def _place_of_row(path: Path, index: int, row: Row) -> Place:
    return Place(path, f"rows[{index}]") if row.line is None else Place(path, "", row.line)


def _typed(name: str, value: Any, catalog: Catalog) -> Any:
    spec = catalog.fields.get(name)
    return typed(value, spec) if spec is not None and isinstance(value, str) else value


def _judge_names(
    axes: Mapping[str, Any],
    rows: list[dict[str, Any]],
    table: MatrixTable,
    place: Place,
    catalog: Catalog,
    report: Report,
) -> None:
    columns = dict.fromkeys(name for row in rows for name in row)
    for name in [*axes, *columns]:
        at = replace(_at(place, dotted("axes", name)), of="key") if name in table.axes else place
        if name == PROMPT_AXIS and name in table.axes:
            shot = place.key.removesuffix(".matrix")
            hint = f"Write the alternatives under [{shot}.prompts]." if shot != place.key else ""
            report.add(at, "an axis cannot be called prompt", hint)
        elif name in RESERVED:
            report.add(at, f'"{name}" is a name of the template language', "Choose another name.")
        elif name in _NO_AXES:
            report.add(at, f"{name} cannot be an axis", "Write a sequence or elements; prompts give alternatives.")
        elif name not in catalog.fields and not VARIABLE.fullmatch(name):
            report.add(at, f'"{name}" cannot name an axis', "Use letters, digits and _, a letter first.")


def _at(place: Place, key: str) -> Place:
    return Place(place.file, dotted(place.key, key) if "[" not in key and "." not in key else f"{place.key}.{key}")
