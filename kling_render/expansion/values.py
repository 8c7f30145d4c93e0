"""One written value → what a request holds: templates rendered, white space collapsed, paths as local files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kling_render.catalog import FieldSpec, MediaFacts, closest
from kling_render.errors import Fault, Place
from kling_render.expansion.media import MediaFiles, is_remote
from kling_render.expansion.templating.inherited import InheritedText
from kling_render.expansion.templating.renderer import Renderer, TemplateFailure
from kling_render.media import NotMediaError
from kling_render.project import Project, Sourced

_MARKS = ("{{", "{%", "{#")


@dataclass(frozen=True)
class TemplateFile:
    """A prompt that stands in a file of its own."""

    name: str


class Values:
    """Renders and resolves the values of one project; what is wrong goes into a list of faults."""

    def __init__(self, project: Project, renderer: Renderer) -> None:
        self._renderer = renderer
        self._files = MediaFiles(project.folder)
        self._collapse = project.table.prompt_whitespace == "collapse"

    def media(self, url: str) -> MediaFacts | None:
        """What is known of the file behind a URL of a request."""
        return self._files.facts_of(url)

    def is_template(self, value: Any) -> bool:
        """Whether a value renders differently with other variables."""
        if isinstance(value, str):
            return any(mark in value for mark in _MARKS)
        if isinstance(value, Mapping):
            return any(map(self.is_template, value.values()))
        return isinstance(value, TemplateFile) or (
            isinstance(value, list | tuple) and any(map(self.is_template, value))
        )

    def rendered(self, sourced: Sourced, variables: Mapping[str, Any], faults: list[Fault]) -> Any:
        """The value with every text in it rendered; each template that fails becomes a fault."""
        if isinstance(sourced.value, str) and sourced.beneath is not None and "super" in sourced.value:
            below = self.rendered(sourced.beneath, variables, faults)
            variables = {**variables, "super": InheritedText(below if isinstance(below, str) else "")}
        return self._rendered(sourced.value, variables, sourced.place, faults)

    def _rendered(self, value: Any, variables: Mapping[str, Any], place: Place, faults: list[Fault]) -> Any:
        if isinstance(value, str):
            text, failures = self._renderer.try_render(value, variables)
        elif isinstance(value, TemplateFile):
            text, failures = self._renderer.try_render_file(value.name, variables)
        elif isinstance(value, Mapping):
            return {
                key: self._rendered(each, variables, _inside(place, f".{key}"), faults) for key, each in value.items()
            }
        elif isinstance(value, (list, tuple)):
            return [self._rendered(each, variables, _inside(place, f"[{at}]"), faults) for at, each in enumerate(value)]
        else:
            return value
        faults.extend(_fault(each, place) for each in failures)
        return text

    def resolved(self, value: Any, spec: FieldSpec, place: Place, faults: list[Fault]) -> Any:
        """The rendered value with white space collapsed in texts and paths turned into local files."""
        if isinstance(value, str):
            if spec.type == "text" and self._collapse:
                return " ".join(value.split())
            return self._local_file(value, place, faults) if spec.type == "url" and spec.media else value
        if isinstance(value, list) and spec.of is not None:
            return [self.resolved(each, spec.of, _inside(place, f"[{at}]"), faults) for at, each in enumerate(value)]
        if isinstance(value, dict) and spec.fields:
            return {
                name: self.resolved(each, spec.fields[name], _inside(place, f".{name}"), faults)
                if name in spec.fields
                else each
                for name, each in value.items()
            }
        return value

    def _local_file(self, text: str, place: Place, faults: list[Fault]) -> Any:
        if is_remote(text) or not text.strip():
            return text
        base = place.file.parent
        try:
            return self._files.find(text, base)
        except NotMediaError as error:
            hint = "Give a picture, video or sound file, or an http(s) URL."
            faults.append(Fault(place, f"{text} cannot be used: {error}", hint))
        except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: links in a circle
            reason = "there is no file" if isinstance(error, FileNotFoundError) else "cannot read the file"
            hint = _path_hint(text, base) if reason.startswith("there") else str(error)
            faults.append(Fault(place, f"{reason} {text}", hint, rule="file"))
        return None


def _fault(failure: TemplateFailure, place: Place) -> Fault:
    """The fault of a template; one in a file of its own also says which key of the project led there."""
    way = ""
    if failure.file is not None:
        way = f"{place.key} {', which '.join(failure.chain)}. " if failure.chain else f"Used by {place.key}. "
    return Fault(_placed(failure, place), failure.message, f"{way}{failure.hint}".rstrip(), rule="template")


def _placed(failure: TemplateFailure, place: Place) -> Place:
    """Where a template fails: in a file of the search path, or at a character of the text itself."""
    if failure.file is not None:
        return Place(failure.file, "", failure.line, failure.column)
    return place if failure.offset is None else replace(place, offset=failure.offset)


def _path_hint(text: str, base: Path) -> str:
    """What may be meant by a path where there is no file."""
    if text.startswith("~"):
        return "Write the whole path: ~ is not expanded."
    if any(ord(sign) < 32 for sign in text):
        return r"It holds a tab or line break: between double quotes \t and \n mean those. Write single quotes."
    near = [each.name for each in (base / text).parent.glob("*")]
    meant = closest(Path(text).name, near)
    return (f'Did you mean "{meant}"? ' if meant else "") + f"Paths are relative to {base.resolve()}"


def _inside(place: Place, key: str) -> Place:
    return Place(place.file, place.key + key)
