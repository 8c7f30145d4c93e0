"""Writes the film: each track copied or encoded, clip after clip, into one MP4 file that appears whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, Literal

from kling_render.media.packets import ONLY_THIS_FILE
from kling_render.media.stitching.copying import PictureCopier, SoundCopier
from kling_render.media.stitching.film_format import FilmFormat
from kling_render.media.stitching.footage import Footage
from kling_render.media.stitching.picture import PictureEncoder
from kling_render.media.stitching.sound import SoundEncoder

COMMENT = "stitched by kling-render"
_MP4 = {"movflags": "+faststart", "fflags": "+bitexact", "max_interleave_delta": "0"}
"""The index in front; no date and no version; picture and sound side by side."""

Way = Literal["copied", "encoded", "none"]
OnProgress = Callable[[float], None]
"""Told how many seconds of the film are written."""


@dataclass(frozen=True)
class Stitched:
    """What was written.

    Attributes:
        starts: when each clip begins, in seconds, and when the film ends.
        picture: whether the pictures were copied, or encoded anew.
        sound: the same of the sound, or `none` where there is no track of it.
    """

    path: Path
    form: FilmFormat
    starts: tuple[Fraction, ...]
    picture: Way
    sound: Way

    @property
    def seconds(self) -> float:
        """How long it is."""
        return float(self.starts[-1])


def stitch(
    footages: Sequence[Footage],
    out: Path,
    form: FilmFormat,
    *,
    timecode: bool = False,
    on_progress: OnProgress = lambda seconds: None,
) -> Stitched:
    """Put clips one after the other into an MP4 file, which takes the place of what is there.

    The same clips, format and version of PyAV give the same bytes.

    Args:
        footages: the clips in order, at least one.
        out: the file.
        form: its size and rates.
        timecode: whether a running timecode is burned into the picture.
        on_progress: told how far it is.

    Raises:
        UnusableClipError: a clip is damaged; it says which one.
        OSError, av.FFmpegError: the file cannot be written; what was there before is there still.
    """
    ways = _picture_way(footages, form, timecode=timecode), _sound_way(footages, form)
    starts = _starts(footages, None if ways[0] == "copied" else form.rate)
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        _write(footages, part, form, (starts, ways), timecode=timecode, on_progress=on_progress)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    return Stitched(out, form, starts, *ways)


def is_film(path: Path) -> bool:
    """Whether a file was written by `stitch`: nothing else is ever written over."""
    import av

    try:
        with path.open("rb") as file, av.open(file, options=ONLY_THIS_FILE) as container:
            return bool(container.metadata.get("comment") == COMMENT)
    except (av.FFmpegError, OSError, ValueError):
        return False


def _picture_way(footages: Sequence[Footage], form: FilmFormat, *, timecode: bool) -> Way:
    first = footages[0].picture
    fits = first.is_plain and (first.width, first.height, first.rate) == (form.width, form.height, form.rate)
    same = all(each.picture == first and each.is_whole for each in footages)
    return "copied" if fits and same and not timecode else "encoded"


def _sound_way(footages: Sequence[Footage], form: FilmFormat) -> Way:
    if not form.channels:
        return "none"
    first = footages[0].sound
    fits = first is not None and first.is_plain and (first.rate, first.channels) == (form.sample_rate, form.channels)
    same = all(each.sound == first and each.sound_covers for each in footages)
    return "copied" if fits and same else "encoded"


def _starts(footages: Sequence[Footage], rate: Fraction | None) -> tuple[Fraction, ...]:
    """Where clips begin; on whole frames of a film that is encoded, without adding up what is rounded."""
    exact = tuple(accumulate((each.seconds for each in footages), initial=Fraction(0)))
    if rate is None:
        return exact
    return tuple(max(round(each * rate), number) / rate for number, each in enumerate(exact))


def _write(
    footages: Sequence[Footage],
    path: Path,
    form: FilmFormat,
    plan: tuple[tuple[Fraction, ...], tuple[Way, Way]],
    *,
    timecode: bool,
    on_progress: OnProgress,
) -> None:
    import av

    starts, (picture_way, sound_way) = plan
    with _template(footages[0]) as template, av.open(str(path), "w", format="mp4", options=_MP4) as container:
        container.metadata["comment"] = COMMENT
        picture = _picture_track(container, template, form, picture_way, timecode=timecode)
        sound = _sound_track(container, template, form, sound_way)
        on_progress(0.0)
        for footage, (start, end) in zip(footages, pairwise(starts), strict=True):
            if isinstance(picture, PictureEncoder):
                picture.add(footage, round(end * form.rate), lambda frame: on_progress(float(frame / form.rate)))
            else:
                picture.add(footage, start)
            if isinstance(sound, SoundEncoder):
                sound.add(footage, round(end * form.sample_rate))
            elif sound is not None:
                sound.add(footage, start)
            on_progress(float(end))
        for track in (picture, sound):
            if isinstance(track, PictureEncoder | SoundEncoder):
                track.close()


def _picture_track(
    container: Any, template: Any, form: FilmFormat, way: Way, *, timecode: bool
) -> PictureCopier | PictureEncoder:
    if way == "copied":
        return PictureCopier(container, template.streams.video[0])
    return PictureEncoder(container, form, timecode=timecode)


def _sound_track(container: Any, template: Any, form: FilmFormat, way: Way) -> SoundCopier | SoundEncoder | None:
    if way == "none":
        return None
    return SoundCopier(container, template.streams.audio[0]) if way == "copied" else SoundEncoder(container, form)


@contextmanager
def _template(footage: Footage) -> Iterator[Any]:
    """The first clip, opened: its tracks say what copied ones are."""
    import av

    with footage.path.open("rb") as file, av.open(file, options=ONLY_THIS_FILE) as container:
        yield container
