"""`rehearse`: the whole render on the mock server, for nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kling_render.cli.options import (
    echo_json,
    format_option,
    profile_option,
    project_argument,
    selection_options,
)

if TYPE_CHECKING:
    from kling_render.planning import Selection


@click.command("rehearse")
@project_argument
@profile_option
@selection_options
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where clips and manifest go (default: rehearsal/ beside the project file).",
)
@click.option(
    "--scenario", metavar="NAME", help="What goes wrong: a bundled scenario (see `mock scenarios`), or a file."
)
@click.option("--no-film", is_flag=True, help="Leave out the animatic: its clips, stitched in film order.")
@format_option
def command(
    project: Path,
    profile: str,
    selection: Selection | None,
    out: Path | None,
    scenario: str | None,
    no_film: bool,
    output_format: str,
) -> int:
    """Render the whole project on the bundled mock server, for nothing.

    The same code path as a render, in-process and on virtual time: no key, no network, no credit. The clips are
    placeholders of the right length, size and sound; stitched, they are the animatic, and a board shows them.
    """
    from kling_render.api import load, rehearse
    from kling_render.cli import allow_interrupts
    from kling_render.cli.progress import show_progress
    from kling_render.exports import export
    from kling_render.exports.footage import rehearsed_footage
    from kling_render.film import rehearsal_films
    from kling_render.report.bill import print_rehearsal, rehearsal_json
    from kling_render.report.board import Source, write_board
    from kling_render.report.film import films_json, print_animatic, print_film_notes
    from kling_render.report.paths import shorten

    allow_interrupts()
    with show_progress(sys.stderr, "simulated") as listen:
        loaded = load(project, profile=profile)
        rehearsal = rehearse(loaded, out=out, selection=selection, scenario=scenario, on_event=listen)
        films = () if no_film else rehearsal_films(rehearsal.outcome)
    shot_lists = export(rehearsed_footage(rehearsal), "csv")
    board = write_board(Source.rehearsed(project, profile, selection, out))
    if output_format == "json":
        written = {"shot_lists": [str(each.path) for each in shot_lists], "board": str(board)}
        echo_json({**rehearsal_json(rehearsal), **films_json(films), **written})
    else:
        print_rehearsal(rehearsal)
        print_animatic(films)
        for each in shot_lists:
            click.echo(f"shot list: {shorten(each.path)}")
        click.echo(f"board: {shorten(board)}")
    print_film_notes(films, is_rehearsal=True)
    return rehearsal.outcome.exit_code
