"""`render`: buys what is due."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kling_render.cli.options import selection_options
from kling_render.cli.purchase import buy, purchase_options

if TYPE_CHECKING:
    from kling_render.planning import Selection


@click.command("render")
@purchase_options
@selection_options
@click.option("--retry-failed", is_flag=True, help="Buy failed and moderated takes anew.")
@click.option("--again", is_flag=True, help="Buy paid takes anew whose clip is lost for good.")
def command(
    selection: Selection | None,
    retry_failed: bool,
    again: bool,
    **purchase: Any,
) -> int:
    """Buy what is due, finish what is open, download the clips. Costs money.

    Shows account, takes and price, then asks; elsewhere than on a terminal it needs --yes. Safe to interrupt and to
    repeat: the same command goes on where it stopped, and no take is paid twice.
    """
    return buy(**purchase, selection=selection, retry_failed=retry_failed, again=again)
