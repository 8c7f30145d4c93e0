"""Looks through templates before anything is rendered: every fault at once, each at its very character."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import TemplateNotFound, TemplateSyntaxError, Undefined

from kling_render.catalog import did_you_mean
from kling_render.expansion.elements import ElementText
from kling_render.expansion.templating.faults import (
    DEFINE_HINT,
    LIBRARY_HINT,
    Origin,
    TemplateFailure,
    chain_step,
)  # fmt: skip
from kling_render.expansion.templating.lexing import Spot, unified
from kling_render.expansion.templating.limits import MAX_SOURCE, TemplateLimitError
from kling_render.expansion.templating.parsing import parse_tolerantly
from kling_render.expansion.templating.reading import read_template
from kling_render.expansion.templating.sandbox import TEXT_METHODS, PromptEnvironment
from kling_render.expansion.templating.sources import SearchPath
from kling_render.expansion.templating.trees import forbidden
from kling_render.expansion.templating.uses import Inclusion, Reading, Use

_ELEMENT_FIELDS = ("name", "description", "printed")
_AROUND_HINT = "Define it in [vars], in the shot's vars, or around it: {% with NAME = … %}."


@dataclass(frozen=True)
class _Read:
    """A template that was read, where it comes from, and the faults of its own syntax."""

    origin: Origin
    reading: Reading
    faults: tuple[TemplateFailure, ...]


@dataclass
class _Course:
    """One analysis: the variables, what was seen already, what was found."""

    variables: Mapping[str, Any]
    found: dict[tuple[Any, ...], TemplateFailure] = field(default_factory=dict)
    seen: set[tuple[str, bool, frozenset[str]]] = field(default_factory=set)


@dataclass(frozen=True)
class _Visit:
    """One template in the course of an analysis: what is around it, and how the analysis came to it."""

    read: _Read
    hidden: frozenset[str] = frozenset()
    sees_variables: bool = True
    certain: bool = True
    names: tuple[str, ...] = ()
    chain: tuple[str, ...] = ()


class Analyst:
    """Analyses the templates of one project; each source is read once, however often it is judged."""

    def __init__(self, environment: PromptEnvironment, sources: SearchPath) -> None:
        self._environment = environment
        self._sources = sources
        self._texts: dict[str, _Read] = {}
        self._files: dict[str, _Read | None] = {}

    def analyse(self, source: str, variables: Mapping[str, Any]) -> list[TemplateFailure]:
        """The faults of a source with these variables."""
        if len(source) > MAX_SOURCE:
            message = f"a template may not do this: a template of more than {MAX_SOURCE:,} characters"
            return [TemplateFailure(message, offset=MAX_SOURCE)]
        return self._judged(_Visit(self._text(source)), variables)

    def analyse_file(self, name: str, variables: Mapping[str, Any]) -> list[TemplateFailure]:
        """The faults of a template file with these variables."""
        read = self._file(name)
        if read is None:
            return []
        return self._judged(_Visit(read, names=(name,)), variables)

    def syntax_faults(self, error: TemplateSyntaxError, source: str) -> list[TemplateFailure]:
        """The faults of the syntax of a source that did not compile, the first one first."""
        if error.filename and not error.filename.startswith("<"):
            file = Path(error.filename)
            read = self._read(Origin(file.read_text("utf-8-sig"), file))
        else:
            read = self._text(source)
        return sorted(read.faults, key=lambda each: each.order)

    # ── reading

    def _text(self, source: str) -> _Read:
        if source not in self._texts:
            self._texts[source] = self._read(Origin(source))
        return self._texts[source]

    def _read(self, origin: Origin) -> _Read:
        source = unified(origin.source)
        environment = self._environment
        parsed = parse_tolerantly(environment, source)
        reading = Reading()
        errors = list(parsed.faults)
        if parsed.tree is not None:
            try:
                errors.extend(forbidden(parsed.tree, source))
                known = environment.known_filters
                reading = read_template(parsed.tree, source, known, environment.tests, parsed.doubtful)
            except RecursionError:  # rendering says so
                reading = Reading()
        return _Read(origin, reading, tuple(_syntax_failure(error, origin) for error in errors))

    def _file(self, name: str) -> _Read | None:
        """The template of that name; None when there is none or it cannot be read."""
        if name not in self._files:
            try:
                source, file, _ = self._sources.get_source(self._environment, name)
                self._files[name] = self._read(Origin(source, Path(str(file))))
            except (TemplateNotFound, TemplateLimitError):
                self._files[name] = None
        return self._files[name]

    # ── judging

    def _judged(self, visit: _Visit, variables: Mapping[str, Any]) -> list[TemplateFailure]:
        course = _Course(variables)
        self._visit(visit, course)
        return sorted(course.found.values(), key=lambda failure: failure.order) if course.found else []

    def _visit(self, visit: _Visit, course: _Course) -> None:
        for failure in visit.read.faults:
            self._add(course, visit, failure.message, failure.hint, failure, visit.certain)
        for message, spot, certain in visit.read.reading.faults:
            self._note(course, visit, message, "", spot, certain)
        for use in visit.read.reading.uses:
            if use.name not in visit.hidden and use.name not in self._environment.globals:
                self._judge(use, visit, course)
        for inclusion in visit.read.reading.inclusions:
            self._follow(inclusion, visit, course)

    def _judge(self, use: Use, visit: _Visit, course: _Course) -> None:
        variables = course.variables if visit.sees_variables else {}
        if use.name not in variables:
            self._note_undefined(use, visit, course, variables)
            return
        if not use.steps:
            return
        value = variables[use.name]
        for step in use.steps:
            key = step.key if step.variable is None else _scalar(variables, step.variable, visit.hidden)
            if key is None:
                return
            entry = self._entry(value, key, step.is_attribute)
            if isinstance(entry, Undefined):
                message = f"{entry._undefined_message}{did_you_mean(str(key), _entries(value))}"
                certain = use.reached and (use.strict or step is not use.steps[-1])
                self._note(course, visit, message, "", step.spot, certain)
                return
            value = entry

    def _note_undefined(self, use: Use, visit: _Visit, course: _Course, variables: Mapping[str, Any]) -> None:
        known = {*variables, *visit.hidden, *visit.read.reading.own, "element"}
        if use.called:
            known |= set(self._environment.globals)
        what = f'there is no function "{use.name}"' if use.called else f'undefined variable "{use.name}"'
        hint = "" if use.called else _AROUND_HINT.replace("NAME", use.name) if visit.chain else DEFINE_HINT
        certain = use.reached and (use.strict or bool(use.steps))
        key = (visit.read.origin.file, use.name)
        message = f"{what}{did_you_mean(use.name, known - {use.name})}"
        self._note(course, visit, message, hint, use.spot, certain, key)

    def _entry(self, value: Any, key: str | int, is_attribute: bool) -> Any:
        if is_attribute:
            return self._environment.getattr(value, str(key))
        return self._environment.getitem(value, key)

    # ── other templates

    def _follow(self, inclusion: Inclusion, visit: _Visit, course: _Course) -> None:
        name, read, spot = self._first(inclusion)
        certain = visit.certain and inclusion.reached
        if read is None:
            if not inclusion.may_be_missing:
                guess = did_you_mean(name, self._sources.list_templates())
                message = f'there is no template "{name}"{guess}'
                self._note(course, visit, message, LIBRARY_HINT, spot, inclusion.reached)
            return
        if name in visit.names:
            message = f'"{name}" {inclusion.verb} itself without end'
            self._note(course, visit, message, "Leave one of them out.", spot, inclusion.reached)
            return
        self._note_imports(inclusion, read, visit, course)
        hidden = frozenset(visit.hidden | inclusion.visible) if inclusion.with_context else frozenset()
        sees = visit.sees_variables and inclusion.with_context
        if (name, sees, hidden) in course.seen:
            return
        course.seen.add((name, sees, hidden))
        certain = certain and inclusion.verb != "extends"
        step = chain_step(inclusion.verb, name, spot)
        self._visit(_Visit(read, hidden, sees, certain, (*visit.names, name), (*visit.chain, step)), course)

    def _first(self, inclusion: Inclusion) -> tuple[str, _Read | None, Spot]:
        """The first of the names that exists; the first of all where none does."""
        for name, spot in inclusion.names:
            read = self._file(name)
            if read is not None:
                return name, read, spot
        name, spot = inclusion.names[0]
        return name, None, spot

    def _note_imports(self, inclusion: Inclusion, read: _Read, visit: _Visit, course: _Course) -> None:
        own = read.reading.own
        for name, spot in inclusion.imported:
            if name not in own and not read.faults:
                message = f"there is no {name} in {inclusion.names[0][0]}{did_you_mean(name, own)}"
                self._note(course, visit, message, "", spot, certain=False)

    # ── noting

    def _note(
        self,
        course: _Course,
        visit: _Visit,
        message: str,
        hint: str,
        spot: Spot,
        certain: bool,
        key: tuple[Any, ...] | None = None,
    ) -> None:
        failure = visit.read.origin.failure(message, hint, spot)
        self._add(course, visit, message, hint, failure, visit.certain and certain, key)

    def _add(
        self,
        course: _Course,
        visit: _Visit,
        message: str,
        hint: str,
        failure: TemplateFailure,
        certain: bool,
        key: tuple[Any, ...] | None = None,
    ) -> None:
        """Adds a failure once per place, and an undefined name once per template."""
        key = key or (*failure.order, message)
        if key in course.found:
            course.found[key].certain |= certain
            return
        course.found[key] = TemplateFailure(
            message, hint, offset=failure.offset, file=failure.file, line=failure.line, column=failure.column,
            length=failure.length, certain=certain, chain=visit.chain,
        )  # fmt: skip


def _syntax_failure(error: TemplateSyntaxError, origin: Origin) -> TemplateFailure:
    spot = error.lineno if isinstance(error.lineno, Spot) else None
    return origin.failure(f"the template does not parse: {error.message}", "", spot)


def _scalar(variables: Mapping[str, Any], name: str, hidden: Collection[str]) -> str | int | None:
    """The value of a variable that serves as a key, if it is known and can be one."""
    value = variables.get(name)
    return value if name not in hidden and isinstance(value, (str, int)) else None


def _entries(value: Any) -> list[str]:
    """The names that could have been meant."""
    if isinstance(value, Mapping):
        return [str(key) for key in value]
    if isinstance(value, ElementText):
        return list(_ELEMENT_FIELDS)
    return sorted(TEXT_METHODS) if isinstance(value, str) else []
