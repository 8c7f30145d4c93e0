"""The books, as a table, as JSON and as CSV."""

from __future__ import annotations

from typing import Any

from kling_render.bookkeeping import Spending, SpendRow
from kling_render.catalog import exact_usd, format_usd
from kling_render.report.cells import Name
from kling_render.report.console import console, lean, table
from kling_render.report.spreadsheet import write_csv

_AMOUNTS = ("charged_usd", "open_usd", "possibly_charged_usd", "total_usd")


def print_spending(spending: Spending) -> None:
    """Print a row for each group, and the sum."""
    out = console()
    since = f" since {spending.since}" if spending.since else ""
    if not spending.rows:
        out.print(f"Nothing was spent{since} at {spending.origin}.")
        return
    numbers = ("attempts", "charged", "in flight", "possibly charged", "total")
    rows = table(*spending.by, *numbers, right=numbers)
    for row in spending.rows:
        rows.add_row(*map(Name, row.key), *_cells(row))
    rows.add_section()
    rows.add_row("total", *[""] * (len(spending.by) - 1), *_cells(spending.total))
    out.print(f"{spending.origin}{since}")
    out.print(lean(rows))


def spending_json(spending: Spending) -> dict[str, Any]:
    """The books as JSON; amounts are decimal texts in USD."""
    return {
        "schema": 1,
        "origin": spending.origin,
        "since": spending.since.isoformat() if spending.since else None,
        "by": list(spending.by),
        "rows": [dict(zip(spending.by, row.key, strict=True)) | _amounts(row) for row in spending.rows],
        "total": _amounts(spending.total),
    }


def spending_csv(spending: Spending) -> str:
    """The books as CSV with a head, as spreadsheets read it; without the sum, which they make themselves."""
    head = (*spending.by, "attempts", *_AMOUNTS)
    return write_csv(head, ((*row.key, *_amounts(row).values()) for row in spending.rows))


def _cells(row: SpendRow) -> list[str]:
    amounts = (row.charged_micro_usd, row.open_micro_usd, row.possibly_micro_usd, row.total_micro_usd)
    return [str(row.attempts), *(format_usd(amount) if amount else "" for amount in amounts)]


def _amounts(row: SpendRow) -> dict[str, Any]:
    amounts = (row.charged_micro_usd, row.open_micro_usd, row.possibly_micro_usd, row.total_micro_usd)
    return {"attempts": row.attempts} | dict(zip(_AMOUNTS, map(exact_usd, amounts), strict=True))
