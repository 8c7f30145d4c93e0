"""The cells of a matrix: counted before they are built, and always in the same order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kling_render.project.cells import cells, count_cells, judge_matrix, unused_excludes, value_text

LIGHT = ["dusk", "night"]
LENS = ["24mm", "50mm"]
AXES = {"light": LIGHT, "lens": LENS}
ROWS = [{"sku": "A7", "move": "dolly"}, {"sku": "B2", "move": "crane"}]

VALUES = st.one_of(st.sampled_from(["a", "b", "5", "true"]), st.integers(4, 6), st.booleans())
MANY_AXES = st.dictionaries(
    st.sampled_from("abc"), st.lists(VALUES, min_size=1, max_size=4, unique_by=value_text), max_size=3
)
MANY_ROWS = st.lists(st.fixed_dictionaries({"x": VALUES, "y": VALUES}), max_size=4)
MANY_EXCLUDES = st.lists(st.dictionaries(st.sampled_from("abcxyz"), VALUES, min_size=1, max_size=3), max_size=5)


def fits(cell: Mapping[str, Any], partial: Mapping[str, Any]) -> bool:
    """What exclude means, said plainly."""
    return all(name in cell and value_text(cell[name]) == value_text(value) for name, value in partial.items())


def faults(
    axes: Mapping[str, Sequence[Any]] = AXES,
    rows: Sequence[Mapping[str, Any]] = (),
    exclude: Sequence[Mapping[str, Any]] = (),
    key: Sequence[str] = (),
    maximum: int = 1000,
) -> list[str]:
    """Path and message of each fault."""
    return [f"{path}: {message}" for path, message, _ in judge_matrix(axes, rows, exclude, key, maximum)]


@settings(deadline=None)
@given(MANY_AXES, MANY_ROWS, MANY_EXCLUDES)
def test_cells_are_as_many_as_announced_minus_the_excluded(axes: Any, rows: Any, exclude: Any) -> None:
    everything = list(cells(axes, rows))
    assert len(everything) == count_cells(axes, rows)
    assert list(cells(axes, rows, exclude)) == [
        cell for cell in everything if not any(fits(cell, each) for each in exclude)
    ]


@settings(deadline=None)
@given(MANY_AXES, MANY_ROWS, MANY_EXCLUDES)
def test_unused_excludes_are_those_that_fit_no_cell(axes: Any, rows: Any, exclude: Any) -> None:
    everything = list(cells(axes, rows))
    unused = [index for index, each in enumerate(exclude) if not any(fits(cell, each) for cell in everything)]
    assert unused_excludes(axes, rows, exclude) == unused


@settings(deadline=None)
@given(MANY_AXES, MANY_ROWS, st.randoms(use_true_random=False))
def test_shuffled_axes_give_the_same_sequence(axes: Any, rows: Any, random: Any) -> None:
    shuffled = list(axes.items())
    random.shuffle(shuffled)
    assert [list(cell.items()) for cell in cells(dict(shuffled), rows)] == [
        list(cell.items()) for cell in cells(axes, rows)
    ]


def test_rows_come_first_and_the_last_axis_varies_fastest() -> None:
    order = [(cell["sku"], cell["lens"], cell["light"]) for cell in cells(AXES, ROWS)]
    assert order[:5] == [
        ("A7", "24mm", "dusk"), ("A7", "24mm", "night"), ("A7", "50mm", "dusk"), ("A7", "50mm", "night"),
        ("B2", "24mm", "dusk"),
    ]  # fmt: skip


def test_matrix_of_a_billion_cells_is_counted_and_begun_at_once() -> None:
    axes = {name: range(1000) for name in "abc"}
    assert count_cells(axes, []) == 10**9
    assert list(islice(cells(axes, [], [{"a": 0, "b": 0, "c": 1}]), 2)) == [
        {"a": 0, "b": 0, "c": 0},
        {"a": 0, "b": 0, "c": 2},
    ]
    assert unused_excludes(axes, [], [{"a": 999, "c": 0}, {"a": 1000}]) == [1]


def test_matrix_without_axes_has_a_cell_per_row() -> None:
    assert list(cells({}, ROWS)) == ROWS
    assert count_cells({}, ROWS) == 2


def test_axis_without_values_leaves_no_cell() -> None:
    assert count_cells({"light": []}, ROWS) == 0
    assert list(cells({"light": []}, ROWS)) == []


def test_exclude_compares_values_as_addresses_write_them() -> None:
    assert list(cells({"n": [5, 6]}, [], [{"n": "5"}])) == [{"n": 6}]


def test_sound_matrix_has_no_faults() -> None:
    assert faults(rows=ROWS, exclude=[{"sku": "A7", "light": "dusk"}], key=["sku"], maximum=8) == []


@pytest.mark.parametrize(
    ("axes", "expected"),
    [
        ({}, ": the matrix has neither axes nor rows"),
        ({"light": []}, "axes.light: the axis light has no values"),
        ({"light": ["dusk", "night", "dusk"]}, "axes.light[2]: light has dusk twice"),
        ({"n": [5, "5"]}, "axes.n[1]: n has 5 twice"),
        ({"n": [[1]]}, "axes.n[0]: a value of n must be a text, a number, true or false"),
        ({"n": [{"a": 1}, 2]}, "axes.n[0]: a value of n must be a text, a number, true or false"),
        ({"n": [float("nan")]}, "axes.n[0]: a value of n must be a text, a number, true or false"),
    ],
)
def test_axes_that_make_no_sense_are_faults(axes: dict[str, Any], expected: str) -> None:
    assert expected in faults(axes)


@pytest.mark.parametrize(
    ("rows", "key", "expected"),
    [
        ([{"light": "x"}], [], "axes.light: light is an axis and a column of the rows"),
        ([{"sku": "A7"}, {"sku": "B2", "move": "x"}], [], "rows[0]: move is missing, which other rows have"),
        ([{"sku": "A7"}, {"move": "x"}], ["sku"], "rows[1]: sku is missing, which other rows have"),
        ([ROWS[0], ROWS[1], ROWS[0]], [], "rows[2]: the same as rows[0]: move = dolly, sku = A7"),
        ([{"sku": "A7", "n": 1}, {"sku": "A7", "n": 2}], ["sku"], "rows[1]: the same as rows[0]: sku = A7"),
        ([{"sku": ["A7"]}], [], "rows[0].sku: a value of sku must be a text, a number, true or false"),
        (ROWS, ["skv"], 'key[0]: no row has a column "skv"; did you mean "sku"?'),
        (ROWS, ["light"], "key[0]: light is an axis"),
        ([], ["sku"], 'key[0]: no row has a column "sku"'),
    ],
)
def test_rows_that_make_no_sense_are_one_fault(rows: list[dict[str, Any]], key: list[str], expected: str) -> None:
    assert faults(rows=rows, key=key) == [expected]


def test_rows_with_a_key_may_lack_other_columns() -> None:
    assert faults(rows=[{"sku": "A7", "move": "dolly"}, {"sku": "B2"}], key=["sku"]) == []


@pytest.mark.parametrize(
    ("exclude", "expected"),
    [
        ([{}], "exclude[0]: an empty entry would leave everything out"),
        ([{"ligth": "dusk"}], 'exclude[0].ligth: no axis or column is called "ligth"; did you mean "light"?'),
        ([{"light": ["dusk"]}], "exclude[0].light: a value of light must be a text, a number, true or false"),
        ([{"light": "dusk"}, {"light": "noon"}], "exclude[1]: matches no variant"),
        ([{"light": "dusk"}, {"light": "night"}], "exclude: leaves no variant at all"),
    ],
)
def test_excludes_that_make_no_sense_are_one_fault(exclude: list[dict[str, Any]], expected: str) -> None:
    assert faults(exclude=exclude) == [expected]


def test_too_many_cells_are_a_fault_with_the_exact_count() -> None:
    axes = {name: range(1000) for name in "abc"}
    assert judge_matrix(axes, [], [], [], 1000) == [
        (
            "max",
            "1,000,000,000 variants, at most 1,000 are allowed",
            "Take out some axes or values.",
        )
    ]
    assert faults(axes, exclude=[{"a": 1}]) == ["max: 1,000,000,000 variants before exclude, at most 1,000 are allowed"]
