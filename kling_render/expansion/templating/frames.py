"""Which expression of which template an error comes from: compiled templates know where each of theirs stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType

from kling_render.expansion.templating.compiling import SPOTS, STATEMENTS
from kling_render.expansion.templating.lexing import Spot

_NAMED = re.compile(r'"([^"]+)"')
_Place = tuple[int, int, int, int]


@dataclass(frozen=True)
class TemplateFrame:
    """One compiled template on the way to an error."""

    depth: int
    file: Path | None
    kind: str
    code_line: int
    columns: tuple[int, int] | None
    expressions: tuple[tuple[int, int, int, _Place, str], ...]
    statements: tuple[tuple[int, _Place], ...]

    @property
    def here(self) -> list[tuple[int, int, int, _Place, str]]:
        """The expressions in the instruction that failed; all of its line, where Python does not tell which."""
        on_line = [each for each in self.expressions if each[0] == self.code_line]
        if self.columns is None:
            return on_line
        begin, end = self.columns
        return [each for each in on_line if each[1] < end and begin < each[2]]

    def spot(self) -> Spot | None:
        """Where the failed instruction stands in the template."""
        here = self.here
        if self.columns is not None:
            begin, end = self.columns
            around = [each for each in here if each[1] <= begin and end <= each[2]]
            here = [min(around, key=lambda each: each[2] - each[1])] if around else here
        if here:
            return _spot(max(here, key=lambda each: each[2] - each[1])[3])
        before = [place for line, place in self.statements if line <= self.code_line]
        return _spot(before[-1]) if before else None


def template_frames(traceback: TracebackType | None) -> Iterator[TemplateFrame]:
    """The compiled templates that an error came through, the outermost first."""
    depth = 0
    while traceback is not None:
        frame = traceback.tb_frame
        if SPOTS in frame.f_globals:
            yield _frame(frame, traceback, depth)
            depth += 1
        traceback = traceback.tb_next


def _frame(frame: FrameType, traceback: TracebackType, depth: int) -> TemplateFrame:
    file = frame.f_code.co_filename
    positions = list(frame.f_code.co_positions())
    at = traceback.tb_lasti // 2
    _, _, begin, end = positions[at] if at < len(positions) else (None, None, None, None)
    return TemplateFrame(
        depth,
        None if file.startswith("<") else Path(file),
        frame.f_code.co_name,
        traceback.tb_lineno,
        None if begin is None or end is None else (begin, end),
        frame.f_globals[SPOTS],
        frame.f_globals[STATEMENTS],
    )


def failed_place(frames: list[TemplateFrame], message: str) -> tuple[TemplateFrame, Spot | None]:
    """The frame and spot of the name that a message is about; else of what was evaluated last."""
    named = _NAMED.search(message)
    if named and not message.startswith("the "):
        for frame in reversed(frames):
            for each in frame.here:
                if each[4] == named[1]:
                    return frame, _spot(each[3])
        if message.startswith("undefined variable"):
            for frame in frames:
                spots = [each[3] for each in frame.expressions if each[4] == named[1]]
                if spots:
                    return frame, _spot(min(spots, key=lambda place: place[2]))
    return frames[-1], frames[-1].spot()


def _spot(place: _Place) -> Spot:
    line, column, offset, length = place
    return Spot(line, offset, column, length)
