"""How everything that is printed for people looks: one console, one table style."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from kling_render.ledger import Snapshot
from kling_render.settings import DEFAULT_BASE_URL

_ANY_WIDTH = 10_000


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


def lean(rows: Table) -> Table:
    """A table without the columns in which nothing stands, so that the others have their room."""
    kept = [column for column in rows.columns if any(str(cell) for cell in column.cells)]
    made = table()
    for column in kept:
        made.add_column(column.header, justify=column.justify, overflow=column.overflow, no_wrap=column.no_wrap)
    for row, cells in zip(rows.rows, zip(*(column.cells for column in kept), strict=True), strict=True):
        made.add_row(*cells, end_section=row.end_section)
    return made


def fits(rows: Table, out: Console) -> bool:
    """Whether every row of a table has room on one line."""
    wanted = Measurement.get(out, out.options.update(width=_ANY_WIDTH), rows).maximum
    return wanted <= out.width
