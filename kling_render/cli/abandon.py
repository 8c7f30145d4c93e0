"""`abandon`: gives up on an attempt that is open or unknown."""

from __future__ import annotations

from pathlib import Path

import click

from kling_render.cli.options import profile_option, project_argument


@click.command("abandon")
@click.argument("address")
@project_argument
@profile_option
def command(address: str, project: Path, profile: str) -> None:
    """Give up on an open or unknown attempt at a take, so that the next render buys it anew.

    What it reserved stays in the books as possibly charged. Costs nothing by itself.
    """
    from kling_render.bookkeeping import abandon
    from kling_render.catalog import format_usd

    attempt = abandon(project, address, profile=profile)
    amount = format_usd(attempt.counted_micro_usd)
    click.echo(f"{attempt.address}, attempt {attempt.attempt}, is given up: {amount} stay as possibly charged.")
    click.echo(f"The next render buys it anew, as attempt {attempt.attempt + 1} under a new key.")
