from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from kling_render.media.stitching import FilmFormat, choose_format, stitch, survey
from kling_render.media.stitching.timecode import timecode

from .clips import RED, a_clip, colour_at, is_like, look


@pytest.mark.parametrize(
    ("frame", "rate", "text"),
    [
        (0, 24, "00:00:00:00"),
        (23, 24, "00:00:00:23"),
        (24, 24, "00:00:01:00"),
        (24 * 3723 + 5, 24, "01:02:03:05"),
        (30, Fraction(30000, 1001), "00:00:01:00"),
    ],
)
def test_timecode_counts_frames_from_zero(frame: int, rate: int | Fraction, text: str) -> None:
    assert timecode(frame, Fraction(rate)) == text


def burned(folder: Path, size: tuple[int, int]) -> list[Image.Image]:
    footages = [survey(a_clip(folder / "a.mp4", RED, size=size))]
    form = choose_format(footages, FilmFormat(*size, Fraction(12)))
    return look(stitch(footages, folder / "film.mp4", form, timecode=True).path).pictures


def test_timecode_is_at_the_top_alone_and_runs(tmp_path: Path) -> None:
    first, *rest = burned(tmp_path, (320, 180))
    assert is_like(colour_at(first, 160, 90), RED)
    assert not is_like(colour_at(first, 135, 12), RED)
    changed = ImageChops.difference(first, rest[-1]).point(lambda value: 255 if value > 60 else 0).getbbox()
    assert changed is not None
    assert changed[3] < 30


@pytest.mark.parametrize("size", [(16, 16), (36, 64), (64, 36)])
def test_frame_that_is_too_small_for_it_is_no_fault(tmp_path: Path, size: tuple[int, int]) -> None:
    assert len(burned(tmp_path, size)) == 12
