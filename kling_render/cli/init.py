"""`init`: a starter project that teaches."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("init")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
def command(directory: Path) -> None:
    """Write a starter project into DIR, with comments that explain it, and the schema that editors read."""
    import shlex

    from kling_render.project.starter import write_starter

    for path in write_starter(directory):
        click.echo(f"wrote {path}")
    click.echo(f"\nNow try it, for nothing:\n  kling-render rehearse {shlex.quote(str(directory))}")
    click.echo(f"Then change {directory / 'project.toml'}: its comments explain it.")
