"""From a character of a TOML text, as it is decoded, to the place where that character is written."""

from __future__ import annotations

import re

_DELIMITERS = ('"""', "'''", '"', "'")
_ESCAPE = re.compile(r"\\(?:u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
_CONTINUATION = re.compile(r"\\[ \t]*\n[ \t\n]*")


def index_of_character(source: str, start: int, offset: int) -> int:
    """The index in a document of one character of a string in it.

    Args:
        source: the document, its line ends normalised to LF.
        start: the index of the string's first quote; the string is well-formed.
        offset: which character of the decoded string, from 0; one beyond its end means its closing quote.
    """
    delimiter = next(each for each in _DELIMITERS if source.startswith(each, start))
    at = start + len(delimiter)
    if len(delimiter) == 3 and source.startswith("\n", at):
        at += 1
    while not _ends(source, at, delimiter):
        if delimiter == '"""' and (continuation := _CONTINUATION.match(source, at)):
            at = continuation.end()
            continue
        if offset == 0:
            break
        offset -= 1
        escape = _ESCAPE.match(source, at) if delimiter[0] == '"' else None
        at = escape.end() if escape else at + 1
    return at


def _ends(source: str, at: int, delimiter: str) -> bool:
    """Whether the string ends here; up to two quotes right before the closing three belong to the text."""
    if at >= len(source):
        return True
    closes = source.startswith(delimiter, at)
    return closes and not (len(delimiter) == 3 and source.startswith(delimiter[0], at + 3))
