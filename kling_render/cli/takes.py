"""`takes`: what there is to choose from."""

from __future__ import annotations

from pathlib import Path

import click

from kling_render.cli.options import (
    echo_json,
    format_option,
    profile_option,
    project_argument,
    read_selection,
    selection_options,
)


@click.command("takes")
@project_argument
@profile_option
@selection_options
@format_option
def command(
    project: Path,
    profile: str,
    only: tuple[str, ...],
    exclude: tuple[str, ...],
    sample: int | None,
    canary: bool,
    output_format: str,
) -> None:
    """Show the takes that were made, which one is picked, and which are of an older prompt. No network."""
    from kling_render.bookkeeping import list_takes, read_status
    from kling_render.report.takes import print_takes, takes_json

    selection = read_selection(only, exclude, sample, canary)
    status = read_status(project, profile=profile, selection=selection)
    takes = list_takes(status)
    if output_format == "json":
        echo_json(takes_json(takes, status))
    else:
        print_takes(takes, status)
