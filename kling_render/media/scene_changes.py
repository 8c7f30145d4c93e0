"""Where the picture of a clip changes at once: hard cuts, found by comparing each frame with the one before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from kling_render.media.stitching.footage import Footage, survey
from kling_render.media.stitching.picture import decoded

_SIZE = (64, 36)
"""Small enough that grain and fine motion vanish, large enough for a change of place to show."""
_LEAST = 6.0
"""Of 255: a mean change of colour below this is no cut, whatever the rest of the clip is like."""
_TIMES_USUAL = 4.0
"""So many times the usual change in its neighbourhood makes a cut: motion goes on, a cut happens once."""
_NEIGHBOURS = 12
"""Changes before and after one that say what is usual."""


@dataclass(frozen=True)
class Drift:
    """A declared cut beside the one that was seen.

    Attributes:
        declared: seconds after the first frame.
        seen: the nearest change of scene; None where there is none anywhere near.
    """

    declared: float
    seen: float | None

    @property
    def seconds(self) -> float | None:
        """How much later than declared the cut is."""
        return None if self.seen is None else self.seen - self.declared


def scene_changes(path: Path) -> tuple[float, ...]:
    """The moments of hard cuts in a clip, in seconds after its first frame.

    A cut is a frame whose mean difference to the one before (over a small copy of both, in RGB) is both large and four
    times what is usual within half a second around. Fades and whip pans are not found, a flash may be taken for one.

    Raises:
        UnusableClipError: the clip is damaged.
    """
    footage = survey(path)
    changes = [(moment, change) for moment, change in _changes(footage)]
    sizes = [change for _, change in changes]
    return tuple(float(moment) for at, (moment, _) in enumerate(changes) if _is_cut(sizes, at))


def compare_cuts(declared: Sequence[float], seen: Sequence[float], length: float) -> tuple[Drift, ...]:
    """Each declared cut with the change of scene that is nearest to it and nearer to it than to any other.

    Args:
        declared: where cuts were asked for, in seconds.
        seen: where they are.
        length: of the clip; a change further away than half the way to a neighbour is none of this cut's.
    """
    edges = [0.0, *declared, length]
    found = []
    for before, cut, after in zip(edges, declared, edges[2:], strict=False):
        low, high = (before + cut) / 2, (cut + after) / 2
        near = [each for each in seen if low < each < high]
        found.append(Drift(cut, min(near, key=lambda each: abs(each - cut), default=None)))
    return tuple(found)


def _changes(footage: Footage) -> Iterator[tuple[Fraction, float]]:
    """The moment of each frame but the first, and how much it differs from the one before, from 0 to 255."""
    pictures = ((each.pts * each.time_base - footage.origin, _small(each)) for each in decoded(footage))
    for (_, one), (moment, other) in pairwise(pictures):
        yield moment, _difference(one, other)


def _small(frame: Any) -> Any:
    return frame.reformat(width=_SIZE[0], height=_SIZE[1], format="rgb24", interpolation="AREA").to_image()


def _difference(one: Any, other: Any) -> float:
    from PIL import ImageChops, ImageStat

    means = ImageStat.Stat(ImageChops.difference(one, other)).mean
    return sum(means) / len(means)


def _is_cut(sizes: Sequence[float], at: int) -> bool:
    around = [*sizes[max(0, at - _NEIGHBOURS) : at], *sizes[at + 1 : at + 1 + _NEIGHBOURS]]
    usual = median(around) if around else 0.0
    return sizes[at] >= max(_LEAST, _TIMES_USUAL * usual)
