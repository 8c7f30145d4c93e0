"""One frame out of a clip, as it is seen at a moment: for pictures of the film."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kling_render.media.packets import ONLY_THIS_FILE
from kling_render.media.probe import NotAClipError


def still_of(path: Path, seconds: float) -> Any:
    """The frame that is shown at a second of a clip, as a Pillow image; the last one of what is shorter.

    Raises:
        NotAClipError: no frame can be decoded.
    """
    import av

    try:
        with path.open("rb") as file, av.open(file, options=ONLY_THIS_FILE) as container:
            if not container.streams.video:
                raise NotAClipError("it has no video track")
            frame = _shown(container, container.streams.video[0], seconds)
            if frame is None:
                raise NotAClipError("none of its frames can be decoded")
            return frame.to_image()
    except (av.FFmpegError, OSError, ValueError) as error:
        raise NotAClipError(str(error)) from error


def _shown(container: Any, stream: Any, seconds: float) -> Any:
    """From the key frame before it on, up to the first frame that is later."""
    start = stream.start_time or 0
    container.seek(start + int(seconds / stream.time_base), stream=stream)
    shown = None
    for frame in container.decode(stream):
        if shown is not None and frame.time is not None and frame.time > seconds:
            break
        shown = frame
    return shown
