"""What stands in the cells of tables: names that break where the eye expects it, coloured states, links to files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.style import Style
from rich.text import Text

_PIECE = re.compile(r"[^/,\[_-]*(?:[/,\[_-]+|$)")
"""Names break after a slash, comma, bracket, dash or underscore."""

_COLOURS = {
    "bought": "green",
    "downloaded": "green",
    "completed": "cyan",
    "in flight": "cyan",
    "submitted": "cyan",
    "processing": "cyan",
    "elsewhere": "cyan",
    "intent": "yellow",
    "changed": "yellow",
    "pending": "yellow",
    "expired": "yellow",
    "unknown": "red",
    "failed": "red",
    "moderated": "red",
    "blocked": "red",
}
_WITHOUT_LINKS = ("dumb", "linux")
"""Terminals that show the marks of a link as rubbish; others show it, or nothing of it."""


@dataclass(frozen=True)
class Name:
    """An address, path or model; where it is too long for its column, it breaks between its parts."""

    text: str
    style: Style | str = ""

    def __str__(self) -> str:
        return self.text

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        longest = max(map(cell_len, _PIECE.findall(self.text)), default=0)
        return Measurement(longest, cell_len(self.text)).with_maximum(options.max_width)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = "\n".join(_lines(self.text, options.max_width))
        yield Text(lines, style=self.style, overflow="fold", end="")


def state(text: str) -> Text:
    """A state in its colour: green is here, cyan on its way, yellow to be paid or looked at, red wrong."""
    return Text(text, style=_COLOURS.get(text, ""))


def file_style(path: Path, out: Console) -> Style | str:
    """A link to a file, where a terminal shows it: never in pipes and files."""
    is_shown = out.file.isatty() and os.environ.get("TERM", "") not in _WITHOUT_LINKS
    return Style(link=path.resolve().as_uri()) if is_shown else ""


def _lines(text: str, width: int) -> Iterator[str]:
    line = ""
    for piece in filter(None, _PIECE.findall(text)):  # the pattern finds an empty piece at the end
        if line and cell_len(line) + cell_len(piece) > width:
            yield line
            line = ""
        line += piece
    yield line
