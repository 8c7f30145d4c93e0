"""`init`: a starter project that teaches."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("init")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
def command(directory: Path) -> None:
    """Write a starter project into DIR, with comments that explain it."""
    from kling_render.project.starter import write_starter

    for path in write_starter(directory):
        click.echo(f"wrote {path}")
    click.echo(f"\nNow try it, for nothing:\n  kling-render rehearse {directory}")
