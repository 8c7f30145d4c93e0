"""A place where TOML ends to be TOML, and what stands around it."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

_TOKEN = re.compile(
    r"(?P<comment>#[^\n]*)"
    r'|(?P<text>"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?!"")(?:\\.|[^"\\\n])*"|\'(?!\'\')[^\'\n]*\')'
    r'|(?P<unclosed>"""|\'\'\'|"|\')'
    r"|(?P<opens>[\[{])"
    r"|(?P<closes>[\]}])",
    re.DOTALL,
)
_STATEMENT = re.compile(
    r"""[ \t]*(?:[\w.-]+[ \t]*=|(?:\[[\w.\- "']+\]|\[\[[\w.\- "']+\]\])[ \t]*(?:#.*)?$)""", re.MULTILINE
)


@dataclass(frozen=True)
class Trap:
    """A mistake as its author should hear of it: where it was made, what it is, what to write instead."""

    at: int
    message: str
    hint: str


@dataclass(frozen=True)
class Mistake:
    """Where tomllib gave up.

    Attributes:
        text: the document, its line ends normalised to LF.
        at: the index where tomllib gave up; what stands before it is TOML.
        complaint: tomllib's own words, without position.
    """

    text: str
    at: int
    complaint: str

    @property
    def sign(self) -> str:
        """The character at which tomllib gave up; empty at the end."""
        return self.text[self.at : self.at + 1]

    @cached_property
    def line_start(self) -> int:
        """The index of the line's first character."""
        return self.text.rfind("\n", 0, self.at) + 1

    @cached_property
    def before(self) -> str:
        """The line up to the mistake."""
        return self.text[self.line_start : self.at]

    @cached_property
    def after(self) -> str:
        """The line from the mistake on."""
        return self.text[self.at :].partition("\n")[0].rstrip()

    @property
    def key(self) -> str:
        """The key left of `=` in this line, for examples; `prompt` where there is none."""
        found = re.match(r"\s*([\w.-]+)\s*=", self.before + self.after)
        return found[1] if found else "prompt"

    @cached_property
    def brackets(self) -> list[int]:
        """The indices of the brackets and braces that are open here, the outermost first."""
        opened: list[int] = []
        for found in tokens(self.text, self.at):
            if found["opens"]:
                opened.append(found.start())
            elif found["closes"] and opened:
                opened.pop()
        return opened

    @cached_property
    def text_before(self) -> re.Match[str] | None:
        """The text in quotes that ends right here, but for spaces."""
        last = next(iter(deque(tokens(self.text, self.at), maxlen=1)), None)
        if last is None or not last["text"] or last.end() > self.at:
            return None
        return None if self.text[last.end() : self.at].strip(" \t") else last

    @cached_property
    def unclosed(self) -> int | None:
        """The index of the quote that opens a text which is never closed."""
        return next((found.start() for found in tokens(self.text, len(self.text)) if found["unclosed"]), None)

    @property
    def begins_statement(self) -> bool:
        """Whether this line looks like a new key or table."""
        return bool(_STATEMENT.match(self.text, self.line_start))

    def line_of(self, at: int) -> int:
        """The line, from 1, of an index."""
        return self.text.count("\n", 0, at) + 1


def tokens(text: str, end: int) -> Iterator[re.Match[str]]:
    """Comments, texts and brackets that begin before an index; none after a text that is not closed."""
    for found in _TOKEN.finditer(text):
        if found.start() >= end:
            return
        yield found
        if found["unclosed"]:
            return
