"""Size, rate and sound of a film: what most of it has already, so that least is changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeVar

from kling_render.media.stitching.footage import Footage

_Value = TypeVar("_Value", tuple[int, int], Fraction, int)


@dataclass(frozen=True)
class FilmFormat:
    """What a film is.

    Attributes:
        width: pixels, even.
        height: pixels, even.
        rate: frames per second.
        sample_rate: samples of sound per second.
        channels: 1 or 2; 0 for a film without a track of sound.
    """

    width: int
    height: int
    rate: Fraction
    sample_rate: int = 48_000
    channels: int = 0

    def but(self, size: tuple[int, int] | None, rate: Fraction | None) -> FilmFormat:
        """The same in another size or at another rate, where one is asked for."""
        width, height = size or (self.width, self.height)
        return replace(self, width=width, height=height, rate=rate or self.rate)


def choose_format(footages: Sequence[Footage], otherwise: FilmFormat) -> FilmFormat:
    """The size and rates that the longest part of these has; of several, the largest.

    Args:
        footages: what the film is made of.
        otherwise: what holds where there are none.
    """
    if not footages:
        return otherwise
    width, height = _commonest((each.size, each.seconds) for each in footages)
    rate = _commonest((each.rate, each.seconds) for each in footages)
    sounds = [(each.sound, each.seconds) for each in footages if each.sound]
    sample_rate = _commonest((sound.rate, seconds) for sound, seconds in sounds) if sounds else otherwise.sample_rate
    channels = max((min(sound.channels, 2) for sound, _ in sounds), default=otherwise.channels)
    return FilmFormat(width + width % 2, height + height % 2, rate, sample_rate, channels)


def _commonest(values: Iterable[tuple[_Value, Fraction]]) -> _Value:
    lengths: dict[_Value, Fraction] = defaultdict(Fraction)
    for value, seconds in values:
        lengths[value] += seconds
    return max(lengths, key=lambda value: (lengths[value], value))
