"""`retake`: buys one more take of one variant."""

from __future__ import annotations

from typing import Any

import click

from kling_render.cli.purchase import buy, purchase_options


@click.command("retake")
@click.argument("address")
@purchase_options
@click.option("-n", "--number", "count", type=click.IntRange(1, 100), default=1, help="So many takes more.")
def command(address: str, count: int, **purchase: Any) -> int:
    """Buy another performance of one variant, beyond the takes that the project declares. Costs money.

    Nothing else is bought. To keep the number of takes in the project, raise `takes` there instead.
    """
    from kling_render.planning import Retake

    return buy(**purchase, retake=Retake(address, count))
