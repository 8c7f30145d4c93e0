"""Looking into clips: what they are, and whether they are whole."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from kling_render.media import NotAClipError, probe
from mock_server.media import ClipSpec, Cut, encode


def a_clip(*, seconds: int = 2, sound: bool = False, width: int = 64, height: int = 36, fps: int = 12) -> bytes:
    return encode(
        ClipSpec("walk", "take 1", "t-1", "kling-3.0", "$1", (Cut("", seconds),), width, height, sound, 1, fps)
    )


def on_disk(folder: Path, content: bytes, name: str = "clip.mp4.part") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("seconds", [1, 3, 15])
@pytest.mark.parametrize("sound", [False, True])
def test_clip_is_as_long_as_its_picture(tmp_path: Path, seconds: int, sound: bool) -> None:
    seen = probe(on_disk(tmp_path, a_clip(seconds=seconds, sound=sound)))
    assert seen.seconds == pytest.approx(seconds, abs=1 / 12)
    assert seen.has_sound is sound


@pytest.mark.parametrize(("width", "height"), [(64, 36), (36, 64), (50, 50)])
def test_clip_has_the_size_of_its_frames(tmp_path: Path, width: int, height: int) -> None:
    seen = probe(on_disk(tmp_path, a_clip(width=width, height=height)))
    assert (seen.width, seen.height) == (width, height)


def test_frame_rate_is_that_of_the_picture(tmp_path: Path) -> None:
    assert probe(on_disk(tmp_path, a_clip(fps=24))).fps == 24


@pytest.mark.parametrize("content", [b"", b"\0" * 5000, b"<!doctype html><title>Log in</title>", b"GIF89a", b"RIFF"])
def test_file_that_is_no_video_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(NotAClipError, match=r"\S"):
        probe(on_disk(tmp_path, content))


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9, 0.99])
@pytest.mark.parametrize("sound", [False, True])
def test_clip_that_ends_too_early_is_refused(tmp_path: Path, share: float, sound: bool) -> None:
    content = a_clip(seconds=4, sound=sound, width=320, height=180)
    with pytest.raises(NotAClipError, match=r"\S"):
        probe(on_disk(tmp_path, content[: int(len(content) * share)]))


@pytest.mark.parametrize("missing", [1, 2, 5, 10, 18, 25])
@pytest.mark.parametrize("sound", [False, True])
def test_clip_that_lacks_its_last_bytes_is_refused(tmp_path: Path, missing: int, sound: bool) -> None:
    content = a_clip(seconds=4, sound=sound, width=320, height=180)
    with pytest.raises(NotAClipError, match="a packet of it is cut short"):
        probe(on_disk(tmp_path, content[:-missing]))


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotAClipError, match="No such file"):
        probe(tmp_path / "clip.mp4")


@pytest.mark.parametrize(
    "playlist",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nclip.mp4\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile 'clip.mp4'\n",
    ],
)
def test_playlist_that_names_another_file_is_refused(tmp_path: Path, playlist: str) -> None:
    on_disk(tmp_path, a_clip(), "clip.mp4")
    with pytest.raises(NotAClipError, match=r"\S"):
        probe(on_disk(tmp_path, playlist.encode()))


@pytest.mark.parametrize("folder", ["https:", "a:b", "100%d", "concat:x", "what?", "#1"])
def test_clip_is_found_whatever_its_folder_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    (tmp_path / folder).mkdir()
    on_disk(tmp_path / folder, a_clip())
    monkeypatch.chdir(tmp_path)
    assert probe(Path(folder, "clip.mp4.part")).width == 64


def test_damaged_clip_never_ends_in_a_traceback(tmp_path: Path) -> None:
    content, dice = a_clip(sound=True), random.Random(7)  # noqa: S311 - repeatable damage
    refused = 0
    for _ in range(200):
        damaged = bytearray(content)
        for _ in range(dice.choice([1, 3, 20])):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        try:
            probe(on_disk(tmp_path, bytes(damaged)))
        except NotAClipError:
            refused += 1
    assert refused
