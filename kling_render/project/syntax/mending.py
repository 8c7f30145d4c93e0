"""A document without the line of a mistake, so that one report can hold the mistakes behind it too."""

from __future__ import annotations

import re
from collections import deque

from kling_render.project.syntax.mistakes import Mistake, tokens

_HEADER = re.compile(r"[ \t]*\[")
_AHEAD = re.compile(r"\n(?:[ \t]*(?:#[^\n]*)?\n)*")
_OPENS, _CLOSES = re.compile(r"[\[{]"), re.compile(r"[\]}]")


def mended(mistake: Mistake, made_at: int) -> str | None:
    """The document with that line blank, or with another header in its place; all other lines stay where they are.

    None where the mistake may reach beyond its line: whatever was found behind it could follow from it.

    Args:
        mistake: where tomllib gave up.
        made_at: the index where the mistake was made.
    """
    text, start = mistake.text, mistake.line_start
    end = text.find("\n", mistake.at)
    line = text[start : end if end >= 0 else len(text)]
    if mistake.line_of(made_at) != mistake.line_of(mistake.at) or _is_inside(text, start) or not _is_whole(line):
        return None
    behind = text[start + len(line) :]
    gap = _AHEAD.match(behind)
    if gap and behind[gap.end() :].strip() and not Mistake(behind, gap.end(), "").begins_statement:
        return None
    header = f'["line {mistake.line_of(start)}"]' if _HEADER.match(line) else ""
    return text[:start] + header + behind


def _is_inside(text: str, at: int) -> bool:
    """Whether a list, table or text in quotes is open at an index."""
    last = next(iter(deque(tokens(text, at), maxlen=1)), None)
    is_in_text = last is not None and bool(last["text"] or last["unclosed"]) and last.end() > at
    return is_in_text or bool(Mistake(text, at, "").brackets)


def _is_whole(line: str) -> bool:
    """Whether nothing that a line opens could go on below it."""
    if '"""' in line or "'''" in line:
        return False
    return bool(_HEADER.match(line)) or len(_OPENS.findall(line)) == len(_CLOSES.findall(line))
