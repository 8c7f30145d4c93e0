"""`status`: what the ledger knows."""

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


@click.command("status")
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
    """Show what was bought, what is open, and what was spent. No network."""
    from kling_render.bookkeeping import read_status
    from kling_render.report.status import print_status, status_json

    selection = read_selection(only, exclude, sample, canary)
    status = read_status(project, profile=profile, selection=selection)
    if output_format == "json":
        echo_json(status_json(status))
    else:
        print_status(status)
