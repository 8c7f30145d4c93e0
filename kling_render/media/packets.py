"""Reads a track with PyAV: how long it is by its packets, and whether it decodes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

ONLY_THIS_FILE = {"protocol_whitelist": "none"}
"""Nothing that a playlist names is opened, neither files nor URLs."""


class BrokenTrackError(ValueError):
    """A packet is cut short, or nothing decodes."""


@dataclass(frozen=True)
class Track:
    """A track that was read to its end.

    Attributes:
        seconds: from the begin of its first packet to the end of its last.
        packets: how many it has.
        frame: its first frame, decoded.
    """

    seconds: Fraction
    packets: int
    frame: Any


def read_track(container: Any, stream: Any) -> Track:
    """Reads every packet of the container, of other tracks too; decodes the first frame of this one.

    Raises:
        BrokenTrackError: a packet is cut short, or not one frame decodes.
        av.FFmpegError: the container is damaged.
    """
    spans, frame = _Spans(), None
    for packet in container.demux():
        if packet.is_corrupt:
            raise BrokenTrackError("a packet of it is cut short")
        if packet.stream.index == stream.index:  # an empty last packet has no index of its own
            spans.add(packet)
            frame = frame or next(iter(packet.decode()), None)
    if frame is None:
        raise BrokenTrackError("not one frame decodes")
    ticks = spans.ticks or stream.duration or 0
    return Track(ticks * (stream.time_base or Fraction(0)), spans.count, frame)


@dataclass
class _Spans:
    """The time that packets cover, in ticks; packets come in the order of decoding."""

    count: int = 0
    begin: int | None = None
    end: int = 0

    def add(self, packet: Any) -> None:
        self.count += bool(packet.size)
        if not packet.size or packet.pts is None or packet.is_discard:  # discarded: what an edit list leaves out
            return
        # What lies before zero is an encoder's run-up and never played.
        begin = max(packet.pts, 0)
        self.begin = begin if self.begin is None else min(self.begin, begin)
        self.end = max(self.end, packet.pts + (packet.duration or 0))

    @property
    def ticks(self) -> int:
        return self.end - (self.begin or 0)
