"""Renders templates and looks through them beforehand; whatever is wrong becomes a message for their author."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import Template, TemplateError, TemplateSyntaxError

from kling_render.expansion.templating.analysis import Analyst
from kling_render.expansion.templating.faults import Origin, TemplateFailure, explain
from kling_render.expansion.templating.limits import MAX_SOURCE, TemplateLimitError
from kling_render.expansion.templating.sandbox import PromptEnvironment
from kling_render.expansion.templating.sources import SearchPath

__all__ = ["Renderer", "TemplateFailure"]

_MARKS = ("{{", "{%", "{#")
_FAILURES = (
    TemplateError, TemplateLimitError, ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError,
    SyntaxError, TypeError, ValueError,
)  # fmt: skip


class Renderer:
    """Renders texts and template files of one project; compiled templates are kept."""

    def __init__(self, sources: SearchPath) -> None:
        self._environment = PromptEnvironment(sources)
        self._sources = sources
        self._compiled: dict[str, Template] = {}
        self._analyst = Analyst(self._environment, sources)

    def render(self, source: str, variables: Mapping[str, Any]) -> str:
        """The text that a template source gives with these variables.

        Raises:
            TemplateFailure: saying what is wrong, at which offset of the source or in which file of the search path.
        """
        if source not in self._compiled and not any(mark in source for mark in _MARKS):
            return source
        return self._guarded(lambda: self._compile(source), variables, Origin(source))

    def render_file(self, name: str, variables: Mapping[str, Any]) -> str:
        """The text that a template file on the search path gives."""
        return self._guarded(lambda: self._environment.get_template(name), variables, Origin(""))

    def analyse(self, source: str, variables: Mapping[str, Any]) -> list[TemplateFailure]:
        """Every fault that can be seen in a source without rendering it, in the order of the text.

        The faults that every rendering meets are `certain`. Of the others, say nothing while rendering works.
        """
        if not any(mark in source for mark in _MARKS):
            return []
        return self._analyst.analyse(source, variables)

    def analyse_file(self, name: str, variables: Mapping[str, Any]) -> list[TemplateFailure]:
        """Every fault that can be seen in a template file on the search path, and in what it includes."""
        return self._analyst.analyse_file(name, variables)

    def try_render(self, source: str, variables: Mapping[str, Any]) -> tuple[str | None, list[TemplateFailure]]:
        """The text and no fault, or no text and every fault that can be told, each once, in the order of the text."""
        try:
            return self.render(source, variables), []
        except TemplateFailure as failure:
            return None, _all_told(self.analyse(source, variables), failure)

    def try_render_file(self, name: str, variables: Mapping[str, Any]) -> tuple[str | None, list[TemplateFailure]]:
        """What `try_render` gives, for a template file on the search path."""
        try:
            return self.render_file(name, variables), []
        except TemplateFailure as failure:
            return None, _all_told(self.analyse_file(name, variables), failure)

    def _compile(self, source: str) -> Template:
        template = self._compiled.get(source)
        if template is None:
            if len(source) > MAX_SOURCE:
                raise TemplateLimitError(f"a template of more than {MAX_SOURCE:,} characters")
            template = self._compiled[source] = self._environment.from_string(source)
        return template

    def _guarded(self, find: Callable[[], Template], variables: Mapping[str, Any], origin: Origin) -> str:
        self._environment.meter.reset()
        try:
            text = find().render(variables)
            text.encode()
            return text
        except _FAILURES as error:
            raise self._explain(error, variables, origin) from error

    def _explain(self, error: Exception, variables: Mapping[str, Any], origin: Origin) -> TemplateFailure:
        if isinstance(error, TemplateSyntaxError):
            faults = self._analyst.syntax_faults(error, origin.source)
            if faults:
                return faults[0]
        return explain(error, origin, variables, self._sources)


def _all_told(seen: list[TemplateFailure], failure: TemplateFailure) -> list[TemplateFailure]:
    """What analysis finds in a template that failed, and the failure itself where analysis is not sure of its own.

    Every rendering meets a certain fault, so a template that renders has none: analysis is only asked after a failure.
    """
    if any(each.certain for each in seen):
        return seen
    others = [each for each in seen if each.order != failure.order]
    return sorted([*others, failure], key=lambda each: each.order)
