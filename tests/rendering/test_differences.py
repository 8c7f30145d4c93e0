"""What is said of a clip that is not what was asked for."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from kling_render.media import Probe
from kling_render.rendering.differences import differences

if TYPE_CHECKING:
    from .conftest import Studio

SEEN = Probe(seconds=5.0, width=1280, height=720, fps=24.0, has_sound=False)
ASKED = {"duration_seconds": 5, "output_resolution": "720p", "aspect_ratio": "16:9", "enable_sound": False}


def said(asked: dict[str, Any], **seen: Any) -> list[str]:
    """What is said of a clip of 5 s, 1280x720 and without sound, but for what is given."""
    return list(differences(json.dumps(asked).encode(), replace(SEEN, **seen)))


def test_clip_that_is_what_was_asked_for_is_not_spoken_of() -> None:
    assert said(ASKED) == []


@pytest.mark.parametrize("seconds", [4.25, 5.0, 5.75])
def test_clip_within_three_quarters_of_a_second_is_as_long_as_asked(seconds: float) -> None:
    assert said(ASKED, seconds=seconds) == []


@pytest.mark.parametrize("seconds", [4.2, 5.8, 10.0])
def test_clip_of_another_length_is_told(seconds: float) -> None:
    assert said(ASKED, seconds=seconds) == [f"it lasts {seconds:.1f} s, 5 s were asked for"]


def test_sequence_is_as_long_as_its_cuts_together() -> None:
    cuts = {"multi_prompt": [{"duration_seconds": 3}, {"duration_seconds": 4}], "duration_seconds": 5}
    assert (said(cuts, seconds=7.0), said(cuts, seconds=5.0)) == ([], ["it lasts 5.0 s, 7 s were asked for"])


def test_sequence_with_a_cut_of_unknown_length_is_not_judged_by_length() -> None:
    assert said({"multi_prompt": [{"duration_seconds": 3}, {"prompt": "x"}]}, seconds=60.0) == []


@pytest.mark.parametrize(
    ("resolution", "width", "height", "differs"),
    [
        ("720p", 1280, 720, False),
        ("720p", 720, 1280, False),
        ("720p", 720, 720, False),
        ("1080p", 1920, 1080, False),
        ("4k", 3840, 2160, False),
        ("1080p", 1280, 720, True),
        ("720p", 1920, 1080, True),
        ("auto", 640, 360, False),
    ],
)
def test_resolution_is_the_shorter_side(resolution: str, width: int, height: int, differs: bool) -> None:
    found = said({"output_resolution": resolution}, width=width, height=height)
    assert found == ([f"it is {width}x{height}, {resolution} was asked for"] if differs else [])


@pytest.mark.parametrize(
    ("ratio", "width", "height", "differs"),
    [
        ("16:9", 1280, 720, False),
        ("16:9", 1284, 720, False),
        ("9:16", 720, 1280, False),
        ("1:1", 960, 960, False),
        ("9:16", 1280, 720, True),
        ("1:1", 1280, 720, True),
        ("auto", 1280, 720, False),
        ("1:0", 1280, 720, False),
    ],
)
def test_shape_is_the_aspect_ratio(ratio: str, width: int, height: int, differs: bool) -> None:
    found = said({"aspect_ratio": ratio}, width=width, height=height)
    assert found == ([f"it is {width}x{height}, {ratio} was asked for"] if differs else [])


@pytest.mark.parametrize(
    ("asked", "has_sound", "words"),
    [(True, False, "it is silent, sound was asked for"), (False, True, "it has sound, none was asked for")],
)
def test_sound_that_is_not_as_asked_is_told(asked: bool, has_sound: bool, words: str) -> None:
    assert said({"enable_sound": asked}, has_sound=has_sound) == [words]


def test_everything_that_differs_is_told() -> None:
    assert len(said(ASKED, seconds=9.0, width=1080, height=1080, has_sound=True)) == 4


@pytest.mark.parametrize("body", [b"", b"{}"])
def test_nothing_is_said_of_what_the_request_leaves_out(body: bytes) -> None:
    assert list(differences(body, replace(SEEN, has_sound=True))) == []


def test_clip_that_differs_is_delivered_and_told_of(studio: Studio) -> None:
    studio.shoot("walk")  # the clips of the tests last one second
    assert studio.render().exit_code == 0
    told = [each.message for each in studio.events if each.kind == "differs"]
    assert told == ["it lasts 1.0 s, 3 s were asked for", "it is 32x18, 720p was asked for"]
