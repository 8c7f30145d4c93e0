"""`spend`: the books."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from kling_render.cli.options import echo_json, project_argument

_COLUMNS = ("day", "client", "person", "profile", "shot", "model", "account")


@click.command("spend")
@project_argument
@click.option(
    "--by",
    type=click.Choice(_COLUMNS),
    multiple=True,
    default=("day",),
    show_default=True,
    help="What the sums are broken down by. Repeatable.",
)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY", help="From this day (UTC) on.")
@click.option(
    "--format", "output_format", type=click.Choice(["text", "json", "csv"]), default="text",
    help="For people, for machines, or for a spreadsheet.",
)  # fmt: skip
def command(project: Path, by: tuple[str, ...], since: datetime | None, output_format: str) -> None:
    """Show what was charged, is reserved, or was possibly charged. No network."""
    from kling_render.bookkeeping import read_spending
    from kling_render.report.spending import print_spending, spending_csv, spending_json

    spending = read_spending(project, by=tuple(dict.fromkeys(by)), since=since.date() if since else None)
    if output_format == "json":
        echo_json(spending_json(spending))
    elif output_format == "csv":
        click.echo(spending_csv(spending), nl=False)
    else:
        print_spending(spending)
