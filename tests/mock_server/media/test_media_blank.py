"""Clips without a picture: right in length, size and sound, encoded once for each shape."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kling_render.media import probe
from mock_server import media
from mock_server.media import ClipSpec, Cut
from mock_server.media.blank import blank

SPEC = ClipSpec("walk", "take 1", "t-1", "kling-3.0", "$0.42", (Cut("She walks", 2), Cut("On", 1)), 320, 180, True, 7)


@pytest.mark.parametrize("sound", [True, False])
def test_length_size_and_sound_are_the_right_ones(tmp_path: Path, sound: bool) -> None:
    (tmp_path / "clip.mp4").write_bytes(blank(replace(SPEC, sound=sound)))
    seen = probe(tmp_path / "clip.mp4")
    assert (seen.seconds, seen.width, seen.height, seen.has_sound) == (3.0, 320, 180, sound)


def test_takes_of_one_shape_differ_and_cost_one_encode(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[ClipSpec] = []

    def encode(spec: ClipSpec) -> bytes:
        encoded.append(spec)
        return b"clip"

    monkeypatch.setattr(media, "encode", encode)
    wide = replace(SPEC, width=322)  # a shape that no other test has
    clips = [blank(replace(wide, seed=seed, title=f"shot {seed}")) for seed in (1, 2, 1)]
    assert clips[0] == clips[2] != clips[1]
    assert len(encoded) == 1
