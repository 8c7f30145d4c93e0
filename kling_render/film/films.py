"""The films of a project, one for each version: from what was bought, or from a rehearsal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from kling_render.bookkeeping import Status
from kling_render.errors import UsageError
from kling_render.film.assembly import Film, FilmWishes, OnFilm, assemble
from kling_render.film.cut import Reel, cut_film
from kling_render.planning import Plan
from kling_render.rendering import Outcome, output_folder
from kling_render.rendering.choices import read_own_picks
from kling_render.rendering.paths import film_paths
from kling_render.settings import Settings, load_settings


def _quiet(path: Path, done: float, total: float) -> None:
    """Tells nobody."""


def make_films(
    status: Status,
    *,
    version: str = "",
    out: Path | None = None,
    wishes: FilmWishes | None = None,
    settings: Settings | None = None,
    on_film: OnFilm = _quiet,
) -> tuple[Film, ...]:
    """Stitch what was bought into a film for each version.

    Args:
        status: what is known of the project; its plan must be there.
        version: some of the values of the versions that are wanted, such as `de` or `de,9:16`; all by default.
        out: the file, for one film alone; `film[-<version>].mp4` in the folder of the profile's clips by default.
        wishes: size, rate and timecode.
        settings: whose base URL says where the clips are; read from the environment by default.
        on_film: told how far it is.

    Raises:
        UsageError: the project has faults, no such version, or several films were to go into one file.
        StorageError: a clip is damaged, or the film cannot be written.
    """
    if status.plan is None:
        raise UsageError("the project has faults", hint="See: kling-render check")
    settings = settings or load_settings()
    reels = cut_film(status.plan, status.snapshot, read_own_picks(status.project))
    output = output_folder(settings.origin, is_default_origin=settings.is_default_origin)
    places = zip(reels, _places(reels, status.plan, output), strict=True)
    chosen = [(reel, place) for reel, place in places if _is_of(reel, version)]
    _check([reel for reel, _ in chosen], reels, version, out)
    return tuple(
        assemble(reel, status.folder, out or status.folder / place, wishes or FilmWishes(), on_film)
        for reel, place in chosen
    )


def rehearsal_films(
    outcome: Outcome, *, wishes: FilmWishes | None = None, on_film: OnFilm = _quiet
) -> tuple[Film, ...]:
    """Stitch the clips of a rehearsal: the animatic, beside its manifest.

    Takes that were not asked for are left out; those that went wrong have placeholders.

    Raises:
        StorageError: a film cannot be written.
    """
    reels = rehearsal_reels(outcome)
    folder = outcome.manifest.parent.parent
    places = _places(reels, outcome.plan, folder.name)
    return tuple(
        assemble(reel, outcome.folder, folder.parent / place, wishes or FilmWishes(), on_film)
        for reel, place in zip(reels, places, strict=True)
    )


def rehearsal_reels(outcome: Outcome) -> tuple[Reel, ...]:
    """The film of a rehearsal as it is cut now, without the takes that were not asked for.

    Raises:
        StorageError: the picks cannot be read.
    """
    picks = read_own_picks(outcome.plan.project)
    chosen = {planned.key for planned in outcome.plan.chosen}
    reels = []
    for reel in cut_film(outcome.plan, outcome.snapshot, picks):
        parts = tuple(part for part in reel.parts if part.attempt is not None or part.planned.key in chosen)
        reels += [replace(reel, parts=parts)] if parts else []
    return tuple(reels)


def _places(reels: Sequence[Reel], plan: Plan, output: str) -> list[PurePosixPath]:
    return film_paths(output, plan.profile, [reel.version for reel in reels])


def _is_of(reel: Reel, version: str) -> bool:
    """Whether each of the values in `version` is one of the reel's."""
    values = {value for _, value in reel.parts[0].planned.address.version}
    return not version or version == reel.version or set(version.split(",")) <= values


def _check(chosen: Sequence[Reel], reels: Sequence[Reel], version: str, out: Path | None) -> None:
    if not chosen:
        known = ", ".join(reel.version for reel in reels if reel.version)
        raise UsageError(f"there is no version {version}", hint=f"There are: {known}" if known else "There are none.")
    if out is not None and len(chosen) > 1:
        names = ", ".join(reel.version for reel in chosen)
        raise UsageError(f"{len(chosen)} films do not fit into one file", hint=f"Choose with --version: {names}")
