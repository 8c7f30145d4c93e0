"""Renders templates; whatever goes wrong becomes a message for the author of the template."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from jinja2 import Template, TemplateError, TemplateNotFound, TemplateSyntaxError, UndefinedError

from kling_render.catalog import did_you_mean
from kling_render.expansion.limits import MAX_SOURCE, TemplateLimitError
from kling_render.expansion.sandbox import PromptEnvironment
from kling_render.expansion.sources import SearchPath

_MARKS = ("{{", "{%", "{#")
_NAMED = re.compile(r'undefined variable "([^"]+)"')
_FAILURES = (
    TemplateError, TemplateLimitError, ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError,
    SyntaxError, TypeError, ValueError,
)  # fmt: skip


class TemplateFailure(Exception):
    """A template that cannot be rendered: message and hint for its author, without place."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Renderer:
    """Renders texts and template files of one project; compiled templates are kept."""

    def __init__(self, sources: SearchPath) -> None:
        self._environment = PromptEnvironment(sources)
        self._sources = sources
        self._compiled: dict[str, Template] = {}

    def render(self, source: str, variables: Mapping[str, Any]) -> str:
        """The text that a template source gives with these variables.

        Raises:
            TemplateFailure: saying what is wrong, in which file of the library if not in the source itself.
        """
        if not any(mark in source for mark in _MARKS):
            return source
        return self._guarded(lambda: self._compile(source), variables)

    def render_file(self, name: str, variables: Mapping[str, Any]) -> str:
        """The text that a template file on the search path gives."""
        return self._guarded(lambda: self._environment.get_template(name), variables)

    def _compile(self, source: str) -> Template:
        if len(source) > MAX_SOURCE:
            raise TemplateLimitError(f"a template of more than {MAX_SOURCE:,} characters")
        if source not in self._compiled:
            self._compiled[source] = self._environment.from_string(source)
        return self._compiled[source]

    def _guarded(self, find: Callable[[], Template], variables: Mapping[str, Any]) -> str:
        self._environment.meter.reset()
        try:
            text = find().render(variables)
            text.encode()
            return text
        except _FAILURES as error:
            raise self._explain(error, variables) from error

    def _explain(self, error: Exception, variables: Mapping[str, Any]) -> TemplateFailure:
        where = _where(error)
        if isinstance(error, TemplateNotFound):
            guess = did_you_mean(str(error.name), self._sources.list_templates())
            hint = "Fragments of the library are listed by: kling-render templates"
            return TemplateFailure(f'there is no template "{error.name}"{guess}', hint)
        if isinstance(error, UndefinedError):
            named = _NAMED.search(str(error))
            guess = did_you_mean(named[1], [*variables, "element"]) if named else ""
            hint = "Define it in [vars] or in the shot's vars." if named else ""
            return TemplateFailure(f"{error.message}{guess}{where}", hint)
        if isinstance(error, TemplateLimitError):
            hint = "Prompts have 2,500 characters at most."
            return TemplateFailure(f"a template may not do this: {error}{where}", hint)
        if isinstance(error, UnicodeEncodeError):
            return TemplateFailure(f"the template writes {error.object[error.start]!r}, half a character")
        if isinstance(error, RecursionError):
            return TemplateFailure(f"the template calls, includes or nests without end{where}")
        parses = "does not parse" if isinstance(error, TemplateSyntaxError) else "fails"
        return TemplateFailure(f"the template {parses}: {getattr(error, 'message', None) or error}{where}")


def _where(error: BaseException) -> str:
    """` (line 3)` or ` (camera/dolly.j2, line 3)`: the innermost template line of the failure."""
    if isinstance(error, TemplateSyntaxError):
        return _spot(error.filename, error.lineno)
    found = ""
    traceback: TracebackType | None = error.__traceback__
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        if "__jinja_exception__" in traceback.tb_frame.f_globals:  # a frame that Jinja gave the template's own line
            found = _spot(None if file.startswith("<") else file, traceback.tb_lineno)
        traceback = traceback.tb_next
    return found


def _spot(file: str | None, line: int | None) -> str:
    return f" ({Path(file).parent.name}/{Path(file).name}, line {line})" if file else f" (line {line} of the template)"
