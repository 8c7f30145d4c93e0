"""What `render` and `retake` share: options, the question, the progress, the bill."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kling_render.cli.options import (
    echo_json,
    format_option,
    log_requests,
    profile_option,
    project_argument,
    read_seconds,
    read_usd,
    verbose_option,
)

if TYPE_CHECKING:
    from decimal import Decimal

    from kling_render.planning import Retake, Selection

_OPTIONS = (
    project_argument,
    profile_option,
    click.option("--yes", is_flag=True, help="Do not ask; needs a cap in [budget] or --max-usd."),
    click.option("--max-usd", type=read_usd, metavar="USD", help="A cap for this run."),
    click.option("--expect-plan", metavar="HASH", help="Render only the plan with this hash; else exit 9."),
    click.option("--partial", is_flag=True, help="Begin although the account has too little for all of it."),
    click.option(
        "--wait", "wait_seconds", type=read_seconds, default=0.0, metavar="SPAN",
        help="Wait so long (5m, 90s) for another render of the project; else exit 8.",
    ),
    click.option(
        "--events", type=click.Choice(["jsonl"]), help="Print each transition as a line of JSON, in the bill's place."
    ),
    verbose_option,
    format_option,
)  # fmt: skip


def purchase_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a command that buys; `buy` takes their values by the same names."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def buy(
    *,
    project: Path,
    profile: str,
    yes: bool,
    max_usd: Decimal | None,
    expect_plan: str | None,
    partial: bool,
    wait_seconds: float,
    events: str | None,
    verbose: int,
    output_format: str,
    retry_failed: bool = False,
    again: bool = False,
    selection: Selection | None = None,
    retake: Retake | None = None,
) -> int:
    """Show what would be bought, ask, buy, and print the bill; returns the exit code."""
    from kling_render.api import load, render
    from kling_render.cli import allow_interrupts
    from kling_render.cli.progress import show_progress
    from kling_render.errors import UsageError
    from kling_render.rendering.consent import DeclinedError
    from kling_render.report.bill import outcome_json, print_outcome
    from kling_render.report.events import as_jsonl
    from kling_render.report.proposal import ask, show

    if events and output_format == "json":
        raise UsageError("--events and --format json both print to standard output", hint="Give one of them.")
    if not yes and not sys.stdin.isatty():
        hint = f"Look at the plan first: kling-render plan {project}"
        raise UsageError("render asks before it spends, and there is no terminal: give --yes", hint=hint)
    allow_interrupts()
    with log_requests(verbose), show_progress(sys.stderr, plain=verbose > 0) as listen:
        try:
            outcome = render(
                load(project, profile=profile),
                max_usd=max_usd,
                expect_plan=expect_plan,
                retry_failed=retry_failed,
                again=again,
                partial=partial,
                selection=selection,
                retake=retake,
                wait_seconds=wait_seconds,
                confirm=None if yes else ask,
                on_proposal=show if yes else None,
                on_event=as_jsonl(sys.stdout, listen) if events else listen,
            )
        except DeclinedError:
            click.echo("Nothing was submitted.", err=True)
            return 0
    if output_format == "json":
        echo_json(outcome_json(outcome))
    elif not events:
        print_outcome(outcome)
    return outcome.exit_code
