"""Small JPEG pictures of clips and picture files."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from kling_render.media import NotAClipError, NotMediaError, clip_thumbnail, picture_thumbnail
from mock_server.media import ClipSpec, Cut, encode

from .clips import BLUE, RED, a_clip


def size_of(content: bytes) -> tuple[int, int]:
    with Image.open(BytesIO(content)) as picture:
        assert picture.format == "JPEG"
        return picture.size


@pytest.mark.parametrize(("frame", "expected"), [((1280, 720), (320, 180)), ((720, 1280), (180, 320))])
def test_clip_becomes_a_small_jpeg_of_its_shape(
    tmp_path: Path, frame: tuple[int, int], expected: tuple[int, int]
) -> None:
    clip = tmp_path / "walk.mp4"
    spec = ClipSpec("walk", "take 1", "t", "kling-3.0", "0.10 USD", (Cut("She walks", 1),), *frame, sound=False, seed=1)
    clip.write_bytes(encode(spec))
    assert size_of(clip_thumbnail(clip, 320)) == expected


@pytest.mark.parametrize("codec", ["libx264", "libx265", "mpeg4"])
@pytest.mark.parametrize("sound", [0, 44100])
def test_clip_is_shown_by_its_first_frame(tmp_path: Path, codec: str, sound: int) -> None:
    quiet = {"preset": "ultrafast", "x265-params": "log-level=none"} if codec == "libx265" else {"qp": "10"}
    clip = a_clip(tmp_path / "walk.mp4", lambda at: RED if at == 0 else BLUE, sound=sound, codec=codec, options=quiet)
    with Image.open(BytesIO(clip_thumbnail(clip, 32))) as picture:
        red, _, blue = picture.convert("RGB").resize((1, 1)).tobytes()
    assert red > 150 > blue


def test_what_is_no_clip_is_refused(tmp_path: Path) -> None:
    clip = tmp_path / "walk.mp4"
    clip.write_bytes(b"nothing")
    with pytest.raises(NotAClipError, match="Invalid data"):
        clip_thumbnail(clip, 320)


def test_picture_with_transparency_stands_on_white(tmp_path: Path) -> None:
    file = tmp_path / "frame.png"
    Image.new("RGBA", (800, 600), (0, 0, 0, 0)).save(file)
    content = picture_thumbnail(file, 320)
    assert size_of(content) == (320, 240)
    with Image.open(BytesIO(content)) as picture:
        assert picture.getpixel((5, 5)) == (255, 255, 255)


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "frame.png"
    file.write_text("#EXTM3U", "utf-8")
    with pytest.raises(NotMediaError, match="it is no picture"):
        picture_thumbnail(file, 320)
