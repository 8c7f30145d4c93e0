"""What lies over what: defaults, scene, parents, the shot, its profile; each value keeps where it comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from kling_render.catalog import Catalog, closest, did_you_mean
from kling_render.errors import Place
from kling_render.project.frozen import freeze
from kling_render.project.model import Sourced
from kling_render.project.names import check_variables
from kling_render.project.reports import Report, dotted
from kling_render.project.tables import Table

PROMPTS = ("prompt", "prompt_file", "sequence", "prompts")
"""Ways to write what a clip shows; a layer that uses one of them replaces the others."""
_OF_ONE_SHOT = frozenset({"label", "notes", "extends"})
"""Keys that a child does not take over."""
_MERGED = frozenset({"matrix"})
_APART = frozenset({"takes", "label", "notes", "tags", "estimate_seconds"})
"""Keys without which the rest of a shot can be judged: nothing else follows from them."""

Values = Mapping[str, Sourced]


@dataclass(frozen=True)
class Layer:
    """What one table contributes."""

    name: str
    own: Values = field(default_factory=dict)
    fields: Values = field(default_factory=dict)
    vars: Values = field(default_factory=dict)
    unset: tuple[str, ...] = ()

    def for_children(self) -> Layer:
        """The layer without what belongs to its shot alone."""
        return replace(self, own={name: each for name, each in self.own.items() if name not in _OF_ONE_SHOT})


def read_layer(
    name: str, kind: type[Table], raw: Mapping[str, Any], place: Place, catalog: Catalog, report: Report
) -> Layer | None:
    """A table of API fields and of the tool's own keys (those of `kind`); None where too little of it is right."""
    known, written_as = _known_keys(raw, kind, place, catalog, report)
    if raw and not known:
        return None
    api = {key: value for key, value in known.items() if key in catalog.fields and key not in kind.model_fields}
    own = {key: value for key, value in known.items() if key not in api}
    found = len(report.faults)
    table = report.read_table(kind, own, place)
    if table is None or not (own.keys() - table.model_fields_set) <= _APART:
        told = [dotted(place.key, name) for name in written_as]
        report.faults[found:] = [each for each in report.faults[found:] if each.place.key not in told]
        return None
    written = table.model_fields_set - {"vars", "unset", "shot"}
    variables = getattr(table, "vars", {})
    check_variables(variables, Place(place.file, dotted(place.key, "vars")), report)
    unset = getattr(table, "unset", ())
    for index, field_name in enumerate(unset):
        if field_name not in catalog.fields:
            text = f'unknown field "{field_name}"{did_you_mean(field_name, catalog.fields)}'
            report.add(Place(place.file, dotted(place.key, "unset", index)), text, "unset takes request fields.")
    return Layer(
        name,
        own=_sourced({key: getattr(table, key) for key in written}, place, name, written_as),
        fields=_sourced(api, place, name, written_as),
        vars=_sourced(variables, Place(place.file, dotted(place.key, "vars")), name),
        unset=unset,
    )


def sourced(values: Mapping[str, Any], place: Place, layer: str) -> Values:
    """Values of a table with where they were written."""
    return _sourced(values, place, layer)


def lay(layers: Iterable[Layer]) -> Layer:
    """All layers as one, the later over the earlier: tables merge, everything else is replaced, `unset` removes."""
    own: dict[str, Sourced] = {}
    fields: dict[str, Sourced] = {}
    variables: dict[str, Sourced] = {}
    gone: set[str] = set()
    for layer in layers:
        for name in layer.unset:
            fields.pop(name, None)
        gone = (gone | set(layer.unset)) - set(layer.fields)
        _lay_prompts(own, layer.own)
        _lay(own, layer.own, merges=_MERGED.__contains__)
        _lay(fields, layer.fields, merges=lambda name: False)
        _lay(variables, layer.vars, merges=lambda name: True)
    frozen = [MappingProxyType(values) for values in (own, fields, variables)]
    return Layer("", frozen[0], frozen[1], frozen[2], tuple(sorted(gone)))


def _lay_prompts(below: dict[str, Sourced], above: Values) -> None:
    if any(name in above for name in PROMPTS):
        for name in PROMPTS:
            if name not in above:
                below.pop(name, None)


def _lay(below: dict[str, Sourced], above: Values, merges: Callable[[str], bool]) -> None:
    for name, each in above.items():
        under = below.get(name)
        value = _merged(under.value, each.value) if under is not None and merges(name) else each.value
        below[name] = replace(each, value=value, beneath=under)


def _merged(below: Any, above: Any) -> Any:
    if isinstance(below, Table) and isinstance(above, Table):
        written = {key: getattr(above, key) for key in above.model_fields_set}
        merged = {key: _merged(getattr(below, key), value) for key, value in written.items()}
        return below.model_copy(update=merged)
    if isinstance(below, Mapping) and isinstance(above, Mapping):
        return freeze({**below, **{key: _merged(below.get(key), value) for key, value in above.items()}})
    return above


def _sourced(
    values: Mapping[str, Any], place: Place, layer: str, written_as: Mapping[str, str] = MappingProxyType({})
) -> Values:
    return {
        key: Sourced(freeze(value), Place(place.file, dotted(place.key, written_as.get(key, key))), layer)
        for key, value in values.items()
    }


def _known_keys(
    raw: Mapping[str, Any], kind: type[Table], place: Place, catalog: Catalog, report: Report
) -> tuple[dict[str, Any], dict[str, str]]:
    """The table without its unknown keys, each of them reported; a mistyped one goes on as what it was meant to be.

    With them come the mistyped keys, by what they were meant to be.
    """
    known = [*kind.model_fields, *catalog.fields]
    kept = {key: value for key, value in raw.items() if key in known}
    written_as: dict[str, str] = {}
    for key in raw:
        if key not in known:
            report.unknown_key(Place(place.file, dotted(place.key, key)), key, raw[key], known)
            meant = closest(key, known)
            if meant is not None and meant not in kept:
                kept[meant] = raw[key]
                written_as[meant] = key
    return kept, written_as
