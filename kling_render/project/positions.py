"""Gives faults the line and column of the key that they name, by a second parse of the files that have faults."""

from __future__ import annotations

import tomllib
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from kling_render.errors import Fault, Place
from kling_render.project.syntax.csv_cells import CsvText
from kling_render.project.syntax.toml_strings import index_of_character
from kling_render.project.syntax.toml_tree import follow, read_tree

if TYPE_CHECKING:
    from tree_sitter import Node


def locate(faults: Iterable[Fault]) -> list[Fault]:
    """The same faults with line and column, wherever they name a key of a TOML file and have no line yet.

    A key that is not there is placed at the nearest table above it: its header, or the first line of the file. Each
    file is read once, and only when it has such faults; one that vanished or is no TOML any more gives no lines.
    """
    texts: dict[Path, SourceText | CsvText | None] = {}
    return [replace(fault, place=_located(fault.place, texts)) for fault in faults]


class SourceText:
    """A TOML document as people see it in an editor.

    Args:
        text: the document without byte order mark, its line ends normalised to LF: lines and columns stay those of
            the file, as CR LF only ends lines.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]
        self._tree = read_tree(text)

    def position(self, place: Place) -> tuple[int, int]:
        """Line and column, from 1, of what a place names."""
        entry, found = follow(self._tree, place.key)
        node = entry.key if found and place.of == "key" else None
        node = node or entry.value or entry.header or entry.key
        if node is None:
            return 1, 1
        index = self._index(node)
        if found and place.offset is not None and node.type == "string":
            index = index_of_character(self._text, index, place.offset)
        return self._line_and_column(index)

    def _index(self, node: Node) -> int:
        """The index of a node's first character; tree-sitter counts columns in bytes."""
        row, column = node.start_point
        start = self._starts[row]
        line = self._text[start : self._starts[row + 1]].encode()
        return start + len(line[:column].decode())

    def _line_and_column(self, index: int) -> tuple[int, int]:
        line = bisect_right(self._starts, index)
        return line, index - self._starts[line - 1] + 1


def read_source(path: Path) -> SourceText | None:
    """The document in a file, or None where there is none any more."""
    try:
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        tomllib.loads(text)
    except (OSError, ValueError, RecursionError):  # ValueError: neither UTF-8 nor TOML
        return None
    return SourceText(text)


def _located(place: Place, texts: dict[Path, SourceText | CsvText | None]) -> Place:
    """A key of a TOML file gets line and column; a named cell of a CSV row gets its own."""
    if place.column is not None or not place.key:
        return place
    if place.file not in texts:
        texts[place.file] = read_source(place.file) if place.line is None else _read_csv(place.file)
    source = texts[place.file]
    if isinstance(source, CsvText) and place.line is not None:
        line, column = source.position(place.line, place.key)
        return replace(place, line=line, column=column)
    if not isinstance(source, SourceText) or place.line is not None:
        return place
    line, column = source.position(place)
    return replace(place, line=line, column=column)


def _read_csv(path: Path) -> CsvText | None:
    try:
        return CsvText(path.read_bytes())
    except OSError:
        return None
