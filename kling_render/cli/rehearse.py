"""`rehearse`: the whole render on the mock server, for nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kling_render.cli.options import echo_json, format_option, project_argument


@click.command("rehearse")
@project_argument
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where clips and manifest go (default: rehearsal/ beside the project file).",
)
@format_option
def command(project: Path, out: Path | None, output_format: str) -> int:
    """Render the whole project on the bundled mock server, for nothing.

    The same code path as a render, in-process and on virtual time: no key, no network, no credit. The clips are
    placeholders of the right length, size and sound.
    """
    from kling_render.api import rehearse
    from kling_render.cli import allow_interrupts
    from kling_render.cli.progress import show_progress
    from kling_render.report.bill import outcome_json, print_rehearsal

    allow_interrupts()
    with show_progress(sys.stderr, "simulated") as listen:
        rehearsal = rehearse(project, out=out, on_event=listen)
    if output_format == "json":
        echo_json({**outcome_json(rehearsal.outcome), "virtual_seconds": round(rehearsal.virtual_seconds, 3)})
    else:
        print_rehearsal(rehearsal)
    return rehearsal.outcome.exit_code
