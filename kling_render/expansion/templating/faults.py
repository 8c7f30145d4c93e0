"""What goes wrong in a template, in words for its author and with the very character it is about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from jinja2 import TemplateNotFound, TemplateSyntaxError, UndefinedError

from kling_render.catalog import did_you_mean
from kling_render.expansion.templating.frames import TemplateFrame, failed_place, template_frames
from kling_render.expansion.templating.lexing import Spot, written_offset
from kling_render.expansion.templating.limits import TemplateLimitError
from kling_render.expansion.templating.sources import SearchPath

LIBRARY_HINT = "Fragments of the library are listed by: kling-render templates"
DEFINE_HINT = "Define it in [vars] or in the shot's vars."
_UNDEFINED = re.compile(r'undefined variable "([^"]+)"')


class TemplateFailure(Exception):
    """A template that cannot be rendered, or not under all circumstances: message and hint for its author, and place.

    Attributes:
        offset: index into the source text that was given, when the fault lies there.
        file: the template file of the search path that the fault lies in, with `line` and `column` (from 1).
        length: of the word that is wrong, at least 1.
        chain: how a rendering comes from the given text to that file: `includes a.j2 (line 3)`, step by step.
        certain: whether every rendering meets it; False for what stands in a branch, a loop, a macro, or is only
            passed on.
    """

    def __init__(
        self,
        message: str,
        hint: str = "",
        *,
        offset: int | None = None,
        file: Path | None = None,
        line: int | None = None,
        column: int | None = None,
        length: int = 1,
        certain: bool = True,
        chain: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.offset = offset
        self.file = file
        self.line = line
        self.column = column
        self.length = length
        self.certain = certain
        self.chain = chain

    @property
    def order(self) -> tuple[bool, int, str, int, int]:
        """Faults of the text itself by offset, then those of files by place."""
        return (
            self.offset is None and self.file is not None,
            self.offset or 0,
            str(self.file or ""),
            self.line or 0,
            self.column or 0,
        )


@dataclass(frozen=True)
class Origin:
    """Where a source comes from: given as text (no file), or a file of the search path."""

    source: str
    file: Path | None = None

    def failure(self, message: str, hint: str, spot: Spot | None, certain: bool = True) -> TemplateFailure:
        """A failure at a spot of this source."""
        if spot is None:
            return TemplateFailure(message, hint, file=self.file, certain=certain)
        if self.file is None:
            offset = written_offset(self.source, spot.offset)
            return TemplateFailure(message, hint, offset=offset, length=spot.length, certain=certain)
        return TemplateFailure(
            message, hint, file=self.file, line=int(spot), column=spot.column, length=spot.length, certain=certain
        )


def explain(error: Exception, origin: Origin, variables: Mapping[str, Any], sources: SearchPath) -> TemplateFailure:
    """What an error of a rendering means for the author, and where."""
    message, hint = _words(error, variables, sources)
    frames = list(islice(template_frames(error.__traceback__), 1 if isinstance(error, RecursionError) else None))
    if isinstance(error, TemplateSyntaxError) or not frames:
        return _before_rendering(error, origin, message, hint)
    found, spot = failed_place(frames, str(error))
    place = origin if found.file is None else Origin("", found.file)
    failure = place.failure(message, hint, spot)
    failure.chain = tuple(_chain([frame for frame in frames if frame.depth <= found.depth], sources))
    return failure


def _words(error: Exception, variables: Mapping[str, Any], sources: SearchPath) -> tuple[str, str]:
    if isinstance(error, TemplateNotFound):
        return (
            f'there is no template "{error.name}"{did_you_mean(str(error.name), sources.list_templates())}',
            LIBRARY_HINT,
        )
    if isinstance(error, UndefinedError):
        named = _UNDEFINED.search(str(error))
        guess = did_you_mean(named[1], [*variables, "element"]) if named else ""
        return f"{error.message}{guess}", DEFINE_HINT if named else ""
    if isinstance(error, TemplateLimitError):
        return f"a template may not do this: {error}", "Prompts have 2,500 characters at most."
    if isinstance(error, UnicodeEncodeError):
        return f"the template writes {error.object[error.start]!r}, half a character", ""
    if isinstance(error, RecursionError):
        return "the template calls, includes or nests without end", ""
    parses = "does not parse" if isinstance(error, TemplateSyntaxError) else "fails"
    return f"the template {parses}: {getattr(error, 'message', None) or error}", ""


def _before_rendering(error: Exception, origin: Origin, message: str, hint: str) -> TemplateFailure:
    """A failure of compiling: the error itself says where."""
    line = getattr(error, "lineno", None)
    file = getattr(error, "filename", None)
    place = Origin("", Path(file)) if file and not str(file).startswith("<") else origin
    return place.failure(message, hint, line if isinstance(line, Spot) else None)


def _chain(frames: list[TemplateFrame], sources: SearchPath) -> Iterator[str]:
    """How a rendering came to a file."""
    for outer, inner in pairwise(frames):
        if inner.file != outer.file and inner.file is not None:
            verb = "includes" if inner.kind == "root" else "uses"
            yield chain_step(verb, sources.name_of(inner.file), outer.spot())


def chain_step(verb: str, name: str, spot: Spot | None) -> str:
    """`includes cards/shot.j2 (line 3)`."""
    return f"{verb} {name}" + ("" if spot is None else f" (line {int(spot)})")
