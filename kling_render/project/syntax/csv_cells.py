"""Where the cells of a CSV file are written."""

from __future__ import annotations

import re
from bisect import bisect_right
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE

DELIMITERS = ",;\t"
ENCODINGS = {BOM_UTF8: "utf-8", BOM_UTF16_LE: "utf-16-le", BOM_UTF16_BE: "utf-16-be"}
"""What the first bytes of a file say about the others; without any of these it is UTF-8, or UTF-16 by its NULs."""
_QUOTED_OR_SIGN = re.compile(r'"(?:[^"]|"")*+"|.', re.DOTALL)


class CsvText:
    """A CSV file as people see it in an editor.

    Args:
        content: its bytes.
    """

    def __init__(self, content: bytes) -> None:
        mark, encoding = encoding_of(content)
        text = content[len(mark) :].decode(encoding, "replace")
        self._text = text.replace("\r\n", "\n").replace("\r", "\n")
        self._starts = [0, *(found.end() for found in re.finditer("\n", self._text))]
        header = next((line for line in self._text.split("\n") if line.strip()), "")
        self._delimiter = delimiter_of(header)
        self._names = [name.strip().strip('"') for name in header.split(self._delimiter)]

    def position(self, line: int, name: str) -> tuple[int, int]:
        """Line and column of the cell below a heading in the row that begins on a line; its begin if there is none."""
        if not 1 <= line <= len(self._starts) or name not in self._names:
            return line, 1
        at = self._starts[line - 1]
        left = self._names.index(name)
        for chunk in _QUOTED_OR_SIGN.finditer(self._text, at):
            if not left or chunk[0] == "\n":
                break
            if chunk[0] == self._delimiter:
                left, at = left - 1, chunk.end()
        if left:
            return line, 1
        while self._text.startswith(" ", at):
            at += 1
        line = bisect_right(self._starts, at)
        return line, at - self._starts[line - 1] + 1


def encoding_of(content: bytes) -> tuple[bytes, str]:
    """The byte order mark that a file begins with, and its encoding; UTF-16 without a mark is told by its NULs."""
    mark = next((each for each in ENCODINGS if content.startswith(each)), b"")
    if not mark and content[:64].count(0) * 3 > len(content[:64]):
        return mark, "utf-16-be" if content.startswith(b"\0") else "utf-16-le"
    return mark, ENCODINGS.get(mark, "utf-8")


def delimiter_of(header: str) -> str:
    """The sign that stands between the cells of the header most often."""
    signs = [chunk[0] for chunk in _QUOTED_OR_SIGN.finditer(header)]
    return max(DELIMITERS, key=signs.count)


def cell_columns(line: str, delimiter: str) -> list[int]:
    """The columns, from 1, at which the cells of a line begin."""
    signs = _QUOTED_OR_SIGN.finditer(line)
    starts = [0, *(chunk.end() for chunk in signs if chunk[0] == delimiter)]
    return [start + len(line[start:]) - len(line[start:].lstrip(" ")) + 1 for start in starts]
