"""Prompts with their variables marked: which stretch of a rendered text was printed by which variable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kling_render.errors import Fault, Place
from kling_render.expansion.address import Pairs
from kling_render.expansion.doubts.wording import Wordings
from kling_render.expansion.elements import ElementText, ElementTexts
from kling_render.expansion.explanation import CastMember, Explained, cast_of, variables_of_take, wording_of
from kling_render.expansion.marks import MarkedText, Stretch, between, marking, signs_of, stretches_of
from kling_render.expansion.request import RequestBuilder
from kling_render.expansion.take import Take
from kling_render.expansion.templating.renderer import Renderer
from kling_render.expansion.templating.sources import SearchPath, search_path
from kling_render.expansion.values import Values
from kling_render.expansion.variants import Variant, address_of, cells_of, variables_of, versions_of
from kling_render.project import Project, Shot, Sourced, locate


@dataclass(frozen=True)
class Marked:
    """What the words of one variant come from.

    Attributes:
        prompts: the stretches of each prompt: one, or one for each cut.
        variables: all that the templates see, with their sources; `is_used` tells those that they name.
        cast: the elements that the shot lists or names.
    """

    prompts: tuple[tuple[Stretch, ...], ...]
    variables: tuple[Explained, ...]
    cast: tuple[CastMember, ...]


def mark_takes(project: Project, takes: Iterable[Take]) -> dict[tuple[Pairs, str, Pairs], Marked]:
    """The marked prompts of the variants of these takes, by `Address.without_number`.

    Each prompt is rendered once more with values that print themselves between two marks, yet compare, sort and count
    as what they are. Where the result without the marks is the prompt, the places are right; where a template reckons
    with the printed text (`truncate`, `wordwrap`), nothing is marked. What a template computes (`a + b`, `upper()`) is
    its own text, not the variable's.
    """
    marker = _Marker(project)
    found = {take.address.without_number: marker.of(take) for take in _firsts(takes)}
    return _located(found)


def _firsts(takes: Iterable[Take]) -> Iterator[Take]:
    seen = set()
    for take in takes:
        if (variant := take.address.without_number) not in seen:
            seen.add(variant)
            yield take


class _Marker:
    """Marks the prompts of one project."""

    def __init__(self, project: Project) -> None:
        path = search_path(project)
        self._project = project
        self._values = Values(project, Renderer(_Unmarked(path.folders)))
        self._builder = RequestBuilder(project, self._values, [])
        self._wordings = Wordings(path)
        self._variants: dict[str, dict[tuple[Pairs, str, Pairs], Variant]] = {}

    def of(self, take: Take) -> Marked:
        shot = self._project.shots[take.address.shot]
        variant = self._variants_of(shot)[take.address.without_number]
        written = self._builder.fields(shot, variant)
        wording = wording_of(written.values(), self._wordings)
        prompts = self._prompts(take, written, {**shot.variables(), **variables_of(variant)})
        variables = tuple(variables_of_take(self._project, shot, variant, wording))
        return Marked(prompts, variables, tuple(cast_of(self._project, shot, take, wording)))

    def _variants_of(self, shot: Shot) -> Mapping[tuple[Pairs, str, Pairs], Variant]:
        if shot.name not in self._variants:
            every = (Variant(version, cell) for version in versions_of(self._project) for cell in cells_of(shot.matrix))
            self._variants[shot.name] = {
                address_of(self._project, shot, each, 1).without_number: each for each in every
            }
        return self._variants[shot.name]

    def _prompts(
        self, take: Take, written: Mapping[str, Sourced], variables: Mapping[str, Any]
    ) -> tuple[tuple[Stretch, ...], ...]:
        field, texts = _texts_of(take)
        if field not in written:
            return tuple((Stretch(text),) for text in texts)
        names = [*variables, *(f"element.{name}" for name in self._project.elements)]
        numbers = {name: number for number, name in enumerate(names)}
        values = {name: marking(value, numbers[name]) for name, value in variables.items()}
        rendered = self._values.rendered(written[field], {**values, "element": self._elements(take, numbers)}, [])
        marked = [each.get("prompt") for each in rendered] if isinstance(rendered, list) else [rendered]
        collapse = self._project.table.prompt_whitespace == "collapse"
        return tuple(
            stretches_of(str(found or ""), text, names, collapse)
            for found, text in zip([*marked, *texts[len(marked) :]], texts, strict=False)
        )

    def _elements(self, take: Take, numbers: Mapping[str, int]) -> ElementTexts:
        sent = {each["name"] for each in take.body.get("kling_elements", ())}

        def text_of(name: str, description: str) -> ElementText:
            number = numbers[f"element.{name}"]
            printed = between(number, f"@{name}" if name in sent else description)
            return ElementText(MarkedText(name, number), MarkedText(description, number), printed)

        elements = self._project.elements.items()
        return ElementTexts({name: text_of(name, each.table.description) for name, each in elements})


def _texts_of(take: Take) -> tuple[str, list[str]]:
    """The field that holds the words of a request, and the words."""
    cuts = take.body.get("multi_prompt")
    if cuts:
        return "multi_prompt", [str(each.get("prompt", "")) for each in cuts]
    return "prompt", [str(take.body["prompt"])] if "prompt" in take.body else []


class _Unmarked(SearchPath):
    """A search path on which templates are found also where a variable with marks is part of their name."""

    def _find(self, name: str) -> Path | None:
        return super()._find("".join(sign for sign, _ in signs_of(name)))


# ── lines


def _located(found: dict[tuple[Pairs, str, Pairs], Marked]) -> dict[tuple[Pairs, str, Pairs], Marked]:
    """The same with line and column of every place; each file is read once."""
    places = {
        place: None
        for marked in found.values()
        for place in (
            *(origin.place for each in marked.variables for origin in each.origins[:1]),
            *(member.place for member in marked.cast),
        )
    }
    lines: dict[Place, Place] = dict(
        zip(places, (fault.place for fault in locate([Fault(each, "") for each in places])), strict=True)
    )

    def placed(each: Explained) -> Explained:
        return replace(each, origins=tuple(replace(one, place=lines[one.place]) for one in each.origins[:1]))

    return {
        variant: replace(
            marked,
            variables=tuple(map(placed, marked.variables)),
            cast=tuple(replace(each, place=lines[each.place]) for each in marked.cast),
        )
        for variant, marked in found.items()
    }
