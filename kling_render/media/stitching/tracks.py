"""What tracks are made of: equal ones can follow each other in one track without being encoded anew."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

AAC_SAMPLES = 1024
"""Samples in a packet of AAC-LC."""


@dataclass(frozen=True)
class PictureFormat:
    """A track of pictures: `header` is the decoder's configuration (SPS and PPS of H.264).

    Attributes:
        reorder: how long before it is shown the first picture is decoded, in seconds: where B-frames are in use.
        is_plain: H.264 with 8 bits and 4:2:0, not turned, square pixels: what every player and browser plays.
    """

    codec: str
    width: int
    height: int
    pixels: str
    rate: Fraction
    header: bytes
    reorder: Fraction
    is_plain: bool


@dataclass(frozen=True)
class SoundFormat:
    """A track of sound: `header` is the decoder's configuration (AudioSpecificConfig of AAC).

    Attributes:
        is_plain: AAC-LC, mono or stereo.
    """

    codec: str
    rate: int
    channels: int
    header: bytes
    is_plain: bool

    @property
    def packet_seconds(self) -> Fraction:
        """How long a packet of AAC lasts."""
        return Fraction(AAC_SAMPLES, self.rate)


def picture_format(codec: Any, frame: Any, rate: Fraction, reorder: Fraction) -> PictureFormat:
    """Of an opened decoder and its first frame."""
    is_square = codec.sample_aspect_ratio in (None, 0, 1)
    is_plain = codec.name == "h264" and frame.format.name == "yuv420p" and is_square and not frame.rotation
    return PictureFormat(
        codec.name, frame.width, frame.height, frame.format.name, rate, bytes(codec.extradata or b""), reorder, is_plain
    )


def sound_format(codec: Any) -> SoundFormat:
    """Of an opened decoder."""
    channels = codec.layout.nb_channels
    is_plain = codec.name == "aac" and codec.profile in (None, "LC") and channels in (1, 2)
    return SoundFormat(codec.name, codec.sample_rate, channels, bytes(codec.extradata or b""), is_plain)
