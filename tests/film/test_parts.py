"""What is told of a clip whose cuts are not where they were asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from kling_render.film import SplitTake
from kling_render.media.scene_changes import Drift
from kling_render.media.splitting import Split


def notes(*drifts: Drift, short_by: float = 0.0) -> tuple[str, ...]:
    return SplitTake("arrival#1", Split(Path("a.mp4"), (), frozenset(), drifts, short_by)).notes


@pytest.mark.parametrize("seen", [2.5, 3.0, 3.5])
def test_cut_within_half_a_second_is_not_told(seen: float) -> None:
    assert notes(Drift(3.0, seen)) == ()


@pytest.mark.parametrize("seen", [2.4, 3.6])
def test_cut_that_drifts_further_is_told(seen: float) -> None:
    assert notes(Drift(3.0, 3.0), Drift(3.0, seen)) == (f"cut 2 was asked for at 3 s and is at {seen:.2f} s",)


def test_cut_that_nobody_sees_is_told() -> None:
    assert notes(Drift(3.0, None)) == ("no change of scene is seen near 3 s (cut 1)",)


@pytest.mark.parametrize(("short_by", "word"), [(0.75, "shorter"), (-0.75, "longer")])
def test_clip_of_another_length_is_told(short_by: float, word: str) -> None:
    assert notes(short_by=short_by) == (f"the clip is 0.75 s {word} than asked for",)
