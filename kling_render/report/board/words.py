"""How lengths, states, values and sources read on the board."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kling_render.errors import InvalidProjectError, KlingRenderError, Place
from kling_render.expansion.explanation import CastMember, Explained
from kling_render.film import read_cuts
from kling_render.planning import DUE_STATES, STUCK_STATES, TakeState

_LONGEST = 160


def clock(seconds: float) -> str:
    """A length as `0:05`, with tenths where it is no whole number: `0:05.2`."""
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    whole, tenth = divmod(rest, 10)
    return f"{minutes}:{whole:02}" + (f".{tenth}" if tenth else "")


def tone_of(state: TakeState) -> str:
    """How a state is coloured."""
    if state in STUCK_STATES:
        return "bad"
    if state in (TakeState.IN_FLIGHT, TakeState.PENDING):
        return "wait"
    return "plain" if state in DUE_STATES else "good"


UNKNOWN_PROMPT = "The prompt that it was made from is not known here."
"""Of a take that only `takes.lock` tells of."""


def prompts_of(values: Mapping[str, Any]) -> tuple[str, ...]:
    """The prompts of a request: of each cut of a sequence, else its one."""
    return tuple(cut.prompt for cut in read_cuts(values))


def value_text(value: Any) -> str:
    """A value of a request, texts bare, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def place_text(place: Place, folder: Path) -> str:
    """A file and line, relative to the project's folder: nobody's home stands in a page that is handed on."""
    file = place.file
    name = file.relative_to(folder).as_posix() if file.is_relative_to(folder) else file.name
    return f"{name}:{place.line}" if place.line else name


def trouble_text(error: KlingRenderError, folder: Path) -> str:
    """What is wrong, and what to do about it; of several faults the first, with its file and line."""
    if not isinstance(error, InvalidProjectError):
        return f"{error.message}. {error.hint}".removesuffix(". ")
    first, *others = error.faults
    more = f" ({len(error.faults)} faults in all)" if others else ""
    return f"{place_text(first.place, folder)}: {first.message}{more}. {first.hint}".removesuffix(". ")


def source_of(variable: Explained, folder: Path) -> str:
    """Where the value of a variable comes from."""
    if not variable.origins:
        return ""
    origin = variable.origins[0]
    return f"{origin.layer}, {place_text(origin.place, folder)}"


def source_of_member(member: CastMember, folder: Path) -> str:
    """What an element is, what of it is sent, and where it is written."""
    return f"{short(member.description)} ({member.sent}; {place_text(member.place, folder)})"


def short(text: str) -> str:
    """A text in one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def shape_of(values: Mapping[str, Any], size: tuple[int, int] | None) -> str:
    """`wide`, `tall` or `square`: by the clip where there is one, else by the requested aspect ratio."""
    width, height = size or _ratio(str(values.get("aspect_ratio", "16:9")))
    if width == height:
        return "square"
    return "wide" if width > height else "tall"


def _ratio(text: str) -> tuple[int, int]:
    width, mark, height = text.partition(":")
    return (int(width), int(height)) if mark and width.isdecimal() and height.isdecimal() else (16, 9)
