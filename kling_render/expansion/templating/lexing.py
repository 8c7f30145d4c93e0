"""Where the words of a template stand: Jinja's own tokens, each with its offset, column and length."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jinja2 import TemplateSyntaxError
from jinja2.lexer import Lexer

MAX_NESTING = 60
"""Brackets inside brackets; far below what exhausts Jinja's parser, so that the verdict is the same everywhere."""
MAX_LOOPS = 20
"""Loops inside loops; Python compiles no more, and says so late."""
MAX_WORDS = 5_000
"""Words and signs of one `{{ }}` or `{% %}`."""
RawToken = tuple["Spot", str, str]
"""Where, what kind, and the text as it was written."""

_SPACE = re.compile(r"\s*")
_AFTER_DOT = re.compile(r"\.\s*(\w+)")
_AFTER_IS = re.compile(r"is\s+(?:not\s+)?(\w+)")


class Spot(int):
    """The line of a token, as Jinja's nodes and errors carry it, that also knows the rest of its place.

    Attributes:
        offset: index into the source, whose line ends count one character each.
        column: from 1.
        length: of the token, at least 1.
    """

    offset: int
    column: int
    length: int

    def __new__(cls, line: int, offset: int, column: int, length: int = 1) -> Spot:
        """A spot that is the number of its line."""
        spot = super().__new__(cls, line)
        spot.offset, spot.column, spot.length = offset, column, max(length, 1)
        return spot

    @classmethod
    def at(cls, source: str, offset: int, length: int = 1) -> Spot:
        """The spot of an offset in a source."""
        column = offset - source.rfind("\n", 0, offset)
        return cls(source.count("\n", 0, offset) + 1, offset, column, length)


def unified(source: str) -> str:
    """The source as Jinja counts it: each line end is one character."""
    return source.replace("\r\n", "\n").replace("\r", "\n") if "\r" in source else source


def written_offset(source: str, offset: int) -> int:
    """The offset in the source as it was written of an offset in the unified one."""
    for shift, pair in enumerate(re.finditer("\r\n", source)):
        if pair.start() - shift >= offset:
            return offset + shift
    return offset + source.count("\r\n")


def spotted_tokens(lexer: Lexer, source: str, begin: int = 0, file: str | None = None) -> Iterator[RawToken]:
    """Jinja's tokens of a unified source from an offset on.

    Raises:
        TemplateSyntaxError: what no token can be; its line is the `Spot` of the place.
    """
    offset, line, line_start = begin, source.count("\n", 0, begin) + 1, source.rfind("\n", 0, begin) + 1
    opened = _Opened()
    try:
        for _, kind, text in lexer.tokeniter(source[begin:], None):
            if not source.startswith(text, offset):  # white space that a `-` has taken away
                gap = _space_after(source, offset)
                line, line_start = _next_line(source, line, line_start, offset, gap)
                offset = gap
            spot = Spot(line, offset, offset - line_start + 1, len(text.strip()))
            yield spot, kind, text
            if kind != "whitespace":
                opened.take(kind, text, spot)
            line, line_start = _next_line(source, line, line_start, offset, offset + len(text))
            offset += len(text)
    except TemplateSyntaxError as error:
        if not isinstance(error.lineno, Spot):
            error.lineno = Spot(line, offset, offset - line_start + 1)
        error.filename = file
        raise


class _Opened:
    """What the tokens so far have opened and not closed."""

    def __init__(self) -> None:
        self._brackets = self._loops = self._words = 0
        self._before = ""

    def take(self, kind: str, text: str, spot: Spot) -> None:
        """Count one token that is no white space."""
        self._words = 0 if kind.endswith("_begin") else self._words + 1
        if kind == "operator":
            self._brackets += (text in "([{") - (text in ")]}")
        elif self._before == "block_begin":
            self._loops += (text == "for") - (text == "endfor")
        self._before = kind
        if self._words > MAX_WORDS:
            raise TemplateSyntaxError(f"one pair of brackets with more than {MAX_WORDS:,} words and signs", spot)
        if self._brackets > MAX_NESTING:
            raise TemplateSyntaxError(f"brackets nest deeper than {MAX_NESTING}", spot)
        if self._loops > MAX_LOOPS:
            raise TemplateSyntaxError(f"loops nest deeper than {MAX_LOOPS}", spot)


def _next_line(source: str, line: int, line_start: int, begin: int, end: int) -> tuple[int, int]:
    breaks = source.count("\n", begin, end)
    return (line + breaks, source.rfind("\n", begin, end) + 1) if breaks else (line, line_start)


def _space_after(source: str, offset: int) -> int:
    match = _SPACE.match(source, offset)
    return match.end() if match else offset


def name_after_dot(source: str, dot: Spot) -> Spot:
    """The attribute behind a dot."""
    return _group_spot(source, _AFTER_DOT.match(source, dot.offset), dot)


def name_of_test(source: str, operator: Spot) -> Spot:
    """The name of the test behind an `is`."""
    return _group_spot(source, _AFTER_IS.match(source, operator.offset), operator)


def word_after(source: str, word: str, begin: Spot) -> Spot:
    """The next place of a word behind a spot, or that spot where there is none."""
    match = re.compile(rf"\b({re.escape(word)})\b").search(source, begin.offset)
    return _group_spot(source, match, begin)


def _group_spot(source: str, match: re.Match[str] | None, otherwise: Spot) -> Spot:
    return Spot.at(source, match.start(1), len(match[1])) if match else otherwise
