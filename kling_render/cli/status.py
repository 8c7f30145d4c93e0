"""`status`: what the ledger knows."""

from __future__ import annotations

from pathlib import Path

import click

from kling_render.cli.options import echo_json, format_option, profile_option, project_argument


@click.command("status")
@project_argument
@profile_option
@format_option
def command(project: Path, profile: str, output_format: str) -> None:
    """Show what was bought, what is open, and what was spent. No network."""
    from kling_render.api import read_status
    from kling_render.report.status import print_status, status_json

    status = read_status(project, profile=profile)
    if output_format == "json":
        echo_json(status_json(status))
    else:
        print_status(status)
