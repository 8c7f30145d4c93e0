"""One take explained: every value with where it comes from, what it lies over, and what nobody wrote."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kling_render.catalog import did_you_mean, infer_action
from kling_render.errors import Fault, Place, UsageError
from kling_render.expansion.address import Address, ShortIds
from kling_render.expansion.doubts.wording import NOTHING, Wording, Wordings
from kling_render.expansion.request import RequestBuilder
from kling_render.expansion.take import Take
from kling_render.expansion.templating.renderer import Renderer
from kling_render.expansion.templating.sources import search_path
from kling_render.expansion.values import TemplateFile, Values
from kling_render.expansion.variants import Variant, address_of, cells_of, variables_of, versions_of
from kling_render.project import Element, Matrix, Project, Shot, Sourced, locate

_OF_A_SEQUENCE = ("multi_shots", "multi_prompt", "duration_seconds")


@dataclass(frozen=True)
class Origin:
    """A value as it was written, by which layer, and where."""

    value: Any
    layer: str
    place: Place


@dataclass(frozen=True)
class Explained:
    """A value that counts.

    Attributes:
        value: as it is sent, or as templates see it.
        origins: where it was written, then what that lies over, down to the ground.
        note: how the value follows from what was written, where that is not plain.
        is_used: whether the templates of the take name it; always true for what is sent.
    """

    name: str
    value: Any
    origins: tuple[Origin, ...] = ()
    note: str = ""
    is_used: bool = True


@dataclass(frozen=True)
class Default:
    """What counts for a field that nobody wrote, and who says so."""

    name: str
    value: Any
    source: str


@dataclass(frozen=True)
class CastMember:
    """An element that the shot lists or names, and what of it is sent."""

    name: str
    description: str
    sent: str
    place: Place


@dataclass(frozen=True)
class Explanation:
    """Everything about one take that follows from the project alone.

    Attributes:
        endpoint: the action, with where it was written if it was.
        fields: of the request, in its order.
        left_out: inherited fields that `unset` took away.
    """

    take: Take
    endpoint: Explained
    fields: tuple[Explained, ...]
    left_out: tuple[str, ...]
    defaults: tuple[Default, ...]
    variables: tuple[Explained, ...]
    elements: tuple[CastMember, ...]


def find_address(text: str, addresses: Sequence[Address]) -> Address:
    """The take that an address, the beginning of a short id or a shot alone means (the first one of it).

    Raises:
        UsageError: it means none, or several.
    """
    of_shot = [each for each in addresses if each.shot == text]
    if of_shot:
        return of_shot[0]
    if "#" not in text and text.replace("-", "_").isidentifier():
        guess = did_you_mean(text, {each.shot for each in addresses})
        raise UsageError(
            f'there is no shot "{text}"{guess}', hint="Addresses stand in: kling-render plan --format json"
        )
    return ShortIds(addresses).find(text if "#" in text else f"{text}#1")


def explain_take(project: Project, take: Take) -> Explanation:
    """Explain one of the takes of a project."""
    shot = project.shots[take.address.shot]
    variant = _variant_of(project, shot, take)
    renderer = RequestBuilder(project, Values(project, Renderer(search_path(project))), [])
    written = renderer.fields(shot, variant)
    wording = wording_of(written.values(), Wordings(search_path(project)))
    shown = take.shown_body()
    explained = Explanation(
        take,
        _endpoint(shot, take),
        tuple(_field(name, shown[name], project, shot, variant, written) for name in shown),
        tuple(sorted(shot.unset - shown.keys())),
        tuple(_defaults(project, take)),
        tuple(variables_of_take(project, shot, variant, wording)),
        tuple(cast_of(project, shot, take, wording)),
    )
    return _located(explained)


def _variant_of(project: Project, shot: Shot, take: Take) -> Variant:
    every = (Variant(version, cell) for version in versions_of(project) for cell in cells_of(shot.matrix))
    number = take.address.number
    return next(each for each in every if address_of(project, shot, each, number) == take.address)


def wording_of(written: Iterable[Sourced], wordings: Wordings) -> Wording:
    """What the templates of a request, as written, name."""
    found = NOTHING
    for sourced in written:
        found |= wordings.of_value(sourced)
        values = [sourced.value]
        if isinstance(sourced.value, list | tuple):
            values = [each.get("prompt") for each in sourced.value if isinstance(each, Mapping)]
        for value in values:
            if isinstance(value, TemplateFile):
                found |= wordings.of_file(value.name)
    return found


# ── fields


def _field(
    name: str, value: Any, project: Project, shot: Shot, variant: Variant, written: Mapping[str, Sourced]
) -> Explained:
    sourced = written.get(name)
    if sourced is None:  # only elements are sent without being a field
        return Explained(name, value, (Origin(list(shot.table.elements), _layer_of(shot), shot.at("elements")),))
    origins = tuple(_origins(name, sourced, project, shot, variant))
    return Explained(name, value, origins, _note(name, value, sourced, shot))


def _layer_of(shot: Shot) -> str:
    return shot.own["elements"].layer if "elements" in shot.own else f"shot {shot.name}"


def _note(name: str, value: Any, sourced: Sourced, shot: Shot) -> str:
    if shot.cuts and name in _OF_A_SEQUENCE and sourced.place == shot.own["sequence"].place:
        return "the sum of the cuts" if name == "duration_seconds" else "of the sequence"
    if name == "model" and sourced.value != value and "{" not in str(sourced.value):
        return f"{sourced.value} is a family: on this endpoint it stands for this model"
    if isinstance(sourced.value, TemplateFile):
        return f"from the template {sourced.value.name}"
    takes_over = isinstance(sourced.value, str) and "super" in sourced.value and sourced.beneath is not None
    return "by super() with what it lies over" if takes_over else ""


def _origins(name: str, sourced: Sourced, project: Project, shot: Shot, variant: Variant) -> Iterator[Origin]:
    """Where a field was written, and what it lies over: the shot's own below a variant, a version between them."""
    origin = Origin(_readable(sourced.value), _layer_words(sourced, shot), sourced.place)
    if sourced.layer == "variant":
        yield replace(origin, place=_place_in(shot.matrix, name, variant.values))
        if name in variant.version and name not in shot.unset:
            yield Origin(variant.version[name], "version", project.versions.place_of(name))
    elif sourced.layer == "version":
        yield replace(origin, place=_place_in(project.versions, name, variant.version))
    else:
        yield origin
    beneath = sourced.beneath
    if beneath is None and shot.cuts and name == "duration_seconds" and sourced.place == shot.own["sequence"].place:
        beneath = shot.fields.get(name)
    for each in beneath.chain if beneath is not None else ():
        yield Origin(_readable(each.value), each.layer, each.place)


def _layer_words(sourced: Sourced, shot: Shot) -> str:
    return f"{sourced.layer}, its prompts" if ".prompts." in f".{sourced.place.key}" else sourced.layer


def _place_in(matrix: Matrix, name: str, values: Mapping[str, Any]) -> Place:
    """Where an axis was written, or the row that a column's value stands in."""
    if name in matrix.axes:
        return matrix.place_of(name)
    of_rows = {key: value for key, value in values.items() if key not in matrix.axes}
    found = (place for row, place in zip(matrix.rows, matrix.row_places, strict=False) if dict(row) == of_rows)
    return next(found, matrix.place_of(name))


def _readable(value: Any) -> Any:
    """A written value as JSON knows it."""
    if isinstance(value, TemplateFile):
        return value.name
    if isinstance(value, Mapping):
        return {key: _readable(each) for key, each in value.items()}
    return [_readable(each) for each in value] if isinstance(value, list | tuple) else value


# ── what follows from the fields


def _endpoint(shot: Shot, take: Take) -> Explained:
    """The action: as the shot says, or by which fields it was found."""
    if "endpoint" in shot.own:
        sourced = shot.own["endpoint"]
        origins = tuple(Origin(each.value, each.layer, each.place) for each in sourced.chain)
        return Explained("endpoint", take.action, origins)
    body = dict(take.body)
    deciding = [name for name in body if infer_action({key: body[key] for key in body if key != name}) != take.action]
    asking = " and ".join(deciding)
    verb = "ask" if len(deciding) > 1 else "asks"
    return Explained("endpoint", take.action, note=f"{asking} {verb} for it" if asking else "nothing asks for another")


def _defaults(project: Project, take: Take) -> Iterator[Default]:
    model = project.catalog.model(take.action, take.model)
    sources = project.catalog.contract.sources
    for name, spec in model.fields.items() if model is not None else ():
        if spec.default is not None and name not in take.body and take.effective.get(name) == spec.default:
            yield Default(name, spec.default, str(sources[spec.default_source or spec.source]))


def variables_of_take(project: Project, shot: Shot, variant: Variant, wording: Wording) -> Iterator[Explained]:
    """The variables that the templates of a take see, with their sources; their places have no lines yet."""
    varied = variables_of(variant)
    for name in sorted({*shot.vars, *varied}):
        below = [Origin(_readable(each.value), each.layer, each.place) for each in _chain(shot.vars.get(name))]
        if name in variant.version:
            below.insert(
                0, Origin(variant.version[name], "version", _place_in(project.versions, name, variant.version))
            )
        if name in variant.values:
            below.insert(0, Origin(variant.values[name], "variant", _place_in(shot.matrix, name, variant.values)))
        note = ""
        if name in varied and name in project.catalog.fields:
            note = "sets the field"
        elif name in (*shot.matrix.key, *project.versions.key):
            note = "names the row"
        yield Explained(name, below[0].value, tuple(below), note, name in wording.names)


def _chain(sourced: Sourced | None) -> Iterable[Sourced]:
    return sourced.chain if sourced is not None else ()


def cast_of(project: Project, shot: Shot, take: Take, wording: Wording) -> Iterator[CastMember]:
    """The elements that a shot lists or names; their places have no lines yet."""
    sent = {each["name"] for each in take.body.get("kling_elements", ())}
    for name in dict.fromkeys([*shot.table.elements, *sorted(wording.elements & project.elements.keys())]):
        element = project.elements[name]
        yield CastMember(name, element.table.description, _sent(element, shot, take, name in sent), element.place)


def _sent(element: Element, shot: Shot, take: Take, is_sent: bool) -> str:
    """What of an element goes along, in words."""
    if is_sent:
        return f"as @{element.name}, with its pictures"
    if element.name not in shot.table.elements:
        return "in words: the shot does not list it"
    if not element.table.images and not element.table.videos:
        return "in words: it has no pictures"
    return f"in words: {take.model} takes no elements"


# ── lines


def _located(explanation: Explanation) -> Explanation:
    """The same with line and column of every place; each file is read once."""
    every = (explanation.endpoint, *explanation.fields, *explanation.variables)
    places = [origin.place for each in every for origin in each.origins]
    places += [each.place for each in explanation.elements]
    lines = dict(zip(places, (fault.place for fault in locate([Fault(each, "") for each in places])), strict=True))

    def placed(each: Explained) -> Explained:
        return replace(each, origins=tuple(replace(origin, place=lines[origin.place]) for origin in each.origins))

    return replace(
        explanation,
        endpoint=placed(explanation.endpoint),
        fields=tuple(map(placed, explanation.fields)),
        variables=tuple(map(placed, explanation.variables)),
        elements=tuple(replace(each, place=lines[each.place]) for each in explanation.elements),
    )
