"""One frame out of a clip, by its time."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from PIL import Image

from kling_render.media import NotAClipError, still_of


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Three seconds at 8 frames a second: red, green, blue."""
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=8)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        for colour in ("red", "lime", "blue"):
            for _ in range(8):
                container.mux(stream.encode(av.VideoFrame.from_image(Image.new("RGB", (64, 36), colour))))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("seconds", "channel"), [(0.0, 0), (0.9, 0), (1.0, 1), (1.5, 1), (2.0, 2), (2.9, 2), (99.0, 2)]
)
def test_frame_is_the_one_that_is_shown_then(clip: Path, seconds: float, channel: int) -> None:
    pixel = still_of(clip, seconds).getpixel((32, 18))
    assert max(range(3), key=lambda each: pixel[each]) == channel


def test_file_that_is_no_clip_is_told(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"no clip")
    with pytest.raises(NotAClipError, match="Invalid data"):
        still_of(tmp_path / "clip.mp4", 0)
