"""Where every table, key and value of a TOML document is written, as a tree of its keys."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

_ELEMENT = re.compile(r"\[(\d+)\]\.?")
_MOST_STEPS = 64
"""How deep a key is followed, and how many dots a name may hold; a project is refused long before."""


@dataclass
class Entry:
    """One key, table or element of a list: the nodes where it is written, and what lies in it.

    Attributes:
        key: the part of a dotted key or header that names it; None for the document and for elements of a list.
        header: the whole `[table]` or `[[table]]` with all its keys, if it has one of its own.
        value: what stands right of `=`, or between the commas of a list.
        children: by name.
        elements: of a list, or of tables with double brackets.
    """

    key: Node | None = None
    header: Node | None = None
    value: Node | None = None
    children: dict[str, Entry] = field(default_factory=dict)
    elements: list[Entry] = field(default_factory=list)

    def child(self, name: str) -> Entry | None:
        """What it holds under a name."""
        self._open()
        return self.children.get(name)

    def element(self, index: int) -> Entry | None:
        """What it holds at an index."""
        self._open()
        return self.elements[index] if index < len(self.elements) else None

    def reach(self, parts: list[Node]) -> Entry:
        """The entry of a dotted key in this table, made where it is new; a list of tables means its last one."""
        entry = self
        for part in parts:
            table = entry.elements[-1] if entry.elements else entry
            entry = table.children.setdefault(name_of(part), Entry(part))
        return entry

    def write(self, pair: Node) -> None:
        """Enter one `key = value` of this table."""
        named = _named(pair)
        if len(named) == 2:
            self.reach(key_parts(named[0])).value = named[1]

    def _open(self) -> None:
        """Look into an inline table or list, once somebody asks for what it holds."""
        if self.value is None or self.children or self.elements:
            return
        if self.value.type == "array":
            self.elements = [Entry(value=node) for node in _named(self.value)]
        elif self.value.type == "inline_table":
            for pair in _pairs(self.value):
                self.write(pair)


def parse(text: str) -> Node:
    """The root of tree-sitter's tree, which also stands where the text is not quite TOML."""
    import tree_sitter_toml
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_toml.language())).parse(text.encode()).root_node


def read_tree(text: str) -> Entry:
    """The tree of a whole document.

    Args:
        text: TOML, its line ends normalised to LF.
    """
    root = Entry()
    for node in parse(text).named_children:
        if node.type == "pair":
            root.write(node)
        elif node.type in ("table", "table_array_element"):
            table = _declare(root, node)
            for pair in _pairs(node):
                table.write(pair)
    return root


def follow(root: Entry, key: str) -> tuple[Entry, bool]:
    """The entry that a dotted key leads to, or the nearest one above it; and whether it is the key's own."""
    rest, entry = _follow(root, key, _MOST_STEPS)
    return entry, not rest


def name_of(part: Node) -> str:
    """The name that one part of a key means."""
    text = (part.text or b"").decode()
    return next(iter(tomllib.loads(f"{text} = 0"))) if part.type == "quoted_key" else text


def key_parts(node: Node) -> list[Node]:
    """The parts of a key; `a.b.c` nests to the left in the tree."""
    parts: list[Node] = []
    while node.type == "dotted_key" and len(node.named_children) == 2:
        node, last = node.named_children
        parts.append(last)
    return [node, *reversed(parts)]


def _declare(root: Entry, node: Node) -> Entry:
    """Enter a header; returns the table that its pairs belong to."""
    parts = key_parts(_named(node)[0])
    entry = root.reach(parts)
    if node.type == "table":
        entry.key, entry.header = parts[-1], node
        return entry
    element = Entry(parts[-1], node)
    entry.elements.append(element)
    return element


def _follow(entry: Entry, rest: str, steps: int) -> tuple[str, Entry]:
    """What remains of a key where it leads nowhere further, and the entry reached; the furthest way wins."""
    best = rest, entry
    for inner, after in _steps(entry, rest) if steps else ():
        reached = _follow(inner, after, steps - 1)
        if len(reached[0]) < len(best[0]):
            best = reached
        if not best[0]:
            break
    return best


def _steps(entry: Entry, rest: str) -> Iterator[tuple[Entry, str]]:
    """The ways on from an entry: names may hold dots and brackets themselves, so a key can be read in several ways."""
    if index := _ELEMENT.match(rest):
        inner = entry.element(int(index[1]))
        if inner is not None:
            yield inner, rest[index.end() :]
    ends = [found.start() for found in re.finditer(r"[.\[]|$", rest)]
    for end in ends[:_MOST_STEPS]:
        written = rest[:end]
        for name in (written, written[1:-1]) if written[:1] == written[-1:] == '"' else (written,):
            inner = entry.child(name) if written else None
            if inner is not None:
                yield inner, rest[end:].removeprefix(".")


def _named(node: Node) -> list[Node]:
    return [child for child in node.named_children if child.type != "comment"]


def _pairs(node: Node) -> list[Node]:
    return [child for child in node.named_children if child.type == "pair"]
