"""Cells of a matrix: rows times axes, minus what is excluded; counted and judged before any is built."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from kling_render.catalog import did_you_mean
from kling_render.project.reports import dotted

Axes = Mapping[str, Sequence[Any]]
Rows = Sequence[Mapping[str, Any]]
MatrixFault = tuple[str, str, str]
"""Key path within the matrix, what is wrong, what to do about it."""

MOST_CELLS = 1_000_000
"""What `max` may allow, and the takes of a shot in all versions."""

_Index = Mapping[tuple[str, ...], set[tuple[str, ...]]]
"""For each choice of names the texts that their values have."""


def value_text(value: Any) -> str:
    """A value as addresses write it; values with the same text are the same: 5, 5.0 and "5"."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def count_cells(axes: Axes, rows: Rows) -> int:
    """How many cells there are before any is excluded, without building them."""
    return math.prod(len(values) for values in axes.values()) * (len(rows) or 1)


def cells(axes: Axes, rows: Rows, exclude: Rows = ()) -> Iterator[dict[str, Any]]:
    """The cells one by one: rows in their order, then axes in the order of their names, the last varying fastest.

    Args:
        axes: the values of each axis.
        rows: values that go together; none means one empty row.
        exclude: partial cells; a cell that has all values of one of them is left out.
    """
    names = sorted(axes)
    choices = [[(value, value_text(value)) for value in axes[name]] for name in names]
    for row in rows or ({},):
        excluded = _left_of(exclude, row, names)
        for choice in product(*choices):
            if not excluded or not _holds_any(excluded, [text for _, text in choice]):
                yield {**row, **{name: value for name, (value, _) in zip(names, choice, strict=True)}}


def unused_excludes(axes: Axes, rows: Rows, exclude: Rows) -> list[int]:
    """The indexes of the excludes that match no cell; nothing is multiplied to find them."""
    known = {name: set(map(value_text, values)) for name, values in axes.items()}
    possible = all(known.values())
    parts = [{name: value_text(value) for name, value in each.items() if name not in axes} for each in exclude]
    present = _texts_of(rows or ({},), {tuple(sorted(part)) for part in parts})
    return [
        index
        for index, (each, part) in enumerate(zip(exclude, parts, strict=True))
        if not possible
        or any(value_text(value) not in known[name] for name, value in each.items() if name in axes)
        or tuple(part[name] for name in sorted(part)) not in present[tuple(sorted(part))]
    ]


def judge_matrix(axes: Axes, rows: Rows, exclude: Rows, key: Sequence[str], maximum: int) -> list[MatrixFault]:
    """Everything that is wrong with a matrix, as paths within it, messages and hints.

    Args:
        axes: the values of each axis.
        rows: values that go together.
        exclude: partial cells to leave out.
        key: the columns of the rows that enter the address; none means all.
        maximum: how many cells are allowed, before any is excluded.
    """
    faults = [*_judge_axes(axes), *_judge_rows(axes, rows, key), *_judge_key(axes, rows, key)]
    columns = _columns(rows)
    faults += [fault for index, each in enumerate(exclude) for fault in _judge_exclude(index, each, [*axes, *columns])]
    count = count_cells(axes, rows)
    if not axes and not rows:
        faults.append(("", "the matrix has neither axes nor rows", 'Write axes = { light = ["dusk", "night"] }.'))
    elif count > maximum:
        before = " before exclude" if exclude else ""
        message = f"{count:,} variants{before}, at most {maximum:,} are allowed"
        hint = f"Raise max to {count} if all of them are meant."
        faults.append(("max", message, hint if count <= MOST_CELLS else "Take out some axes or values."))
    return faults or list(_judge_leftover(axes, rows, exclude))


def _left_of(exclude: Rows, row: Mapping[str, Any], names: list[str]) -> dict[tuple[int, ...], set[tuple[str, ...]]]:
    """What the excludes that fit this row ask of the axes: for each choice of axes the texts to leave out."""
    left: dict[tuple[int, ...], set[tuple[str, ...]]] = defaultdict(set)
    for each in exclude:
        others = [name for name in each if name not in names]
        if all(name in row and value_text(row[name]) == value_text(each[name]) for name in others):
            places = tuple(at for at, name in enumerate(names) if name in each)
            left[places].add(tuple(value_text(each[names[at]]) for at in places))
    return left


def _holds_any(excluded: Mapping[tuple[int, ...], set[tuple[str, ...]]], texts: list[str]) -> bool:
    return any(tuple(texts[at] for at in places) in choices for places, choices in excluded.items())


def _texts_of(rows: Iterable[Mapping[str, Any]], choices: set[tuple[str, ...]]) -> _Index:
    found: dict[tuple[str, ...], set[tuple[str, ...]]] = {names: set() for names in choices}
    for row in rows:
        for names, texts in found.items():
            if all(name in row for name in names):
                texts.add(tuple(value_text(row[name]) for name in names))
    return found


def _judge_axes(axes: Axes) -> Iterator[MatrixFault]:
    for name, values in axes.items():
        path = dotted("axes", name)
        if not values:
            yield path, f"the axis {name} has no values", "Give it at least one, or take it out."
        seen: dict[str, int] = {}
        for index, value in enumerate(values):
            first = seen.setdefault(value_text(value), index)
            if not _is_scalar(value):
                yield _no_scalar(f"{path}[{index}]", name)
            elif first != index:
                yield f"{path}[{index}]", f"{name} has {value_text(value)} twice", f"It is {path}[{first}] already."


def _judge_rows(axes: Axes, rows: Rows, key: Sequence[str]) -> Iterator[MatrixFault]:
    columns = _columns(rows)
    needed = [name for name in columns if name in key] if key else list(columns)
    seen: dict[tuple[tuple[str, str], ...], int] = {}
    for name in sorted(set(axes) & set(columns)):
        yield dotted("axes", name), f"{name} is an axis and a column of the rows", "Keep one of them."
    for index, row in enumerate(rows):
        path = f"rows[{index}]"
        missing = [name for name in needed if name not in row]
        for name in missing:
            hint = "Every row needs its key." if key else "Fill it in, or name the columns that tell rows apart: key."
            yield path, f"{name} is missing, which other rows have", hint
        yield from (_no_scalar(dotted(path, name), name) for name in row if not _is_scalar(row[name]))
        identity = tuple((name, value_text(row[name])) for name in sorted(needed) if name in row)
        first = seen.setdefault(identity, index)
        if first != index and not missing and len(needed) >= len(key):
            shown = ", ".join(f"{name} = {text}" for name, text in identity)
            yield path, f"the same as rows[{first}]: {shown}", "Rows must differ in the columns that enter the address."


def _judge_key(axes: Axes, rows: Rows, key: Sequence[str]) -> Iterator[MatrixFault]:
    columns = _columns(rows)
    for index, name in enumerate(key):
        if name in axes:
            yield f"key[{index}]", f"{name} is an axis", "key names columns of rows; axes always enter the address."
        elif name not in columns:
            known = f"Known are {', '.join(columns)}." if columns else "key needs rows."
            yield f"key[{index}]", f'no row has a column "{name}"{did_you_mean(name, columns)}', known


def _judge_exclude(index: int, each: Mapping[str, Any], known: list[str]) -> Iterator[MatrixFault]:
    if not each:
        yield f"exclude[{index}]", "an empty entry would leave everything out", "Name at least one axis."
    for name, value in each.items():
        path = dotted(f"exclude[{index}]", name)
        if name not in known:
            text = f'no axis or column is called "{name}"{did_you_mean(name, known)}'
            yield path, text, f"Known are {', '.join(known)}." if known else ""
        elif not _is_scalar(value):
            yield _no_scalar(path, name)


def _judge_leftover(axes: Axes, rows: Rows, exclude: Rows) -> Iterator[MatrixFault]:
    for index in unused_excludes(axes, rows, exclude):
        yield f"exclude[{index}]", "matches no variant", "Take it out, or correct its values."
    if next(cells(axes, rows, exclude), None) is None:
        yield "exclude", "leaves no variant at all", "Exclude less."


def _columns(rows: Rows) -> dict[str, None]:
    return {name: None for row in rows for name in row}


def _is_scalar(value: Any) -> bool:
    return isinstance(value, (str, int)) or (isinstance(value, float) and math.isfinite(value))


def _no_scalar(path: str, name: str) -> MatrixFault:
    return path, f"a value of {name} must be a text, a number, true or false", ""
