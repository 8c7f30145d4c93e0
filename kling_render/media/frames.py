"""Cuts the first or last frame out of a clip, as a PNG."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any, Literal

from kling_render.media.packets import ONLY_THIS_FILE
from kling_render.media.probe import NotAClipError, probe

_LAST_STRETCH_SECONDS = 2.0
"""From so long before the end on frames are decoded; the search falls back to a key frame before it."""


def frame_of(path: Path, which: Literal["first", "last"]) -> bytes:
    """The first or last frame of a clip as PNG bytes; the same bytes for the same clip and versions of PyAV and Pillow.

    Raises:
        NotAClipError: the file is no whole video (the last frame of half a clip is another), or none of its frames can
            be decoded.
    """
    import av

    probe(path)
    try:
        with path.open("rb") as file, av.open(file, options=ONLY_THIS_FILE) as container:
            frame = _first(container) if which == "first" else _last(container)
            if frame is None:
                raise NotAClipError("none of its frames can be decoded")
            picture = BytesIO()
            frame.to_image().save(picture, "PNG")
            return picture.getvalue()
    except (av.FFmpegError, OSError, ValueError) as error:
        raise NotAClipError(str(error)) from error


def _first(container: Any) -> Any:
    return next(container.decode(container.streams.video[0]), None)


def _last(container: Any) -> Any:
    """The frame that is shown last; only the end of the clip is decoded where its length is known."""
    stream = container.streams.video[0]
    if stream.duration and stream.time_base:
        stretch = int(_LAST_STRETCH_SECONDS / stream.time_base)
        container.seek(max((stream.start_time or 0) + stream.duration - stretch, 0), stream=stream)
    last = _latest(container, stream)
    if last is None:  # nothing lies behind the place that was sought
        container.seek(0, stream=stream)
        last = _latest(container, stream)
    return last


def _latest(container: Any, stream: Any) -> Any:
    last = None
    for frame in container.decode(stream):
        if last is None or (frame.pts or 0) >= (last.pts or 0):
            last = frame
    return last
