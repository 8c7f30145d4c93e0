"""How everything that is printed for people looks: one console, one table style."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table

from kling_render.ledger import Snapshot
from kling_render.settings import DEFAULT_BASE_URL


def console(*, err: bool = False) -> Console:
    """The console of this process: colours on a terminal, plain text elsewhere."""
    return Console(stderr=err, highlight=False, soft_wrap=False, emoji=False, markup=False)


def print_origin(snapshot: Snapshot, out: Console, *, asked: str = DEFAULT_BASE_URL) -> None:
    """Say so where the books are not RunAPI's own; where nothing is known yet, those of the server that is asked."""
    origin = snapshot.identity.origin if snapshot.identity else asked
    if origin != DEFAULT_BASE_URL:
        out.print(f"server: {origin} (not RunAPI itself)", style="yellow")


def table(*columns: str, right: tuple[str, ...] = (), whole: tuple[str, ...] = (), title: str | None = None) -> Table:
    """A table with a rule under its head; columns in `right` hold numbers, those in `whole` what is copied whole."""
    made = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False, show_edge=False)
    for column in columns:
        if column in right:
            made.add_column(column, justify="right", no_wrap=True)
        else:
            made.add_column(column, overflow="fold", no_wrap=column in whole)
    return made
