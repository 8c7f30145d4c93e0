"""The film as OpenTimelineIO, read back with OpenTimelineIO itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote

import opentimelineio as otio
import pytest

from kling_render.exports import export
from kling_render.exports.footage import Footage, read_footage

from .conftest import VERSIONS, a_project


def exported(film: Footage, out: Path, **options: Any) -> Any:
    (written,) = export(film, "otio", out=out, **options)
    return otio.adapters.read_from_file(str(written.path))


def pictures(timeline: Any) -> list[Any]:
    (track,) = timeline.video_tracks()
    return list(track)


def test_clips_of_the_timeline_are_those_of_the_film_in_its_order(rehearsed: Footage, tmp_path: Path) -> None:
    (reel,) = rehearsed.reels
    timeline = exported(rehearsed, tmp_path)
    clips = pictures(timeline)
    assert [clip.name for clip in clips] == ["S01_010", "walk", "S01_030", "S01_010"]
    assert [clip.source_range.duration.to_seconds() for clip in clips] == [part.seconds for part in reel.parts]
    assert [clip.range_in_parent().start_time.to_seconds() for clip in clips] == [0, 5, 9, 16]


def test_placeholder_and_unmade_clip_have_the_same_names_and_lengths(
    rehearsed: Footage, unmade: Footage, tmp_path: Path
) -> None:
    made, missing = (pictures(exported(film, tmp_path / film.output)) for film in (rehearsed, unmade))
    assert [clip.name for clip in made] == [clip.name for clip in missing]
    assert [clip.media_reference.name for clip in made] == [clip.media_reference.name for clip in missing]
    assert [clip.source_range for clip in made] == [clip.source_range for clip in missing]


def test_clip_is_named_relative_to_the_timeline(rehearsed: Footage, tmp_path: Path) -> None:
    (written,) = export(rehearsed, "otio", out=rehearsed.folder / "hand over")
    for clip in pictures(otio.adapters.read_from_file(str(written.path))):
        url = clip.media_reference.target_url
        assert url.startswith("../rehearsal/default/")
        assert (written.path.parent / unquote(url)).is_file()


def test_clip_that_is_not_here_is_a_missing_reference_with_the_name_it_will_have(
    unmade: Footage, tmp_path: Path
) -> None:
    clip, *_ = pictures(exported(unmade, tmp_path))
    assert isinstance(clip.media_reference, otio.schema.MissingReference)
    assert clip.media_reference.name == unmade.place(unmade.reels[0].parts[0]).name
    assert clip.media_reference.available_range.duration.to_seconds() == 5


def test_there_is_a_marker_for_each_shot_and_for_each_cut_of_a_sequence(rehearsed: Footage, tmp_path: Path) -> None:
    markers = [list(clip.markers) for clip in pictures(exported(rehearsed, tmp_path))]
    assert [[each.name for each in of_clip] for of_clip in markers] == [
        ["S01_010"],
        ["walk"],
        ["S01_030 1/2", "S01_030 2/2"],
        ["S01_010"],
    ]
    assert [each.marked_range.start_time.to_seconds() for each in markers[2]] == [0, 3]
    assert [each.comment for each in markers[2]] == ["Ferry horn", "She steps ashore"]


def test_sound_is_a_track_of_its_own_with_gaps_where_a_shot_is_silent(rehearsed: Footage, tmp_path: Path) -> None:
    timeline = exported(rehearsed, tmp_path)
    (sound,) = timeline.audio_tracks()
    assert [type(each) for each in sound] == [otio.schema.Gap, otio.schema.Clip, otio.schema.Clip, otio.schema.Gap]
    assert [each.range_in_parent().start_time.to_seconds() for each in sound] == [0, 5, 9, 16]


def test_metadata_tell_what_was_asked_and_what_it_costs(unmade: Footage, tmp_path: Path) -> None:
    timeline = exported(unmade, tmp_path)
    facts = pictures(timeline)[0].metadata["kling_render"]
    told = {name: facts[name] for name in ("address", "take", "choice", "prompt", "estimated_usd", "task_id", "notes")}
    assert told == {
        "address": "quay#1", "take": 1, "choice": "missing", "prompt": "Rain on the quay", "estimated_usd": "0.7",
        "task_id": None, "notes": "no umbrella",
    }  # fmt: skip
    assert dict(timeline.metadata["kling_render"]) == {
        "project": "ferry", "project_id": "nf-7c1e", "profile": "default", "version": "", "rehearsal": False,
    }  # fmt: skip


def test_rehearsal_claims_neither_a_charge_nor_a_task(rehearsed: Footage, tmp_path: Path) -> None:
    timeline = exported(rehearsed, tmp_path)
    facts = pictures(timeline)[0].metadata["kling_render"]
    assert (facts["charged_usd"], facts["task_id"]) == (None, None)
    assert timeline.metadata["kling_render"]["rehearsal"] is True


@pytest.mark.parametrize(("rate", "frames"), [(24, 120), (25, 125), (30, 150)])
def test_lengths_are_whole_frames_of_the_rate_that_was_asked_for(
    unmade: Footage, tmp_path: Path, rate: int, frames: int
) -> None:
    duration = pictures(exported(unmade, tmp_path, rate=rate))[0].source_range.duration
    assert (duration.value, duration.rate) == (frames, rate)


def test_every_version_has_a_timeline_of_its_own(tmp_path: Path) -> None:
    film = read_footage(a_project(tmp_path / "ferry", VERSIONS))
    written = export(film, "otio")
    names = ["ferry-16-9-en.otio", "ferry-16-9-de.otio", "ferry-9-16-en.otio", "ferry-9-16-de.otio"]
    assert sorted(each.path.name for each in written) == sorted(names)
    assert {each.path.parent for each in written} == {film.folder / "exports" / "default"}
    assert {otio.adapters.read_from_file(str(each.path)).name for each in written} == {
        f"ferry {reel.version}" for reel in film.reels
    }


def test_exporting_again_changes_no_byte(rehearsed: Footage, tmp_path: Path) -> None:
    (first,) = export(rehearsed, "otio", out=tmp_path)
    before = first.path.read_bytes()
    export(rehearsed, "otio", out=tmp_path)
    assert first.path.read_bytes() == before
