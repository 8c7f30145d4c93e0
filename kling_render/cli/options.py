"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

_MOST_USD = 1_000_000_000

project_argument = click.argument(
    "project", metavar="[PROJECT]", default=".", type=click.Path(path_type=Path, file_okay=True, dir_okay=True)
)
"""PROJECT: a project file or its folder, by default the current one."""

format_option = click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json"]),
    default="text",
    help="For people, or for machines.",
)


if TYPE_CHECKING:
    from decimal import Decimal


def read_usd(text: str | Decimal) -> Decimal:
    """An amount in US dollars, exact: the `type` of options that take one.

    Raises:
        ValueError: it is anything but a plain amount (click turns this into a usage error).
    """
    from decimal import Decimal, InvalidOperation

    try:
        amount = Decimal(str(text).removeprefix("$"))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount <= _MOST_USD:
        raise ValueError(f"{text!r} is not an amount in US dollars")
    return amount


def echo_json(value: Any) -> None:
    """Print a value as JSON to standard output."""
    import json

    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
