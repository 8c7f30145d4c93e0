"""`film`: the picked takes in film order, as one file per version."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kling_render.cli.options import echo_json, format_option, profile_option, project_argument, read_size

if TYPE_CHECKING:
    from kling_render.film import OnFilm

_MOST_FPS = 120


@click.command("film")
@project_argument
@profile_option
@click.option("--version", default="", metavar="V", help="Of this version alone: de, or de,9:16.")
@click.option(
    "--out", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Where the film goes, if it is one."
)
@click.option("--size", type=read_size, metavar="WxH", help="In pixels; by default what most of the clips have.")
@click.option("--fps", type=click.IntRange(1, _MOST_FPS), metavar="N", help="By default what most of the clips have.")
@click.option("--timecode", is_flag=True, help="Burn a running timecode into the picture.")
@click.option("--split", is_flag=True, help="Also cut clips of several shots into files of one shot each.")
@click.option("--complete", is_flag=True, help="Exit with 7 if a placeholder stands for a missing clip.")
@format_option
def command(
    project: Path,
    profile: str,
    version: str,
    out: Path | None,
    size: tuple[int, int] | None,
    fps: int | None,
    timecode: bool,
    split: bool,
    complete: bool,
    output_format: str,
) -> None:
    """Stitch the picked takes in film order into one MP4 file, once for each version. No network.

    Where nothing is picked, the first take that was made stands for its shot; where none was, a placeholder. What has
    one size, rate and format is copied, all else is encoded.
    """
    from kling_render.bookkeeping import read_status
    from kling_render.cli import allow_interrupts
    from kling_render.errors import IncompleteError
    from kling_render.film import FilmWishes, make_films, split_takes
    from kling_render.report.film import films_json, print_film_notes, print_films
    from kling_render.report.splits import print_split_notes, print_splits, splits_json

    allow_interrupts()
    status = read_status(project, profile=profile)
    wishes = FilmWishes(size, Fraction(fps) if fps else None, timecode)
    with _progress() as on_film:
        films = make_films(status, version=version, out=out, wishes=wishes, on_film=on_film)
    scenes = [scene for film in films for scene in film.scenes]
    splits = split_takes([each.part.attempt for each in scenes if each.part.attempt], status.folder) if split else ()
    if output_format == "json":
        echo_json({"schema": 1, "profile": profile, **films_json(films), **(splits_json(splits) if split else {})})
    else:
        print_films(films)
        if split:
            print_splits(splits)
    print_film_notes(films)
    print_split_notes(splits)
    missing = sum(len(film.placeholders) for film in films)
    if complete and missing:
        names = dict.fromkeys(scene.part.address for film in films for scene in film.placeholders)
        hint = f"Missing: {', '.join(names)}. See: kling-render plan"
        raise IncompleteError(f"placeholders stand for {missing} of {len(scenes)} clips", hint=hint)


@contextmanager
def _progress() -> Iterator[OnFilm]:
    """A bar for each film on a terminal, a line for each elsewhere: on standard error."""
    if not sys.stderr.isatty():
        begun: set[Path] = set()

        def tell(path: Path, _: float, total: float) -> None:
            if path not in begun:
                begun.add(path)
                click.echo(f"stitching {path.name}, {total:.1f} s", err=True)

        yield tell
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn())
    rows = {}
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:

        def show(path: Path, done: float, total: float) -> None:
            if path not in rows:
                rows[path] = progress.add_task(path.name, total=total)
            progress.update(rows[path], completed=done)

        yield show
