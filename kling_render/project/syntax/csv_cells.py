"""Where the cells of a CSV file are written."""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE

DELIMITERS = ",;\t"
ENCODINGS = {BOM_UTF8: "utf-8", BOM_UTF16_LE: "utf-16-le", BOM_UTF16_BE: "utf-16-be"}
"""What the first bytes of a file say about the others; without any of these it is UTF-8."""
_QUOTED_OR_SIGN = re.compile(r'"(?:[^"]|"")*+"|.', re.DOTALL)


class CsvText:
    """A CSV file as people see it in an editor.

    Args:
        content: its bytes.
    """

    def __init__(self, content: bytes) -> None:
        mark = next((each for each in ENCODINGS if content.startswith(each)), b"")
        text = content[len(mark) :].decode(ENCODINGS.get(mark, "utf-8"), "replace")
        self._lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        header = next((line for line in self._lines if line.strip()), "")
        self._delimiter = delimiter_of(header)
        self._names = [name.strip().strip('"') for name in header.split(self._delimiter)]

    def column(self, line: int, name: str) -> int:
        """Where in a line (both from 1) the cell below a heading begins; 1 where that cannot be told."""
        if not 1 <= line <= len(self._lines) or name not in self._names:
            return 1
        columns = cell_columns(self._lines[line - 1], self._delimiter)
        index = self._names.index(name)
        return columns[index] if index < len(columns) else 1


def delimiter_of(header: str) -> str:
    """The sign that stands between the cells of the header most often."""
    signs = [chunk[0] for chunk in _QUOTED_OR_SIGN.finditer(header)]
    return max(DELIMITERS, key=signs.count)


def cell_columns(line: str, delimiter: str) -> list[int]:
    """The columns, from 1, at which the cells of a line begin."""
    signs = _QUOTED_OR_SIGN.finditer(line)
    starts = [0, *(chunk.end() for chunk in signs if chunk[0] == delimiter)]
    return [start + len(line[start:]) - len(line[start:].lstrip(" ")) + 1 for start in starts]
