"""Multi-shot clips in their parts: each cut of a sequence in a file of its own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kling_render.errors import StorageError
from kling_render.ledger import Attempt
from kling_render.media.splitting import Split, split
from kling_render.media.stitching import UnusableClipError

MOST_DRIFT_SECONDS = 0.5
"""A cut that is further away from its declared time than this is told."""


@dataclass(frozen=True)
class SplitTake:
    """A take whose clip was cut into its parts."""

    address: str
    split: Split

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know: cuts that are not where they should be, a clip that is too short or too long."""
        return tuple(_notes(self.split))


def split_takes(attempts: Iterable[Attempt], folder: Path) -> tuple[SplitTake, ...]:
    """Cut the clips of several shots that are on this disk; all others are left out.

    Args:
        attempts: takes that were made.
        folder: what the clips' paths are relative to.

    Raises:
        StorageError: a clip is damaged, or a part cannot be written.
    """
    found: dict[Path, SplitTake] = {}
    for attempt in attempts:
        clip, lengths = folder / attempt.clip.path if attempt.clip else None, declared_lengths(attempt)
        if clip is not None and clip not in found and len(lengths) > 1 and clip.is_file():
            found[clip] = SplitTake(attempt.address, _split(attempt.address, clip, lengths))
    return tuple(found.values())


def declared_lengths(attempt: Attempt) -> tuple[float, ...]:
    """The seconds of each cut as the request asked for them; empty where it is no multi-shot request."""
    body = json.loads(attempt.body) if attempt.body else {}
    shots = body.get("multi_prompt") if isinstance(body, dict) else None
    if not isinstance(shots, list) or not all(
        isinstance(each, dict) and each.get("duration_seconds") for each in shots
    ):
        return ()
    return tuple(float(each["duration_seconds"]) for each in shots)


def _split(address: str, clip: Path, lengths: tuple[float, ...]) -> Split:
    import av

    try:
        return split(clip, lengths)
    except UnusableClipError as error:
        raise StorageError(f"{address} cannot be split: {error.path}: {error}", hint="See: status --verify") from error
    except (av.FFmpegError, OSError) as error:
        raise StorageError(f"{address} cannot be split: {error}") from error


def _notes(done: Split) -> Iterator[str]:
    for number, drift in enumerate(done.drifts, 1):
        if drift.seconds is None:
            yield f"no change of scene is seen near {drift.declared:g} s (cut {number})"
        elif abs(drift.seconds) > MOST_DRIFT_SECONDS:
            yield f"cut {number} was asked for at {drift.declared:g} s and is at {drift.seen:.2f} s"
    if abs(done.short_by) > MOST_DRIFT_SECONDS:
        yield f"the clip is {abs(done.short_by):.2f} s {'shorter' if done.short_by > 0 else 'longer'} than asked for"
