"""`init`: a starter project that teaches."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("init")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--agent", is_flag=True, help="Also the skill for AI agents, in .agents/skills; alone where there is a project."
)
def command(directory: Path, agent: bool) -> None:
    """Write a starter project into DIR, with comments that explain it, and the schema that editors read."""
    import shlex

    from kling_render.project.starter import SKILL, write_skill, write_starter

    is_new = not (agent and (directory / "project.toml").exists())
    written = [*(write_starter(directory) if is_new else []), *(write_skill(directory) if agent else [])]
    for path in written:
        click.echo(f"wrote {path}")
    if agent and directory / SKILL not in written:
        click.echo(f"kept {directory / SKILL}: to get the one of this version, delete it first")
    if is_new:
        click.echo(f"\nNow try it, for nothing:\n  kling-render rehearse {shlex.quote(str(directory))}")
        click.echo(f"Then change {directory / 'project.toml'}: its comments explain it.")
