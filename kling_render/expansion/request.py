"""One variant of a shot → one request body: inherited fields, templates, sequence, elements, endpoint, family.

What does not vary between the variants of a shot is worked out once and remembered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from kling_render.catalog import FieldSpec, MediaLookup, infer_action, is_absent, nothing_known
from kling_render.errors import Fault, Place
from kling_render.expansion.address import value_text
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
        self._texts = frozenset(name for name, spec in self._catalog.fields.items() if _holds_text(spec))
        self._order = tuple(self._catalog.fields)
        self._written: dict[str, tuple[dict[str, Sourced], dict[str, Any]]] = {}
        self._frames: dict[tuple[object, ...], Frame] = {}
        self._plain_elements = self._element_texts(())

    def build(self, shot: Shot, variant: Variant) -> Request | None:
        """The variant's request, or None when it has faults."""
        found = len(self._faults)
        fields = self.fields(shot, variant)
        variables = {**self._of_shot(shot)[1], **variables_of(variant)}
        frame = self._frame(shot, variant, fields, variables)
        variables["element"] = frame.elements
        body = dict(frame.body)
        for name in self._texts.intersection(fields):
            rendered = self._values.rendered(fields[name], variables, self._faults)
            value = self._values.resolved(rendered, self._catalog.fields[name], fields[name].place, self._faults)
            body[name] = value if isinstance(value, str) else canonical_numbers(value)
            if is_absent(body[name]):
                del body[name]
        if len(self._faults) > found:
            return None
        if "order" not in frame.known:
            frame.known["order"] = [name for name in self._order if name in frame.body or name in fields]
        ordered = {name: body[name] for name in frame.known["order"] if name in body}
        return Request(frame.action, ordered, fields, frame, self._values.media)

    def fields(self, shot: Shot, variant: Variant) -> Mapping[str, Sourced]:
        """All fields of a variant's request as written, with their sources."""
        own = fields_of(self._project, shot, variant, self._catalog.fields)
        written = self._of_shot(shot)[0]
        return {**written, **own} if own else written

    def _of_shot(self, shot: Shot) -> tuple[dict[str, Sourced], dict[str, Any]]:
        """What all variants of a shot have in common: its fields as written, and its variables."""
        if shot.name not in self._written:
            self._written[shot.name] = (_written_fields(shot), shot.variables())
        return self._written[shot.name]

    def _frame(
        self, shot: Shot, variant: Variant, fields: Mapping[str, Sourced], variables: Mapping[str, Any]
    ) -> Frame:
        """What of the request is the same for all variants that set the same fields."""
        known = self._catalog.fields
        setting = [each for each in (*variant.version.items(), *variant.values.items()) if each[0] in known]
        key = (shot.name, *((name, value_text(value)) for name, value in setting))
        if key not in self._frames:
            others = {name: sourced for name, sourced in fields.items() if name not in self._texts}
            frame = self._new_frame(shot, variant, fields, others, variables)
            if any(self._varies(each.value) for each in others.values()):
                return frame
            self._frames[key] = frame
        return self._frames[key]

    def _varies(self, value: Any) -> bool:
        """Whether a value depends on variables, or on the variant it stands in."""
        return self._values.is_template(value) or holds_reference(value)

    def _new_frame(
        self,
        shot: Shot,
        variant: Variant,
        fields: Mapping[str, Sourced],
        others: Mapping[str, Sourced],
        variables: Mapping[str, Any],
    ) -> Frame:
        # The action depends on what the other fields render to, what an element prints in a text on the action.
        context = {**variables, "element": self._plain_elements}
        rendered = {name: self._values.rendered(each, context, self._faults) for name, each in others.items()}
        written = {name: sourced.value for name, sourced in fields.items() if name in self._texts}
        action = shot.table.endpoint or infer_action({**written, **rendered})
        model = self._catalog.resolve_family(str(rendered.get("model", "")), action)
        sent = self._sent_elements(shot, action, model)
        specs = self._catalog.fields
        body: dict[str, Any] = {}
        for name, each in others.items():
            value = self._links.replaced(rendered[name], specs[name], name, shot, variant, each.place)
            body[name] = self._values.resolved(value, specs[name], each.place, self._faults)
        if model:
            body["model"] = model
        if sent:
            body["kling_elements"] = [self._kling_element(element) for element in sent]
        present = {name: value for name, value in canonical_numbers(body).items() if not is_absent(value)}
        return Frame(action, model, sent, present, self._element_texts(sent))

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
