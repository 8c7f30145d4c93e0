"""Pieces of an option of the command line, and patterns in them; each knows where it begins."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable
from dataclasses import dataclass

from kling_render.errors import UsageError
from kling_render.expansion.address import QUOTED, read_value

_CHUNK = re.compile(rf'{QUOTED}|\[(?:[^"\[\]]|{QUOTED})*+\]|.', re.DOTALL)
_SEGMENT = re.compile(rf'{QUOTED}|[^"]+', re.DOTALL)


@dataclass(frozen=True)
class Span:
    """A piece of an option and where it begins (from 0), for messages."""

    option: str
    whole: str
    text: str
    at: int = 0

    def split(self, separator: str = "") -> list[Span]:
        """Its parts between separators (white space by default) that stand outside of quotes and brackets."""
        parts, begin = [], 0
        for chunk in _CHUNK.finditer(self.text):
            if chunk[0] in ('"', "[", "]"):
                raise self.error(f"{chunk[0]} has no counterpart", chunk.start())
            if chunk[0] == separator or (not separator and chunk[0].isspace()):
                parts.append(self.cut(begin, chunk.start()))
                begin = chunk.end()
        return [*parts, self.cut(begin, len(self.text))]

    def cut(self, begin: int, end: int) -> Span:
        """A part of it, without white space around."""
        part = self.text[begin:end]
        return Span(self.option, self.whole, part.strip(), self.at + begin + len(part) - len(part.lstrip()))

    def error(self, message: str, at: int = 0, hint: str = "") -> UsageError:
        """What to raise about it."""
        return UsageError(f"{self.option} {self.whole}: {message} (character {self.at + at + 1})", hint=hint)


@dataclass(frozen=True)
class Pattern:
    """A text in which `*` and `?` are wild outside of quotes; `literal` is the text where nothing is."""

    literal: str | None
    matches: Callable[[str], bool]


def read_pattern(span: Span, write: Callable[[str], str] = str) -> Pattern:
    """A text with what is in quotes taken literally, as `write` writes it."""
    literal, pattern = "", ""
    for segment in _SEGMENT.finditer(span.text):
        if segment[0].startswith('"'):
            try:
                value = write(read_value(segment[0]))
            except ValueError as error:
                raise span.error(f"{segment[0]} is no JSON text", segment.start()) from error
            literal += value
            pattern += re.sub(r"[*?\[]", r"[\g<0>]", value)
        else:
            literal += segment[0]
            pattern += segment[0].replace("[", "[[]")
    if not any(sign in unquoted(span.text) for sign in "*?"):
        return Pattern(literal, literal.__eq__)
    match = re.compile(fnmatch.translate(pattern)).match
    return Pattern(None, lambda text: match(text) is not None)


def unquoted(text: str) -> str:
    """A text without what stands in quotes in it."""
    return re.sub(QUOTED, "", text, flags=re.DOTALL)
