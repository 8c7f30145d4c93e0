from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kling_render.media.stitching.letterbox import fit

LENGTHS = st.integers(16, 4096).map(lambda length: length * 2)


@pytest.mark.parametrize(
    ("size", "into", "place"),
    [
        ((1280, 720), (1280, 720), (0, 0, 1280, 720)),
        ((720, 1280), (1280, 720), (438, 0, 404, 720)),
        ((1920, 1080), (1280, 720), (0, 0, 1280, 720)),
        ((1280, 720), (720, 1280), (0, 438, 720, 404)),
        ((500, 500), (1280, 720), (280, 0, 720, 720)),
    ],
)
def test_picture_stands_in_the_middle_as_large_as_it_can(
    size: tuple[int, int], into: tuple[int, int], place: tuple[int, int, int, int]
) -> None:
    left, top, width, height = fit(size, into)
    assert (width, height) == place[2:]
    assert abs(left - place[0]) <= 2
    assert abs(top - place[1]) <= 2


@given(st.tuples(LENGTHS, LENGTHS), st.tuples(LENGTHS, LENGTHS))
def test_place_is_even_and_inside_the_frame(size: tuple[int, int], into: tuple[int, int]) -> None:
    left, top, width, height = fit(size, into)
    assert all(part % 2 == 0 for part in (left, top, width, height))
    assert 0 <= left <= left + width <= into[0]
    assert 0 <= top <= top + height <= into[1]
