"""`status`: what the ledger knows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kling_render.cli.options import (
    echo_json,
    format_option,
    log_requests,
    profile_option,
    project_argument,
    selection_options,
    verbose_option,
)

if TYPE_CHECKING:
    from kling_render.planning import Selection


@click.command("status")
@project_argument
@profile_option
@selection_options
@click.option("--verify", "with_checks", is_flag=True, help="Ask the server about open tasks, look at every clip.")
@click.option("--reconcile", "with_account", is_flag=True, help="Set the account's own sum beside these books.")
@verbose_option
@format_option
def command(
    project: Path,
    profile: str,
    selection: Selection | None,
    with_checks: bool,
    with_account: bool,
    verbose: int,
    output_format: str,
) -> int:
    """Show what was bought, what is open, and what was spent. No network but with --verify and --reconcile.

    With --verify it exits with 7 when a clip is missing or changed, or the server does not know a task.
    """
    from kling_render.bookkeeping import read_status, reconcile, verify
    from kling_render.report.checks import (
        print_reconciliation,
        print_verification,
        reconciliation_json,
        verification_json,
    )
    from kling_render.report.status import print_status, status_json

    status = read_status(project, profile=profile, selection=selection)
    with log_requests(verbose):
        verification = verify(status) if with_checks else None
        reconciliation = reconcile(status) if with_account else None
    if output_format == "json":
        checks = {"verification": verification_json(verification)} if verification else {}
        sums = {"reconciliation": reconciliation_json(reconciliation)} if reconciliation else {}
        echo_json({**status_json(status), **checks, **sums})
    else:
        print_status(status)
        if verification:
            print_verification(verification)
        if reconciliation:
            print_reconciliation(reconciliation)
    return 0 if verification is None or verification.is_clean else 7
