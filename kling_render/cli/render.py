"""`render`: buys what is due."""

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
    read_selection,
    read_usd,
    selection_options,
)

if TYPE_CHECKING:
    from decimal import Decimal


@click.command("render")
@project_argument
@profile_option
@selection_options
@click.option("--yes", is_flag=True, help="Do not ask; needs a cap in [budget] or --max-usd.")
@click.option("--max-usd", type=read_usd, metavar="USD", help="A cap for this run.")
@click.option("--expect-plan", metavar="HASH", help="Render only the plan with this hash; else exit 9.")
@click.option("--retry-failed", is_flag=True, help="Buy failed takes anew.")
@click.option("--partial", is_flag=True, help="Begin although the account has too little for all of it.")
@format_option
def command(
    project: Path,
    profile: str,
    only: tuple[str, ...],
    exclude: tuple[str, ...],
    sample: int | None,
    canary: bool,
    yes: bool,
    max_usd: Decimal | None,
    expect_plan: str | None,
    retry_failed: bool,
    partial: bool,
    output_format: str,
) -> int:
    """Buy what is due, finish what is open, download the clips. Costs money.

    Shows account, takes and price, then asks; elsewhere than on a terminal it needs --yes. Safe to interrupt and to
    repeat: the same command goes on where it stopped, and no take is paid twice.
    """
    from kling_render.api import load, render
    from kling_render.cli import allow_interrupts
    from kling_render.cli.progress import show_progress
    from kling_render.errors import UsageError
    from kling_render.rendering.consent import DeclinedError
    from kling_render.report.bill import outcome_json, print_outcome
    from kling_render.report.proposal import ask

    if not yes and not sys.stdin.isatty():
        hint = f"Look at the plan first: kling-render plan {project}"
        raise UsageError("render asks before it spends, and there is no terminal: give --yes", hint=hint)
    allow_interrupts()
    with show_progress(sys.stderr) as listen:
        try:
            outcome = render(
                load(project, profile=profile),
                max_usd=max_usd,
                expect_plan=expect_plan,
                retry_failed=retry_failed,
                partial=partial,
                selection=read_selection(only, exclude, sample, canary),
                confirm=None if yes else ask,
                on_event=listen,
            )
        except DeclinedError:
            click.echo("Nothing was submitted.", err=True)
            return 0
    if output_format == "json":
        echo_json(outcome_json(outcome))
    else:
        print_outcome(outcome)
    return outcome.exit_code
