"""One variant of a shot → one request body: inherited fields, templates, sequence, elements, endpoint, family.

What does not vary between the variants of a shot is worked out once and remembered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from kling_render.catalog import FieldSpec, MediaLookup, infer_action, is_absent, nothing_known
from kling_render.errors import Fault, Place
from kling_render.expansion.elements import ElementText, ElementTexts
from kling_render.expansion.links import Links, holds_reference
from kling_render.expansion.numbers import canonical_numbers
from kling_render.expansion.values import TemplateFile, Values
from kling_render.expansion.variants import Variant, fields_of, variables_of
from kling_render.project import Element, Project, Shot, Sourced


@dataclass(frozen=True)
class Request:
    """What a variant asks of the API.

    Attributes:
        action: the endpoint.
        body: the request, stand-ins in it.
        fields: its fields as written.
        frame: what of it other variants of its shot may share.
        media: what is known of its local files.
    """

    action: str
    body: Mapping[str, Any]
    fields: Mapping[str, Sourced]
    frame: Frame
    media: MediaLookup = nothing_known

    def place_of(self, field: str, shot: Shot) -> Place:
        """Where a field was written; the shot where nobody wrote it."""
        if field in self.fields:
            return self.fields[field].place
        return shot.at("elements") if field == "kling_elements" else shot.place


@dataclass(eq=False)
class Frame:
    """Everything of a request but its texts: the same for all variants that differ only in words.

    Attributes:
        known: what follows from it, worked out once: see lengths.py.
    """

    action: str
    model: str
    sent: tuple[Element, ...]
    body: Mapping[str, Any]
    elements: ElementTexts
    known: dict[str, Any] = field(default_factory=dict)


class RequestBuilder:
    """Builds the requests of one project; faults are collected, a variant with faults gives no request."""

    def __init__(self, project: Project, values: Values, faults: list[Fault]) -> None:
        self._project = project
        self._catalog = project.catalog
        self._values = values
        self._faults = faults
        self._links = Links(project, faults)
        self._written: dict[str, dict[str, Sourced]] = {}
        self._frames: dict[str, Frame] = {}
        self._plain_elements = self._element_texts(())

    def build(self, shot: Shot, variant: Variant) -> Request | None:
        """The variant's request, or None when it has faults."""
        found = len(self._faults)
        fields = self.fields(shot, variant)
        texts = {name: each for name, each in fields.items() if _holds_text(self._catalog.fields[name])}
        variables = {**shot.variables(), **variables_of(variant)}
        frame = self._frame(shot, variant, fields, texts, variables)
        body = dict(frame.body)
        for name, sourced in texts.items():
            rendered = self._values.rendered(sourced, {**variables, "element": frame.elements}, self._faults)
            body[name] = self._values.resolved(rendered, self._catalog.fields[name], sourced.place, self._faults)
        if len(self._faults) > found:
            return None
        ordered = {name: body[name] for name in self._catalog.fields if not is_absent(body.get(name))}
        return Request(frame.action, canonical_numbers(ordered), fields, frame, self._values.media)

    def fields(self, shot: Shot, variant: Variant) -> dict[str, Sourced]:
        """All fields of a variant's request as written, with their sources."""
        if shot.name not in self._written:
            self._written[shot.name] = _written_fields(shot)
        return {**self._written[shot.name], **fields_of(self._project, shot, variant, self._catalog.fields)}

    def _frame(
        self,
        shot: Shot,
        variant: Variant,
        fields: Mapping[str, Sourced],
        texts: Mapping[str, Sourced],
        variables: Mapping[str, Any],
    ) -> Frame:
        if shot.name in self._frames:
            return self._frames[shot.name]
        others = {name: sourced for name, sourced in fields.items() if name not in texts}
        # The action depends on what the other fields render to, what an element prints in a text on the action.
        context = {**variables, "element": self._plain_elements}
        rendered = {name: self._values.rendered(each, context, self._faults) for name, each in others.items()}
        written = {name: sourced.value for name, sourced in texts.items()}
        action = shot.table.endpoint or infer_action({**written, **rendered})
        model = self._catalog.resolve_family(str(rendered.get("model", "")), action)
        sent = self._sent_elements(shot, action, model)
        specs = self._catalog.fields
        body = {}
        for name, each in others.items():
            value = self._links.replaced(rendered[name], specs[name], name, shot, variant, each.place)
            body[name] = self._values.resolved(value, specs[name], each.place, self._faults)
        if model:
            body["model"] = model
        if sent:
            body["kling_elements"] = [self._kling_element(element) for element in sent]
        frame = Frame(action, model, sent, body, self._element_texts(sent))
        if not self._varies(shot, variant, others):
            self._frames[shot.name] = frame
        return frame

    def _varies(self, shot: Shot, variant: Variant, others: Mapping[str, Sourced]) -> bool:
        """Whether anything but its texts may differ between the shot's variants."""
        if not variant.version and not variant.values:
            return True
        names = {*variant.version, *variant.values} & set(self._catalog.fields) - {"prompt"}
        values = [each.value for each in others.values()]
        return bool(names) or any(map(self._values.is_template, values)) or any(map(holds_reference, values))

    def _sent_elements(self, shot: Shot, action: str, model: str) -> tuple[Element, ...]:
        """The elements that the model takes: those the shot lists that have pictures or a video."""
        spec = self._catalog.model(action, model)
        if spec is None or "kling_elements" not in spec.fields:
            return ()
        listed = (self._project.elements[name] for name in dict.fromkeys(shot.table.elements))
        return tuple(element for element in listed if element.table.images or element.table.videos)

    def _element_texts(self, sent: tuple[Element, ...]) -> ElementTexts:
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
        if urls is None:
            return entry
        entry["description"] = self._values.resolved(
            table.description, urls.fields["description"], element.place, self._faults
        )
        for key, name, paths in (
            ("images", "element_input_urls", table.images),
            ("videos", "element_input_video_urls", table.videos),
        ):
            if paths:
                place = Place(element.place.file, f"{element.place.key}.{key}")
                entry[name] = self._values.resolved(list(paths), urls.fields[name], place, self._faults)
        return entry


def _written_fields(shot: Shot) -> dict[str, Sourced]:
    """Inherited and own fields, with prompt, prompt_file and sequence in the API's form."""
    fields = dict(shot.fields)
    for key in ("prompt", "prompt_file"):
        if (written := shot.own.get(key)) is not None:
            value = TemplateFile(written.value) if key == "prompt_file" else written.value
            fields["prompt"] = replace(written, value=value)
    if shot.cuts:
        sequence = shot.own["sequence"]
        fields["multi_shots"] = replace(sequence, value=True)
        fields["multi_prompt"] = replace(sequence, value=_written_cuts(shot))
        stated = fields.get("duration_seconds")
        if stated is None or not _is_own(stated, shot):
            fields["duration_seconds"] = replace(sequence, value=_total_seconds(shot))
    return fields


def _is_own(sourced: Sourced, shot: Shot) -> bool:
    """Whether the shot (or its profile) says so itself, rather than what it inherits from."""
    return sourced.layer == f"shot {shot.name}" or sourced.layer.startswith("profile ")


def _holds_text(spec: FieldSpec) -> bool:
    return spec.type == "text" or any(map(_holds_text, spec.inner))


def _written_cuts(shot: Shot) -> list[dict[str, Any]]:
    return [
        {
            "prompt": cut.prompt if cut.prompt is not None else TemplateFile(str(cut.prompt_file)),
            "duration_seconds": cut.duration_seconds,
        }
        for cut in shot.cuts
    ]


def _total_seconds(shot: Shot) -> int | None:
    """The sum of the cuts, or None when one of them is not a whole number (which the catalog will report)."""
    seconds = canonical_numbers([cut.duration_seconds for cut in shot.cuts])
    return sum(seconds) if all(isinstance(each, int) and not isinstance(each, bool) for each in seconds) else None
