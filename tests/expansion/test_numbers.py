"""One spelling for every number of a request."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kling_render.expansion.numbers import canonical_numbers

SCALARS = st.one_of(st.text(), st.booleans(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def as_floats(value: Any) -> Any:
    """The same value with whole numbers written with a point."""
    if isinstance(value, dict):
        return {name: as_floats(each) for name, each in value.items()}
    if isinstance(value, list):
        return [as_floats(each) for each in value]
    return float(value) if type(value) is int else value


@given(VALUES)
def test_whole_numbers_with_a_point_are_written_without(value: Any) -> None:
    assert json.dumps(canonical_numbers(as_floats(value))) == json.dumps(canonical_numbers(value))


@given(VALUES)
def test_value_stays_equal(value: Any) -> None:
    assert canonical_numbers(value) == value


@pytest.mark.parametrize("value", [0.5, True, "1.0", None, float("inf")])
def test_what_is_no_whole_number_is_left_as_it_is(value: Any) -> None:
    assert canonical_numbers(value) is value
