"""Multi-shot clips in their parts, and whether their cuts are where they should be."""

from __future__ import annotations

from pathlib import Path

import pytest

from kling_render.media.scene_changes import Drift, compare_cuts, scene_changes
from kling_render.media.splitting import split
from kling_render.media.stitching import UnusableClipError

from .clips import BLUE, GREEN, RED, Colour, a_clip, is_like, look


def three(second: float, third: float) -> Colour | object:
    return lambda at: RED if at < second - 0.001 else GREEN if at < third - 0.001 else BLUE


def a_sequence(folder: Path, second: float = 1.0, third: float = 3.0, **known: object) -> Path:
    """A clip of 4 s with cuts at these times."""
    return a_clip(folder / "s.mp4", three(second, third), seconds=4, **known)  # type: ignore[arg-type]


def test_hard_cuts_are_found_where_they_are(tmp_path: Path) -> None:
    assert scene_changes(a_sequence(tmp_path, 1.0, 2.5)) == pytest.approx((1.0, 2.5))


def test_slow_change_is_no_cut(tmp_path: Path) -> None:
    clip = a_clip(tmp_path / "a.mp4", lambda at: (int(40 + 40 * at), 60, int(200 - 40 * at)), seconds=4)
    assert scene_changes(clip) == ()


def test_each_declared_cut_is_compared_with_the_nearest_one() -> None:
    assert compare_cuts([3.0, 7.0], [3.2, 6.9, 9.0], 10.0) == (Drift(3.0, 3.2), Drift(7.0, 6.9))


def test_cut_that_is_not_there_is_none() -> None:
    assert compare_cuts([3.0, 7.0], [3.2], 10.0) == (Drift(3.0, 3.2), Drift(7.0, None))


@pytest.mark.parametrize("sound", [0, 48000])
@pytest.mark.parametrize("keys", [(), (12, 36)])
def test_parts_are_the_shots_at_their_declared_times(tmp_path: Path, sound: int, keys: tuple[int, ...]) -> None:
    clip = a_sequence(tmp_path, sound=sound, keys_at=keys)
    done = split(clip, [1, 2, 1])
    assert [path.relative_to(tmp_path).as_posix() for path in done.parts] == [
        f"parts/s-cut{number}.mp4" for number in (1, 2, 3)
    ]
    for path, colour, frames in zip(done.parts, (RED, GREEN, BLUE), (12, 24, 12), strict=True):
        seen = look(path)
        assert len(seen.times) == frames
        assert all(is_like(each, colour) for each in seen.colours())
        assert seen.samples == pytest.approx(frames / 12 * sound, abs=1024 if sound else 0)
        assert seen.times[0] == 0
    assert [drift.seconds for drift in done.drifts] == [pytest.approx(0), pytest.approx(0)]
    assert done.short_by == 0


def test_parts_between_key_frames_are_copied_bit_for_bit(tmp_path: Path) -> None:
    clip = a_sequence(tmp_path, keys_at=(12, 36))
    parts = [picture.tobytes() for path in split(clip, [1, 2, 1]).parts for picture in look(path).pictures]
    assert parts == [picture.tobytes() for picture in look(clip).pictures]


def test_last_part_goes_to_the_end_of_the_clip(tmp_path: Path) -> None:
    done = split(a_sequence(tmp_path), [1, 2, 0.5])
    assert len(look(done.parts[-1]).times) == 12
    assert done.short_by == pytest.approx(-0.5)


def test_drift_of_a_cut_is_measured(tmp_path: Path) -> None:
    done = split(a_sequence(tmp_path, second=1.75), [1, 2, 1])
    assert [drift.seconds for drift in done.drifts] == [pytest.approx(0.75), pytest.approx(0)]


def test_parts_that_are_there_are_left_alone(tmp_path: Path) -> None:
    clip = a_sequence(tmp_path)
    first = split(clip, [1, 2, 1])
    assert first.written == set(first.parts)
    first.parts[1].write_bytes(b"mine")
    again = split(clip, [1, 2, 1])
    assert (again.parts, again.written) == (first.parts, frozenset())
    assert first.parts[1].read_bytes() == b"mine"


def test_clip_that_ends_before_its_last_cut_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableClipError, match="it is 4 s long: nothing is left from 6 s on"):
        split(a_sequence(tmp_path), [3, 3, 3])
