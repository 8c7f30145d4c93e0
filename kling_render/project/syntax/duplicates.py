"""A key or table that stands twice in a document: finds the second, and the line of the first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TYPE_CHECKING

from kling_render.project.syntax.mistakes import Mistake, Trap
from kling_render.project.syntax.toml_tree import key_parts, name_of, parse

if TYPE_CHECKING:
    from tree_sitter import Node

Path = tuple[str, ...]


@dataclass
class _Declared:
    """A key or header with the path of names that it declares, and the brackets around it."""

    node: Node
    path: Path
    brackets: str = ""

    @property
    def written(self) -> str:
        half = len(self.brackets) // 2
        return self.brackets[:half] + (self.node.text or b"").decode() + self.brackets[half:]


@dataclass
class _Walk:
    """Goes through a document in its order; each `[[table]]` begins a fresh one."""

    text: str
    counts: dict[Path, int] = field(default_factory=dict)

    def declarations(self) -> Iterator[_Declared]:
        for node in parse(self.text).named_children:
            if node.type == "pair":
                yield from self._pair(node, ())
            elif node.type in ("table", "table_array_element"):
                yield from self._table(node)

    def _table(self, node: Node) -> Iterator[_Declared]:
        key = node.named_children[0]
        path = self._counted(tuple(map(name_of, key_parts(key))))
        if node.type == "table_array_element":
            self.counts[path] = self.counts.get(path, 0) + 1
        yield _Declared(key, path, "[]" if node.type == "table" else "[[]]")
        inner = self._counted(path)
        for child in node.named_children[1:]:
            if child.type == "pair":
                yield from self._pair(child, inner)

    def _pair(self, node: Node, above: Path) -> Iterator[_Declared]:
        key, *values = (child for child in node.named_children if child.type != "comment")
        path = (*above, *map(name_of, key_parts(key)))
        yield _Declared(key, path)
        for value in values:
            if value.type == "inline_table":
                for child in value.named_children:
                    if child.type == "pair":
                        yield from self._pair(child, path)

    def _counted(self, path: Path) -> Path:
        """The path with the number of the current element behind each list of tables."""
        counted: Path = ()
        for name in path:
            counted = (*counted, name)
            if count := self.counts.get(counted):
                counted = (*counted, f"[{count}]")
        return counted


def duplicate(mistake: Mistake) -> Trap | None:
    """The second of two keys or tables of the same name, or a table that would lie in a value."""
    if not mistake.complaint.startswith(("Cannot", "Duplicate")):
        return None
    end = len(mistake.text[: mistake.at].encode())
    declared = list(takewhile(lambda each: each.node.start_byte < end, _Walk(mistake.text).declarations()))
    if not declared:
        return None
    *earlier, second = declared
    same = (each for each in earlier if each.path == second.path)
    clashing = (each for each in earlier if _clash(each, second))
    first = next(same, None) or next(clashing, None)
    if first is None:
        return None
    at = len(mistake.text.encode()[: second.node.start_byte].decode())
    return _trap(first, second, at)


def _clash(first: _Declared, second: _Declared) -> bool:
    """Whether the second lies in a value that is there already, or is one in which the first lies."""
    if first.path[: len(second.path)] == second.path:
        return True
    return first.brackets != "[]" and second.path[: len(first.path)] == first.path


def _trap(first: _Declared, second: _Declared, at: int) -> Trap:
    line = first.node.start_point.row + 1
    if first.path != second.path or first.brackets != second.brackets:
        message = f"{second.written} cannot stand here: {first.written} in line {line} says otherwise"
        return Trap(at, message, "A name is a value, a table or a list of tables, and a table is written in one way.")
    if second.brackets:
        hint = "Put the keys of both under one header, or give one of them another name."
        return Trap(at, f"the table {second.written} stands in line {line} already", hint)
    return Trap(at, f'the key "{second.written}" stands in line {line} already', "Keep one of them.")
