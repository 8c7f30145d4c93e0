"""What the texts of a shot name in their templates; rather too much than too little."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from jinja2 import Environment, TemplateNotFound

from kling_render.expansion.templating.limits import TemplateLimitError
from kling_render.expansion.templating.sources import SearchPath
from kling_render.project import Shot, Sourced

_QUOTED = r""""(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+'"""
_TAG = re.compile(rf"\{{#.*?#\}}|\{{\{{((?:{_QUOTED}|.)*?)\}}\}}|\{{%((?:{_QUOTED}|.)*?)%\}}", re.DOTALL)
_TOKEN = re.compile(rf"{_QUOTED}|[^\W\d]\w*")
_OTHER_TEMPLATE = re.compile(r"[-+]?\s*(include|import|from|extends)\b\s*(.*)", re.DOTALL)
_ELEMENT = re.compile(rf"\belement\b(?:\s*\.\s*(\w+)|\s*\[\s*({_QUOTED})\s*\])?(?:\s*\.\s*(\w+))?")
_OF_INCLUDES = frozenset({"ignore", "missing", "with", "without", "context"})


@dataclass(frozen=True)
class Wording:
    """What templates name.

    Attributes:
        names: everything that may be a variable.
        printed: elements that are printed whole: `{{ element.mira }}`.
        described: elements of which a part is used: `{{ element.mira.description }}`.
        is_open: whether more may be named than can be seen: a computed template, all elements at once.
    """

    names: frozenset[str] = frozenset()
    printed: frozenset[str] = frozenset()
    described: frozenset[str] = frozenset()
    is_open: bool = False

    def __or__(self, other: Wording) -> Wording:
        return Wording(
            self.names | other.names, self.printed | other.printed, self.described | other.described,
            self.is_open or other.is_open,
        )  # fmt: skip

    @cached_property
    def elements(self) -> frozenset[str]:
        """All elements that are used somehow."""
        return self.printed | self.described


NOTHING = Wording()


@dataclass
class Wordings:
    """The wordings of one project's texts; every file is read once."""

    sources: SearchPath
    _files: dict[str, Wording] = field(default_factory=dict)
    _environment: Environment = field(default_factory=lambda: Environment(autoescape=True))

    def of_shot(self, shot: Shot) -> Wording:
        """What the texts of a shot name, in whatever field they stand."""
        found = NOTHING
        for sourced in (*shot.fields.values(), *shot.own.values()):
            found |= self.of_value(sourced)
        for key in ("prompt_file", "sequence"):
            for name in _file_names(shot.own.get(key)):
                found |= self.of_file(name)
        return found

    def of_value(self, sourced: Sourced) -> Wording:
        """What the texts of one value name, and those beneath it where it asks for them."""
        found = NOTHING
        for each in sourced.chain:
            texts = list(_texts(each.value))
            for text in texts:
                found |= self.of_text(text)
            if not any("super" in text for text in texts):
                break
        return found

    def of_text(self, text: str) -> Wording:
        """What one template names, with all that it includes."""
        return self._read(text) if "{" in text else NOTHING

    def of_file(self, name: str) -> Wording:
        """What a template file names; nothing where there is none."""
        if name not in self._files:
            self._files[name] = NOTHING  # for one that includes itself
            try:
                source = self.sources.get_source(self._environment, name)[0]
            except (TemplateNotFound, TemplateLimitError):
                return NOTHING
            self._files[name] = self.of_text(source)
        return self._files[name]

    def _read(self, source: str) -> Wording:
        names: set[str] = set()
        printed: set[str] = set()
        described: set[str] = set()
        is_open = False
        others = NOTHING
        for tag in _TAG.finditer(source):
            body = tag[1] or tag[2] or ""
            names.update(token for token in _TOKEN.findall(body) if token[0] not in "\"'")
            for dotted, quoted, part in _ELEMENT.findall(body):
                name = dotted or quoted[1:-1]
                is_open = is_open or not name
                (described if part and part != "printed" else printed).add(name)
            if tag[2] and (other := _OTHER_TEMPLATE.match(tag[2])):
                is_open = is_open or _is_computed(other[1], other[2])
                for token in re.findall(_QUOTED, other[2]):
                    others |= self.of_file(token[1:-1])
        return others | Wording(frozenset(names), frozenset(printed), frozenset(described), is_open)


def _is_computed(verb: str, rest: str) -> bool:
    """Whether the name of another template is more than a text, or a list of texts, in quotes."""
    words = set(_TOKEN.findall(re.sub(_QUOTED, "", rest)))
    is_chosen = verb in ("include", "extends") and not words <= _OF_INCLUDES
    return rest.lstrip("[ ")[:1] not in ("'", '"') or "~" in rest or is_chosen


def _texts(value: Any) -> Iterator[str]:
    """All texts in a value as written, those of cuts and tables among them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
    elif (prompt := getattr(value, "prompt", None)) is not None:
        yield prompt


def _file_names(sourced: Sourced | None) -> Iterator[str]:
    if sourced is None:
        return
    for each in sourced.value if isinstance(sourced.value, tuple) else (sourced.value,):
        name = each if isinstance(each, str) else each.prompt_file
        if name is not None:
            yield name
