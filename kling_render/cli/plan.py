"""`plan`: what a render would buy, and what it would cost."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kling_render.cli.options import (
    echo_json,
    format_option,
    profile_option,
    project_argument,
    read_usd,
    selection_options,
)

if TYPE_CHECKING:
    from decimal import Decimal

    from kling_render.planning import Selection


@click.command("plan")
@project_argument
@profile_option
@selection_options
@click.option("--requests", is_flag=True, help="With the exact request body of every take.")
@click.option("--quote", "with_quotes", is_flag=True, help="Ask the server for live quotes, once per distinct price.")
@click.option("--max-usd", type=read_usd, metavar="USD", help="Judge the plan against this cap for one run, too.")
@click.option("--retry-failed", is_flag=True, help="Count failed and moderated takes as due.")
@click.option("--again", is_flag=True, help="Count paid takes as due whose clip is lost for good.")
@click.option("--since-last-run", is_flag=True, help="What is new, changed, removed or priced otherwise since then.")
@click.option("--fail-above", type=read_usd, metavar="USD", help="Exit 3 when the takes to buy cost more than this.")
@format_option
def command(
    project: Path,
    profile: str,
    selection: Selection | None,
    requests: bool,
    with_quotes: bool,
    max_usd: Decimal | None,
    retry_failed: bool,
    again: bool,
    since_last_run: bool,
    fail_above: Decimal | None,
    output_format: str,
) -> int:
    """Show all takes: new or bought, what they cost, and the budget's verdict.

    Exits with 3 when a render would be refused for money.
    """
    from kling_render.api import changes, load, plan, quote, stream
    from kling_render.catalog import format_usd, micro_from_usd
    from kling_render.planning import Plan, StreamedPlan, can_stream
    from kling_render.report.changes import changes_json, print_changes
    from kling_render.report.plan import plan_json, print_plan, write_plan_json
    from kling_render.report.quotes import print_quotes, quotes_json
    from kling_render.settings import load_settings

    loaded = load(project, profile=profile)
    planned: Plan | StreamedPlan
    is_whole = selection is None and not with_quotes and not since_last_run
    if output_format == "json" and requests and is_whole and can_stream(loaded):
        planned = write_plan_json(
            partial(stream, loaded, max_usd=max_usd, retry_failed=retry_failed, again=again), sys.stdout
        )
    else:
        planned = plan(loaded, max_usd=max_usd, retry_failed=retry_failed, again=again, selection=selection)
        if output_format == "json":
            quoted = {"quotes": quotes_json(quote(planned))} if with_quotes else {}
            changed = {"changes": changes_json(changes(planned))} if since_last_run else {}
            echo_json({**plan_json(planned, requests=requests), **quoted, **changed})
        else:
            print_plan(planned, requests=requests, origin=load_settings().origin)
            if with_quotes:
                print_quotes(quote(planned))
            if since_last_run:
                print_changes(changes(planned))
    if fail_above is not None and planned.tally.due_micro_usd > micro_from_usd(fail_above):
        click.secho("error: ", fg="red", bold=True, nl=False, err=True)
        click.echo(f"{format_usd(planned.tally.due_micro_usd)} is more than --fail-above {fail_above}", err=True)
        return 3
    return 3 if planned.refusals else 0
