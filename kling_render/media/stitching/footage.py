"""One clip, or a stretch of one, as it goes into a film: how long it is, and what its tracks are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from kling_render.media.packets import ONLY_THIS_FILE
from kling_render.media.probe import NotAClipError
from kling_render.media.stitching.tracks import PictureFormat, SoundFormat, picture_format, sound_format

_LARGEST_DENOMINATOR = 1001
"""Of a frame rate: 24000/1001 is one, 3279/137 is a variable rate, and is rounded."""
_CLOSE = Fraction(2, 100)
"""So far may an average be from a steady rate: where the last frame is shown a little longer."""


class UnusableClipError(NotAClipError):
    """A clip that is damaged, or no video at all.

    Attributes:
        path: which one.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(reason)
        self.path = path


@dataclass(frozen=True)
class Footage:
    """A clip, or a stretch of one.

    Attributes:
        path: the file.
        origin: the moment of its first frame on the file's own clock, in seconds.
        begin: seconds after that at which the stretch begins.
        seconds: how long it is.
        rate: frames per second.
        size: width and height in pixels, as a player shows them.
        picture: what the picture's track is made of.
        is_whole: whether its packets make a picture of their own: from a key frame to the end, or to another key frame.
        sound: what the track of sound is made of; None where there is none.
        sound_covers: whether its sound reaches from the begin of the picture to its end, without a gap.
    """

    path: Path
    origin: Fraction
    begin: Fraction
    seconds: Fraction
    rate: Fraction
    size: tuple[int, int]
    picture: PictureFormat
    is_whole: bool
    sound: SoundFormat | None
    sound_covers: bool

    @property
    def zero(self) -> Fraction:
        """The moment at which it begins, on the file's own clock."""
        return self.origin + self.begin


@dataclass(frozen=True)
class _Packet:
    """When a packet is shown and decoded, in seconds of the file's clock."""

    at: Fraction
    decoded_at: Fraction
    end: Fraction
    is_key: bool


def survey(path: Path, begin: Fraction = Fraction(0), end: Fraction | None = None) -> Footage:
    """Read every packet of a clip and decode its first frame.

    Args:
        path: the clip.
        begin: where the stretch begins, in seconds after the first frame.
        end: where it ends; at the end of the picture by default, and never later.

    Raises:
        UnusableClipError: it cannot be read, is damaged, or the stretch lies outside of it.
    """
    import av

    try:
        with path.open("rb") as file, av.open(file, options=ONLY_THIS_FILE) as container:
            if not container.streams.video:
                raise UnusableClipError(path, "it has no video track")
            return _survey(path, container, begin, end)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise UnusableClipError(path, str(error)) from error


def _survey(path: Path, container: Any, begin: Fraction, end: Fraction | None) -> Footage:
    video = container.streams.video[0]
    audio = container.streams.audio[0] if container.streams.audio else None
    pictures, sounds, frame, run_up = _read(container, video, audio)
    if frame is None or (video.frames and len(pictures) + run_up < video.frames):
        raise ValueError("not one frame decodes" if frame is None else f"it ends before its {video.frames} frames do")
    origin, last = min(each.at for each in pictures), max(each.end for each in pictures)
    stop = last if end is None else min(origin + end, last)
    zero = origin + begin
    if zero >= stop:
        raise ValueError(f"it is {float(last - origin):g} s long: nothing is left from {float(begin):g} s on")
    within = [each for each in pictures if zero <= each.at < stop]
    is_whole = not run_up and bool(within) and _stands_alone(pictures, within, zero, stop)
    reorder = within[0].at - within[0].decoded_at if within else Fraction(0)
    picture = picture_format(video.codec_context, frame, _rate(video), reorder)
    sound = sound_format(audio.codec_context) if audio is not None and sounds else None
    covers = sound is not None and _covers(sounds, sound.packet_seconds, zero, stop)
    size = _shown_size(video.codec_context, frame)
    return Footage(path, origin, begin, stop - zero, picture.rate, size, picture, is_whole, sound, covers)


def _rate(video: Any) -> Fraction:
    """Frames per second: the one that a file keeps to, unless its average says that it does not."""
    average, base = video.average_rate or video.base_rate or 24, video.base_rate or video.average_rate or 24
    kept = base if abs(base - average) <= average * _CLOSE else average
    return Fraction(kept).limit_denominator(_LARGEST_DENOMINATOR)


def _read(container: Any, video: Any, audio: Any) -> tuple[list[_Packet], list[_Packet], Any, int]:
    """The packets of picture and sound, the first frame, and how many pictures are run-up that is never shown."""
    pictures: list[_Packet] = []
    sounds: list[_Packet] = []
    frame, run_up = None, 0
    for packet in container.demux(*(each for each in (video, audio) if each is not None)):
        if packet.is_corrupt:
            raise ValueError("a packet of it is cut short")
        if packet.stream is video:
            frame = frame or next(iter(packet.decode()), None)
        if packet.pts is None or packet.dts is None or not packet.size:
            continue
        if packet.stream is not video:
            sounds.append(_of(packet))
        elif packet.is_discard:
            run_up += 1
        else:
            pictures.append(_of(packet))
    if not pictures:
        raise ValueError("it has no pictures")
    return pictures, sounds, frame, run_up


def _of(packet: Any) -> _Packet:
    tick = packet.time_base
    end = packet.pts + (packet.duration or 0)
    return _Packet(packet.pts * tick, packet.dts * tick, end * tick, packet.is_keyframe)


def _stands_alone(pictures: Sequence[_Packet], within: Sequence[_Packet], zero: Fraction, stop: Fraction) -> bool:
    """Whether the stretch begins with a key frame, and ends with the clip or before another key frame."""
    after = [each for each in pictures if each.at >= stop]
    ends_well = not after or (after[0].is_key and after[0].at == stop)
    return within[0].is_key and within[0].at == zero and ends_well


def _covers(sounds: Sequence[_Packet], packet: Fraction, zero: Fraction, stop: Fraction) -> bool:
    """Whether packets of one length follow each other from begin to end, up to half a packet."""
    within = [each.at for each in sounds if zero - packet <= each.at < stop]
    if not within or within[0] > zero + packet / 2 or within[-1] + packet < stop - packet / 2:
        return False
    return within[-1] - within[0] == packet * (len(within) - 1)


def _shown_size(codec: Any, frame: Any) -> tuple[int, int]:
    """Width and height with square pixels, turned as the file says."""
    aspect = codec.sample_aspect_ratio or Fraction(1)
    width, height = round(frame.width * aspect), frame.height
    return (height, width) if frame.rotation % 180 == 90 else (width, height)
