"""`render`: buys what is due."""

from __future__ import annotations

from typing import Any

import click

from kling_render.cli.options import read_selection, selection_options
from kling_render.cli.purchase import buy, purchase_options


@click.command("render")
@purchase_options
@selection_options
@click.option("--retry-failed", is_flag=True, help="Buy failed and moderated takes anew.")
@click.option("--again", is_flag=True, help="Buy paid takes anew whose clip is lost for good.")
def command(
    only: tuple[str, ...],
    exclude: tuple[str, ...],
    sample: int | None,
    canary: bool,
    retry_failed: bool,
    again: bool,
    **purchase: Any,
) -> int:
    """Buy what is due, finish what is open, download the clips. Costs money.

    Shows account, takes and price, then asks; elsewhere than on a terminal it needs --yes. Safe to interrupt and to
    repeat: the same command goes on where it stopped, and no take is paid twice.
    """
    selection = read_selection(only, exclude, sample, canary)
    return buy(**purchase, selection=selection, retry_failed=retry_failed, again=again)
