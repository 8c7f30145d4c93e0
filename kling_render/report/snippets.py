"""The line of a file that a fault is about, with carets below what is meant."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from rich.cells import cell_len

from kling_render.errors import Place
from kling_render.project.reading import holds_secret
from kling_render.project.syntax.csv_cells import encoding_of
from kling_render.project.syntax.mistakes import tokens

_TAB = "    "
_JOINERS = "\u200c\u200d"
_REACH = 1000
"""How many characters left and right of the caret are looked at; no terminal is wider."""
_NAME = re.compile(r"\w+")
_WORD = re.compile(r"\w+(?:[.:-]\w+)*")
_KEY = re.compile(r"""[\w-]+|"(?:\\.|[^"\\])*"|'[^']*'""")
_TEXT = re.compile(r"\"(?!\"\")(?:\\.|[^\"\\])*\"|'(?!'')[^']*'|\"\"\".*?\"\"\"|'''.*?'''")
_BARE = re.compile(r"[^\s,\]}#]+")


@dataclass
class SourceFiles:
    """The files of one report, each read once."""

    _lines: dict[Path, list[str]] = field(default_factory=dict)

    def line(self, file: Path, number: int) -> str | None:
        """A line of a file, from 1; None where there is none, or none that may be shown."""
        if file not in self._lines:
            self._lines[file] = _read_lines(file)
        lines = self._lines[file]
        if not 1 <= number <= len(lines) or holds_secret(lines[number - 1]):
            return None
        return lines[number - 1]


@dataclass(frozen=True)
class Snippet:
    """Two rows: `12 | prompt = "…"`, and below it the gutter and the carets (none without a column)."""

    line: str
    gutter: str
    carets: str


def snippet(place: Place, files: SourceFiles, width: int) -> Snippet | None:
    """The line at a place with carets below the key, value or name that stands there.

    Args:
        place: where; nothing is shown for one without line.
        files: where lines come from.
        width: columns of the terminal, two of which are left for indentation.
    """
    line = None if place.line is None else files.line(place.file, place.line)
    if line is None or place.line is None:
        return None
    number = str(place.line)
    gutter = " " * len(number) + " | "
    room = max(20, width - 2 - len(gutter))
    at = min((place.column or 1) - 1, len(line))
    while 0 < at < len(line) and cell_len(line[at]) == 0 and line[at].isprintable():
        at -= 1  # a combining sign: the caret goes under the letter that it belongs to
    text, start, end = _window(line, at, room)
    if place.column is None:
        return Snippet(f"{number} | {text}", gutter, "")
    before = cell_len(("…" if start else "") + readable(line[start:at]))
    below = cell_len(readable(line[at : min(end, at + _length(line, at, place))]))
    return Snippet(f"{number} | {text}", gutter + " " * before, "^" * max(1, below))


def readable(text: str) -> str:
    """A text that moves no cursor: tabs become spaces, what cannot be seen becomes a replacement character."""
    return "".join(_TAB if sign == "\t" else _seen(sign) for sign in text)


def _seen(sign: str) -> str:
    return sign if sign.isprintable() or sign in _JOINERS else "\ufffd"


def _window(line: str, at: int, room: int) -> tuple[str, int, int]:
    """As much of a line around an index as fits, readable and with marks where it is cut; and its start and end."""
    first, last = max(0, at - _REACH), min(len(line), at + _REACH)
    whole = first == 0 and last == len(line)
    if whole and cell_len(readable(line)) + (at == len(line)) <= room:  # a caret after the end needs its own cell
        return readable(line.rstrip()), 0, len(line)
    room -= 2
    start = end = at
    used = 0
    while start > first and used + _cells(line[start - 1]) <= room // 2:
        start -= 1
        used += _cells(line[start])
    while end < last and used + _cells(line[end]) <= room:
        used += _cells(line[end])
        end += 1
    while start > first and used + _cells(line[start - 1]) <= room:
        start -= 1
        used += _cells(line[start])
    text = readable(line[start:end])
    return ("…" if start else "") + text + ("…" if end < len(line) else ""), start, end


def _cells(sign: str) -> int:
    return cell_len(readable(sign))


def _length(line: str, at: int, place: Place) -> int:
    """How many characters are meant: a name in a text, a key, or a value up to its end or the end of the line."""
    if place.offset is not None:
        return _matched(_NAME, line, at)
    if not place.key:
        return _matched(_WORD, line, at)
    if place.of == "key":
        return _matched(_KEY, line, at)
    rest = line[at:]
    if rest[:1] in ("[", "{"):
        return _bracketed(rest)
    if at == 0:  # no value begins a line: this only stands for something that is missing
        return 1
    if rest[:1] in ('"', "'"):
        return _matched(_TEXT, line, at, otherwise=len(rest.rstrip()))
    in_header = line.lstrip().startswith("[") and "=" not in line[:at]
    return _matched(_KEY if in_header else _BARE, line, at)


def _matched(pattern: re.Pattern[str], line: str, at: int, otherwise: int = 1) -> int:
    found = pattern.match(line, at)
    return len(found[0]) if found else otherwise


def _bracketed(rest: str) -> int:
    """Up to the bracket that closes the first one, else to the end of the line."""
    depth = 0
    for found in tokens(rest, len(rest)):
        depth += bool(found["opens"]) - bool(found["closes"])
        if depth == 0 and found["closes"]:
            return found.end()
    return len(rest.rstrip())


def _read_lines(file: Path) -> list[str]:
    try:
        content = file.read_bytes()
    except OSError:
        return []
    mark, encoding = encoding_of(content)
    text = content[len(mark) :].decode(encoding, errors="replace")
    return [line.removesuffix("\r") for line in text.split("\n")]
