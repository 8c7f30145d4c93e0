"""The first and the last frame of a clip are really those frames."""

from __future__ import annotations

from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import av
import pytest
from PIL import Image

from kling_render.media import NotAClipError, frame_of, frames
from mock_server.media import ClipSpec, Cut, encode

from .samples import a_recording

RED, GREEN, BLUE = (220, 20, 20), (20, 200, 20), (20, 20, 220)


def a_clip(
    colours: list[tuple[int, int, int]],
    *,
    form: str = "mp4",
    encoder: str = "libx264",
    options: dict[str, str] | None = None,
    fps: int = 12,
) -> bytes:
    """A clip with a frame of each colour."""
    out = BytesIO()
    with av.open(out, "w", format=form) as container:
        stream: Any = container.add_stream(encoder, rate=fps, options=options or {})
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        for at, colour in enumerate(colours):
            frame: Any = av.VideoFrame.from_image(Image.new("RGB", (64, 36), colour))
            frame.pts, frame.time_base = at, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def on_disk(folder: Path, content: bytes) -> Path:
    path = folder / "clip.mp4"
    path.write_bytes(content)
    return path


def colour_of(png: bytes) -> tuple[int, ...]:
    """The colour in the middle of a picture."""
    picture = Image.open(BytesIO(png))
    assert (picture.format, picture.size, picture.mode) == ("PNG", (64, 36), "RGB")
    found = picture.getpixel((32, 18))
    assert isinstance(found, tuple)
    return tuple(round(part / 50) for part in found)


def seen(folder: Path, content: bytes, which: Literal["first", "last"]) -> tuple[int, ...]:
    return colour_of(frame_of(on_disk(folder, content), which))


def like(colour: tuple[int, int, int]) -> tuple[int, ...]:
    return tuple(round(part / 50) for part in colour)


@pytest.mark.parametrize(
    ("form", "encoder", "options"),
    [
        ("mp4", "libx264", {}),
        ("mp4", "libx264", {"bf": "4", "b_strategy": "0", "g": "250"}),
        ("mp4", "libx264", {"g": "1"}),
        ("mov", "libx264", {}),
        ("webm", "libvpx", {}),
        ("matroska", "libx264", {"bf": "3"}),
    ],
    ids=["mp4", "b-frames", "key-frames", "mov", "webm", "mkv"],
)
@pytest.mark.parametrize("length", [1, 2, 7, 120])
def test_first_and_last_frame_are_those_that_are_shown_first_and_last(
    tmp_path: Path, form: str, encoder: str, options: dict[str, str], length: int
) -> None:
    colours = [RED, *[GREEN] * (length - 1), BLUE]
    clip = a_clip(colours, form=form, encoder=encoder, options=options)
    assert (seen(tmp_path, clip, "first"), seen(tmp_path, clip, "last")) == (like(RED), like(BLUE))


def test_clip_of_one_frame_has_it_first_and_last(tmp_path: Path) -> None:
    path = on_disk(tmp_path, a_clip([BLUE]))
    assert frame_of(path, "first") == frame_of(path, "last")


def test_same_clip_gives_the_same_bytes(tmp_path: Path) -> None:
    path = on_disk(tmp_path, a_clip([RED, GREEN, BLUE] * 30))
    assert {frame_of(path, "last") for _ in range(3)} == {frame_of(path, "last")}


def test_sound_that_outlasts_the_picture_does_not_hide_its_last_frame(tmp_path: Path) -> None:
    clip = a_recording("mp4", picture="libx264", sound="aac", seconds=1, sound_seconds=9)
    picture = Image.open(BytesIO(frame_of(on_disk(tmp_path, clip), "last")))
    alone = a_recording("mp4", picture="libx264", seconds=1)
    assert picture.tobytes() == Image.open(BytesIO(frame_of(on_disk(tmp_path, alone), "last"))).tobytes()


def test_long_clip_is_not_decoded_from_its_beginning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = on_disk(tmp_path, a_clip([RED] * 600 + [BLUE], options={"g": "12"}))
    decoded: list[int] = []
    latest = frames._latest

    def counting(container: Any, stream: Any) -> Any:
        class Counted:
            def decode(self, of: Any) -> Any:
                for frame in container.decode(of):
                    decoded.append(1)
                    yield frame

        return latest(Counted(), stream)

    monkeypatch.setattr(frames, "_latest", counting)
    frame_of(path, "last")
    assert len(decoded) < 60


@pytest.mark.parametrize("which", ["first", "last"])
@pytest.mark.parametrize(
    "content", [b"", b"\0" * 5000, b"<html>", b"#EXTM3U\nother.mp4\n"], ids=["empty", "zeros", "page", "playlist"]
)
def test_file_that_is_no_clip_is_refused(tmp_path: Path, content: bytes, which: Literal["first", "last"]) -> None:
    with pytest.raises(NotAClipError, match=r"\S"):
        frame_of(on_disk(tmp_path, content), which)


def test_file_with_sound_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotAClipError, match="it has no video track"):
        frame_of(on_disk(tmp_path, a_recording("mp4", sound="aac")), "last")


def test_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotAClipError, match="No such file"):
        frame_of(tmp_path / "missing.mp4", "first")


def test_clip_that_ends_too_early_has_no_last_frame_wherever_it_ends(tmp_path: Path) -> None:
    cut = (Cut("", 4),)
    clip = encode(ClipSpec("walk", "take 1", "t-1", "kling-3.0", "$1", cut, 64, 36, sound=False, seed=1))
    for end in range(len(clip) * 3 // 4, len(clip), 53):
        with pytest.raises(NotAClipError, match=r"\S"):
            frame_of(on_disk(tmp_path, clip[:end]), "last")


def test_clip_with_spoiled_frames_is_refused_and_no_traceback(tmp_path: Path) -> None:
    clip = bytearray(a_clip([RED, GREEN, BLUE] * 10))
    for at in range(40, len(clip) * 3 // 4, 7):
        clip[at] ^= 0xFF
    with pytest.raises(NotAClipError, match=r"\S"):
        frame_of(on_disk(tmp_path, bytes(clip)), "last")
