"""Tracks that are copied packet by packet: nothing is decoded, nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from kling_render.media.packets import ONLY_THIS_FILE
from kling_render.media.stitching.footage import Footage, UnusableClipError
from kling_render.media.stitching.tracks import AAC_SAMPLES


class PictureCopier:
    """The track of pictures in a file that is written, made of packets of clips of one format."""

    def __init__(self, container: Any, template: Any) -> None:
        self._container = container
        self._stream = container.add_stream_from_template(template)

    def add(self, footage: Footage, start: Fraction) -> None:
        """Copy a clip to its place, in seconds of the film.

        Raises:
            UnusableClipError: it cannot be read.
        """
        end = footage.zero + footage.seconds
        for packet in _packets(footage, "video"):
            tick = packet.time_base
            if footage.zero <= packet.pts * tick < end:
                shift = round((start - footage.zero) / tick)
                packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, self._stream
                self._container.mux_one(packet)


class SoundCopier:
    """The track of sound in a file that is written, made of packets of AAC.

    They follow each other without gap or overlap, so that no player has to choose what to do about one. Pictures are
    no multiples of packets: each clip lets go of as many as keep its sound within half a packet (11 ms at 48 kHz) of
    its picture, and the error never adds up. Where two clips meet, packets overlap: for 20 ms one fades out, one in.
    """

    def __init__(self, container: Any, template: Any) -> None:
        self._container = container
        self._stream = container.add_stream_from_template(template)
        self._next: int | None = None

    def add(self, footage: Footage, start: Fraction) -> None:
        """Copy the sound of a clip to its place, in seconds of the film.

        Raises:
            UnusableClipError: it cannot be read.
        """
        if footage.sound is None:
            return
        rate, half = footage.sound.rate, AAC_SAMPLES // 2
        end = round((start + footage.seconds) * rate) - half
        for packet in _packets(footage, "audio"):
            wanted = round((packet.pts * packet.time_base - footage.zero + start) * rate)
            if self._next is None and wanted >= -AAC_SAMPLES:  # an encoder's run-up goes with the first clip
                self._next = wanted
            if self._next is None or wanted < self._next - half:
                continue
            if self._next >= end:
                break
            packet.pts = packet.dts = self._next
            packet.duration, packet.time_base, packet.stream = AAC_SAMPLES, Fraction(1, rate), self._stream
            self._container.mux_one(packet)
            self._next += AAC_SAMPLES


def _packets(footage: Footage, kind: str) -> Iterator[Any]:
    import av

    try:
        with footage.path.open("rb") as file, av.open(file, options=ONLY_THIS_FILE) as container:
            stream = container.streams.video[0] if kind == "video" else container.streams.audio[0]
            for packet in container.demux(stream):
                if packet.size and packet.pts is not None and packet.dts is not None:
                    yield packet
    except (av.FFmpegError, OSError, ValueError) as error:
        raise UnusableClipError(footage.path, str(error)) from error
