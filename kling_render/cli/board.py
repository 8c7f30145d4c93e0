"""`board`: the storyboard as one HTML file, or live in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kling_render.cli.options import profile_option, project_argument, selection_options

if TYPE_CHECKING:
    from kling_render.planning import Selection
    from kling_render.report.board import Source


@click.command("board")
@project_argument
@profile_option
@selection_options
@click.option("--rehearsal", is_flag=True, help="The clips of the last rehearsal, not those that were bought.")
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where the page goes (default: board.html beside the project file, or in rehearsal/).",
)
@click.option("--embed", is_flag=True, help="Put the clips into the file: one large file to hand on.")
@click.option("--open", "open_page", is_flag=True, help="Open it in the browser.")
@click.option("--serve", is_flag=True, help="Serve it on this machine, up to date as a render runs; picks and notes.")
@click.option("--port", type=click.IntRange(0, 65535), default=None, metavar="N", help="With --serve (default: any).")
def command(
    project: Path,
    profile: str,
    selection: Selection | None,
    rehearsal: bool,
    out: Path | None,
    embed: bool,
    open_page: bool,
    serve: bool,
    port: int | None,
) -> None:
    """Write the storyboard: one HTML file with every shot, its takes, prompts and prices, and a player of the film.

    It opens from the disk and loads nothing from the network. Clips are linked: keep it where it is written, or
    --embed them. Costs nothing.
    """  # fmt: skip
    from kling_render.errors import UsageError
    from kling_render.report.board import Source, write_board
    from kling_render.report.paths import shorten

    make = Source.rehearsed if rehearsal else Source
    source = make(project, profile, selection)
    if serve:
        if out or embed:
            raise UsageError("--serve writes no file: leave --out and --embed out")
        _serve(source, port or 0, open_page=open_page)
        return
    if port is not None:
        raise UsageError("--port is for --serve")
    path = write_board(source, out, embed=embed)
    click.echo(shorten(path))
    if open_page:
        click.launch(path.resolve().as_uri())


def _serve(source: Source, port: int, *, open_page: bool) -> None:
    from kling_render.cli import allow_interrupts
    from kling_render.report.board.server import serve_board

    def announce(url: str) -> None:
        click.echo(url)
        click.echo("Ctrl-C ends it. The link is the key: whoever has it may pick and write notes.", err=True)
        if open_page:
            click.launch(url)

    allow_interrupts()
    serve_board(source, port=port, announce=announce)
