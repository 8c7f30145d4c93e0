"""Makes the film of one version: clips where they are, placeholders where they are missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from kling_render.errors import StorageError
from kling_render.film.cut import Choice, Part, Reel
from kling_render.ledger import State
from kling_render.media.stitching import (
    FilmFormat,
    Footage,
    Stitched,
    UnusableClipError,
    choose_format,
    is_film,
    stitch,
    survey,
)
from kling_render.slates import asked_size, draw_slate

OnFilm = Callable[[Path, float, float], None]
"""Told how many seconds of a film are written, and of how many."""
_RATE = Fraction(24)
"""Of a film without one clip."""


@dataclass(frozen=True)
class FilmWishes:
    """How a film is to be made: size in pixels and rate as most of its clips have them, unless it is said."""

    size: tuple[int, int] | None = None
    rate: Fraction | None = None
    timecode: bool = False


@dataclass(frozen=True)
class Scene:
    """One shot in the finished film.

    Attributes:
        clip: its file; None where a placeholder stands for it.
        missing: why there is none, in words.
        start: when it begins, in seconds.
        seconds: how long it is.
    """

    part: Part
    clip: Path | None
    missing: str
    start: float
    seconds: float


@dataclass(frozen=True)
class Film:
    """The finished film of one version."""

    version: str
    scenes: tuple[Scene, ...]
    stitched: Stitched

    @property
    def placeholders(self) -> tuple[Scene, ...]:
        """The shots that are missing."""
        return tuple(scene for scene in self.scenes if scene.clip is None)

    @property
    def unknown_picks(self) -> tuple[str, ...]:
        """The picked takes that are not known on this machine; something else stands for their shots."""
        return tuple(dict.fromkeys(scene.part.unknown_pick for scene in self.scenes if scene.part.unknown_pick))

    @property
    def stale(self) -> tuple[Scene, ...]:
        """The shots whose pick is of an older request."""
        return tuple(scene for scene in self.scenes if scene.clip and scene.part.choice is Choice.STALE)


def assemble(reel: Reel, folder: Path, out: Path, wishes: FilmWishes, on_film: OnFilm) -> Film:
    """Stitch the clips of a reel.

    Args:
        reel: the shots in order, at least one.
        folder: what the clips' paths are relative to.
        out: the film; only an earlier film is written over.
        wishes: how it is to be made.
        on_film: told how far it is.

    Raises:
        StorageError: a clip is damaged, or the film cannot be written.
    """
    import av

    if out.exists() and not is_film(out):
        raise StorageError(f"{out} is there, and is no film of kling-render", hint="Give another file with --out.")
    found = [_clip_of(part, folder) for part in reel.parts]
    try:
        with TemporaryDirectory(prefix="kling-render-") as scratch:
            footages, form = _footages(reel, found, Path(scratch), wishes)
            total = float(sum(each.seconds for each in footages))
            stitched = stitch(
                footages, out, form, timecode=wishes.timecode, on_progress=lambda done: on_film(out, done, total)
            )
    except UnusableClipError as error:
        raise _damaged(error, reel.parts, found) from error
    except (av.FFmpegError, OSError) as error:
        raise StorageError(f"{out} cannot be written: {error.strerror or error}") from error
    lengths = [(float(start), float(end - start)) for start, end in pairwise(stitched.starts)]
    scenes = [
        Scene(part, clip, missing, *length)
        for part, (clip, missing), length in zip(reel.parts, found, lengths, strict=True)
    ]
    return Film(reel.version, tuple(scenes), stitched)


def _clip_of(part: Part, folder: Path) -> tuple[Path | None, str]:
    """The file that stands for a shot, or why there is none."""
    if part.attempt is None:
        return None, "only of an older request: pick it to use it" if part.has_older else "not made yet"
    if part.attempt.clip is None or part.attempt.state is State.ELSEWHERE:
        return None, "not on this disk: render fetches it"
    path = folder / part.attempt.clip.path
    return (path, "") if path.is_file() else (None, "its file is gone")


def _footages(
    reel: Reel, found: Sequence[tuple[Path | None, str]], scratch: Path, wishes: FilmWishes
) -> tuple[list[Footage], FilmFormat]:
    surveyed = {clip: survey(clip) for clip, _ in found if clip}
    otherwise = FilmFormat(*asked_size(reel.parts[0].planned), _RATE)
    form = choose_format([surveyed[clip] for clip, _ in found if clip], otherwise).but(wishes.size, wishes.rate)
    footages = []
    for number, (part, (clip, missing)) in enumerate(zip(reel.parts, found, strict=True)):
        if clip is not None:
            footages.append(surveyed[clip])
            continue
        slate = scratch / f"{number}.mp4"
        cuts = [(cut.prompt, cut.seconds) for cut in part.cuts]
        slate.write_bytes(draw_slate(part.planned, cuts, (form.width, form.height), float(form.rate), missing))
        footages.append(survey(slate))
    return footages, form


def _damaged(error: UnusableClipError, parts: Sequence[Part], found: Sequence[tuple[Path | None, str]]) -> StorageError:
    address = next((part.address for part, (clip, _) in zip(parts, found, strict=True) if clip == error.path), "a clip")
    hint = "Move it away and render again: what is bought is fetched, not paid again. See: status --verify"
    return StorageError(f"{address} cannot be put into the film: {error.path}: {error}", hint=hint)
