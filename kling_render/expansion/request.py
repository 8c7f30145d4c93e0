"""One shot → one request body: inherited fields, templates, sequence, elements, endpoint, family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kling_render.catalog import FieldSpec, MediaLookup, infer_action, is_absent, nothing_known
from kling_render.errors import Fault, Place
from kling_render.expansion.elements import ElementText, ElementTexts
from kling_render.expansion.media import MediaFiles, is_remote
from kling_render.expansion.numbers import canonical_numbers
from kling_render.expansion.templates import Renderer, TemplateFailure
from kling_render.media import NotMediaError
from kling_render.project import Element, Project, Shot, Sourced


@dataclass(frozen=True)
class Request:
    """What a shot asks of the API, where each field was written, and what is known of its local files."""

    action: str
    body: Mapping[str, Any]
    places: Mapping[str, Place]
    media: MediaLookup = nothing_known


class RequestBuilder:
    """Builds the requests of one project; faults are collected, a shot with faults gives no request."""

    def __init__(self, project: Project, renderer: Renderer, faults: list[Fault]) -> None:
        self._project = project
        self._catalog = project.catalog
        self._renderer = renderer
        self._media = MediaFiles(project.folder)
        self._faults = faults

    def build(self, shot: Shot) -> Request | None:
        """The shot's request, or None when it has faults."""
        found = len(self._faults)
        fields = self._written_fields(shot)
        texts = {name: sourced for name, sourced in fields.items() if _holds_text(self._catalog.fields[name])}
        others = {name: sourced for name, sourced in fields.items() if name not in texts}
        # The action depends on what the other fields render to, what an element prints in a text on the action.
        variables = {**self._project.vars_of(shot), "element": self._element_texts([])}
        rendered = self._rendered_fields(others, variables)
        written = {name: sourced.value for name, sourced in texts.items()}
        action = shot.table.endpoint or infer_action({**written, **rendered})
        model = self._catalog.resolve_family(str(rendered.get("model", "")), action)
        sent = self._sent_elements(shot, action, model)
        rendered |= self._rendered_fields(texts, {**variables, "element": self._element_texts(sent)})
        body = {
            name: self._resolved(rendered[name], self._catalog.fields[name], sourced.place)
            for name, sourced in fields.items()
        }
        if model:
            body["model"] = model
        if sent:
            body["kling_elements"] = [self._kling_element(element) for element in sent]
        if len(self._faults) > found:
            return None
        places = {name: sourced.place for name, sourced in fields.items()}
        places.setdefault("kling_elements", shot.at("elements"))
        ordered = {name: body[name] for name in self._catalog.fields if not is_absent(body.get(name))}
        return Request(action, canonical_numbers(ordered), places, self._media.facts_of)

    def _written_fields(self, shot: Shot) -> dict[str, Sourced]:
        """Inherited and own fields, with prompt, prompt_file and sequence in the API's form."""
        fields = self._project.fields_of(shot)
        if shot.table.prompt is not None:
            fields["prompt"] = Sourced(shot.table.prompt, shot.at("prompt"))
        elif shot.table.prompt_file is not None:
            fields["prompt"] = Sourced(_TemplateFile(shot.table.prompt_file), shot.at("prompt_file"))
        if shot.cuts:
            fields["multi_shots"] = Sourced(True, shot.at("sequence"))
            fields["multi_prompt"] = Sourced(_written_cuts(shot), shot.at("sequence"))
            if "duration_seconds" not in shot.fields:
                fields["duration_seconds"] = Sourced(_total_seconds(shot), shot.at("sequence"))
        return fields

    def _sent_elements(self, shot: Shot, action: str, model: str) -> list[Element]:
        """The elements that the model takes: those the shot lists that have pictures or a video."""
        spec = self._catalog.model(action, model)
        if spec is None or "kling_elements" not in spec.fields:
            return []
        listed = (self._project.elements[name] for name in dict.fromkeys(shot.table.elements))
        return [element for element in listed if element.table.images or element.table.videos]

    def _element_texts(self, sent: list[Element]) -> ElementTexts:
        names = {element.name for element in sent}
        return ElementTexts(
            {
                name: ElementText(name, each.table.description, f"@{name}" if name in names else each.table.description)
                for name, each in self._project.elements.items()
            }
        )

    def _kling_element(self, element: Element) -> dict[str, Any]:
        table = element.table
        entry: dict[str, Any] = {"name": element.name, "description": table.description}
        urls = self._catalog.fields["kling_elements"].of
        if urls is not None:
            entry["description"] = self._resolved(table.description, urls.fields["description"], element.place)
        for key, name, paths in (
            ("images", "element_input_urls", table.images),
            ("videos", "element_input_video_urls", table.videos),
        ):
            if paths and urls is not None:
                place = Place(element.place.file, f"{element.place.key}.{key}")
                entry[name] = self._resolved(list(paths), urls.fields[name], place)
        return entry

    def _rendered_fields(self, fields: Mapping[str, Sourced], variables: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._rendered(sourced.value, variables, sourced.place) for name, sourced in fields.items()}

    def _rendered(self, value: Any, variables: Mapping[str, Any], place: Place) -> Any:
        """The value with every text in it rendered; each template that fails becomes a fault."""
        if isinstance(value, Mapping):
            return {key: self._rendered(each, variables, _inside(place, f".{key}")) for key, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._rendered(each, variables, _inside(place, f"[{at}]")) for at, each in enumerate(value)]
        try:
            if isinstance(value, _TemplateFile):
                return self._renderer.render_file(value.name, variables)
            return self._renderer.render(value, variables) if isinstance(value, str) else value
        except TemplateFailure as failure:
            self._faults.append(Fault(place, failure.message, failure.hint))
            return None

    def _resolved(self, value: Any, spec: FieldSpec, place: Place) -> Any:
        """The rendered value with white space collapsed in texts and paths turned into local files."""
        if isinstance(value, str):
            if spec.type == "text" and self._project.table.prompt_whitespace == "collapse":
                return " ".join(value.split())
            return self._local_file(value, spec, place) if spec.type == "url" and spec.media else value
        if isinstance(value, list) and spec.of is not None:
            return [self._resolved(each, spec.of, place) for each in value]
        if isinstance(value, dict) and spec.fields:
            return {
                name: self._resolved(each, spec.fields[name], place) if name in spec.fields else each
                for name, each in value.items()
            }
        return value

    def _local_file(self, text: str, spec: FieldSpec, place: Place) -> Any:
        if is_remote(text) or not text.strip():
            return text
        base = place.file.parent
        try:
            return self._media.find(text, base)
        except NotMediaError as error:
            hint = "Give a picture, video or sound file, or an http(s) URL."
            self._faults.append(Fault(place, f"{text} cannot be used: {error}", hint))
            return None
        except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: links in a circle
            reason = "there is no file" if isinstance(error, FileNotFoundError) else "cannot read the file"
            hint = f"Paths are relative to {base}." if reason.startswith("there") else str(error)
            self._faults.append(Fault(place, f"{reason} {text}", hint))
            return None


@dataclass(frozen=True)
class _TemplateFile:
    name: str


def _holds_text(spec: FieldSpec) -> bool:
    inner = [*spec.fields.values(), *([spec.of] if spec.of is not None else [])]
    return spec.type == "text" or any(map(_holds_text, inner))


def _inside(place: Place, key: str) -> Place:
    return Place(place.file, place.key + key)


def _written_cuts(shot: Shot) -> list[dict[str, Any]]:
    return [
        {
            "prompt": cut.prompt if cut.prompt is not None else _TemplateFile(str(cut.prompt_file)),
            "duration_seconds": cut.duration_seconds,
        }
        for cut in shot.cuts
    ]


def _total_seconds(shot: Shot) -> int | None:
    """The sum of the cuts, or None when one of them is not a whole number (which the catalog will report)."""
    seconds = canonical_numbers([cut.duration_seconds for cut in shot.cuts])
    return sum(seconds) if all(isinstance(each, int) and not isinstance(each, bool) for each in seconds) else None
