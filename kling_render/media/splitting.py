"""Cuts a multi-shot clip into its parts, at the times that were asked for, and looks whether the cuts are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path

from kling_render.media.scene_changes import Drift, compare_cuts, scene_changes
from kling_render.media.stitching import FilmFormat, choose_format, stitch, survey

FOLDER = "parts"


@dataclass(frozen=True)
class Split:
    """A clip in its parts.

    Attributes:
        parts: the files, in order.
        written: those of them that were not there before.
        drifts: each declared cut beside the one that was seen.
        short_by: seconds that the clip lacks of what was asked for; below 0: that it is longer.
    """

    clip: Path
    parts: tuple[Path, ...]
    written: frozenset[Path]
    drifts: tuple[Drift, ...]
    short_by: float


def split(clip: Path, lengths: Sequence[float]) -> Split:
    """Cut a clip at its declared times into files in a folder `parts` beside it.

    The last part goes to the end of the clip. A part that is there already is left as it is: its name has the clip's,
    and the same clip gives the same parts.

    Args:
        clip: a clip of several shots.
        lengths: of the shots, in seconds.

    Raises:
        UnusableClipError: it is damaged, or ends before the last cut.
        OSError, av.FFmpegError: a part cannot be written.
    """
    starts = list(accumulate((Fraction(str(each)) for each in lengths), initial=Fraction(0)))
    whole = survey(clip)
    parts, written = [], set()
    for number, (begin, end) in enumerate(pairwise(starts), 1):
        part = clip.parent / FOLDER / f"{clip.stem}-cut{number}{clip.suffix}"
        parts.append(part)
        if not part.exists():
            footage = survey(clip, begin, None if number == len(lengths) else end)
            stitch([footage], part, choose_format([footage], FilmFormat(*footage.size, footage.rate)))
            written.add(part)
    declared = [float(each) for each in starts[1:-1]]
    drifts = compare_cuts(declared, scene_changes(clip), float(whole.seconds))
    return Split(clip, tuple(parts), frozenset(written), drifts, float(starts[-1] - whole.seconds))
