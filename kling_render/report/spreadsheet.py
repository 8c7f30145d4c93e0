"""CSV as spreadsheets read it: texts stay texts."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def write_csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table as CSV with a head; no text in it is taken for a formula, None is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([_inert(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return text.getvalue()


def _inert(text: str) -> str:
    """A text that no spreadsheet takes for a formula; numbers remain numbers."""
    return f"'{text}" if text.startswith(_BEGINS_A_FORMULA) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    return text.isascii() and text.removeprefix("-").replace(".", "", 1).isdecimal()
