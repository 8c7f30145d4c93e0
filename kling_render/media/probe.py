"""Looks into a clip: is it whole, how long, how large, with sound?"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

_ONLY_THIS_FILE = {"protocol_whitelist": "none"}
"""Nothing that a playlist names is opened, neither files nor URLs."""


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
        with path.open("rb") as file, av.open(file, options=_ONLY_THIS_FILE) as container:
            if not container.streams.video:
                raise NotAClipError("it has no video track")
            stream = container.streams.video[0]
            seconds = _picture_seconds(container, stream)
            has_sound = bool(container.streams.audio)
            size = stream.codec_context
            return Probe(seconds, size.width, size.height, float(stream.average_rate or 0), has_sound)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise NotAClipError(str(error)) from error


def _picture_seconds(container: Any, stream: Any) -> float:
    """Seconds of picture, by its packets; the declared length where the packets do not say."""
    ticks, packets = 0, 0
    for packet in container.demux():
        if packet.is_corrupt:
            raise NotAClipError("a packet of it is cut short")
        if packet.size and packet.stream_index == stream.index:
            packets += 1
            ticks += packet.duration or 0
    if stream.frames and packets < stream.frames:
        raise NotAClipError(f"it ends after {packets} of {stream.frames} frames")
    container.seek(0)
    if next(iter(container.decode(stream)), None) is None:
        raise NotAClipError("not one frame decodes")
    declared = stream.duration or 0
    return float(Fraction(ticks or declared) * (stream.time_base or Fraction(0)))
