"""The film as a CMX3600 list: read back with OpenTimelineIO's adapter, and line by line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from kling_render.exports import export
from kling_render.exports.footage import Footage

_EVENT = re.compile(r"(\d{3})  ([A-Z0-9]{8}) V     C        " + " ".join([r"(\d\d:\d\d:\d\d:\d\d)"] * 4))


def written(film: Footage, out: Path, **options: Any) -> str:
    (file,) = export(film, "edl", out=out, **options)
    return file.path.read_text("utf-8")


def test_edl_read_back_has_the_clips_of_the_film(rehearsed: Footage, tmp_path: Path) -> None:
    (reel,) = rehearsed.reels
    timeline = otio.adapters.read_from_string(written(rehearsed, tmp_path), "cmx_3600", rate=24)
    (track,) = timeline.video_tracks()
    assert [clip.name for clip in track] == ["S01_010", "walk", "S01_030", "S01_010"]
    assert [clip.source_range.duration.to_seconds() for clip in track] == [part.seconds for part in reel.parts]


def test_events_are_numbered_and_follow_each_other_without_a_hole(rehearsed: Footage, tmp_path: Path) -> None:
    events = [_EVENT.fullmatch(line) for line in written(rehearsed, tmp_path).splitlines() if line[:3].isdigit()]
    fields = [event.groups() for event in events if event]
    assert [each[0] for each in fields] == ["001", "002", "003", "004"]
    assert [each[4] for each in fields[1:]] == [each[5] for each in fields[:-1]]
    assert (fields[0][4], fields[-1][5]) == ("00:00:00:00", "00:00:21:00")


def test_reels_tell_takes_apart_and_repeat_with_their_shot(rehearsed: Footage, tmp_path: Path) -> None:
    reels = [match[2] for match in _EVENT.finditer(written(rehearsed, tmp_path))]
    assert reels[0] == reels[3]
    assert len(set(reels)) == 3
    assert all(reel.endswith("T1") for reel in reels)


def test_locators_stand_at_their_time_in_the_film(rehearsed: Footage, tmp_path: Path) -> None:
    locators = re.findall(r"\* LOC: (\S+) \S+ +(.+)", written(rehearsed, tmp_path))
    assert locators == [
        ("00:00:00:00", "S01_010"),
        ("00:00:05:00", "WALK"),
        ("00:00:09:00", "S01_030 1/2"),
        ("00:00:12:00", "S01_030 2/2"),
        ("00:00:16:00", "S01_010"),
    ]


def test_placeholder_and_unmade_clip_differ_in_nothing_but_the_path(
    rehearsed: Footage, unmade: Footage, tmp_path: Path
) -> None:
    made, missing = (written(film, tmp_path / film.output).splitlines() for film in (rehearsed, unmade))
    assert [line for line in made if not re.match(r"\* (FROM FILE|LOC)", line)] == [
        line for line in missing if not re.match(r"\* (FROM FILE|LOC)", line)
    ]
    assert sum(line.startswith("* SOURCE FILE: ") for line in missing) == 4


@pytest.mark.parametrize(("rate", "end"), [(25, "00:00:05:00"), (30, "00:00:05:00")])
def test_rate_of_the_house_is_kept(unmade: Footage, tmp_path: Path, rate: int, end: str) -> None:
    first = _EVENT.search(written(unmade, tmp_path, rate=rate))
    assert first is not None
    assert first[6] == end
