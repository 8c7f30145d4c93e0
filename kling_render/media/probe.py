"""Looks into a clip: is it whole, how long, how large, with sound?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kling_render.media.packets import ONLY_THIS_FILE, Track, read_track


@dataclass(frozen=True)
class Probe:
    """What a clip is: seconds of picture, size in pixels, frames per second, whether it has an audio track."""

    seconds: float
    width: int
    height: int
    fps: float
    has_sound: bool


class NotAClipError(Exception):
    """The file is no video, or it ends too early."""


def probe(path: Path) -> Probe:
    """Reads the container and every packet, of the sound too; decodes the first frame.

    Raises:
        NotAClipError: the file cannot be opened, has no video, has fewer packets than its header says, or
            holds one that is cut short.
    """
    import av

    try:
        with path.open("rb") as file, av.open(file, options=ONLY_THIS_FILE) as container:
            if not container.streams.video:
                raise NotAClipError("it has no video track")
            stream = container.streams.video[0]
            if stream.codec_context is None:
                raise NotAClipError("its picture cannot be decoded")
            stream.codec_context.thread_count = 1  # one frame is decoded before other threads have started
            seconds = float(_whole(stream, read_track(container, stream)).seconds)
            has_sound = bool(container.streams.audio)
            size = stream.codec_context
            return Probe(seconds, size.width, size.height, float(stream.average_rate or 0), has_sound)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise NotAClipError(str(error)) from error


def _whole(stream: Any, track: Track) -> Track:
    if stream.frames and track.packets < stream.frames:
        raise NotAClipError(f"it ends after {track.packets} of {stream.frames} frames")
    return track
