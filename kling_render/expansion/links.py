"""Continuity: which variant of another shot a reference means, and whether references go in a circle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kling_render.catalog import FieldSpec, did_you_mean
from kling_render.errors import Fault, Place
from kling_render.expansion.address import Address, value_text, variant_of
from kling_render.expansion.references import Reference, WrittenReference, WrongReferenceError, read_reference
from kling_render.expansion.take import Take
from kling_render.expansion.variants import Variant, address_of, cells_of
from kling_render.project import Project, Shot

_LONGEST_CHAIN = 4
"""Clips in a row, each beginning on the frame of the one before, up to which nobody is warned."""

_MOST_CLIPS = 200
"""Clips in a row that are followed from one to the next."""


class Links:
    """Finds the upstream variants of references; what is wrong goes into a list of faults."""

    def __init__(self, project: Project, faults: list[Fault]) -> None:
        self._project = project
        self._faults = faults
        self._found: dict[tuple[object, ...], Address | None] = {}

    def replaced(self, value: Any, spec: FieldSpec, name: str, shot: Shot, variant: Variant, place: Place) -> Any:
        """A rendered value with a `Reference` for each table that means one."""
        if isinstance(value, list) and spec.of is not None:
            inner = spec.of
            return [
                self.replaced(each, inner, name, shot, variant, Place(place.file, f"{place.key}[{at}]"))
                for at, each in enumerate(value)
            ]
        if not isinstance(value, Mapping) or spec.type not in ("url", "string"):
            return value
        try:
            written = read_reference(value, spec, name)
        except WrongReferenceError as error:
            at = Place(place.file, f"{place.key}.{error.key}" if error.key else place.key)
            of_key = error.key not in ("", "shot", "frame")
            self._faults.append(Fault(replace(at, of="key") if of_key else at, str(error), error.hint))
            return None
        upstream = self._upstream(written, variant, place)
        return None if upstream is None else Reference(upstream, written.part)

    def _upstream(self, written: WrittenReference, variant: Variant, place: Place) -> Address | None:
        target = self._project.shots.get(written.shot)
        if target is None and written.shot in self._project.faulty:
            return Address.of(written.shot, 1, written.axes, {})  # its own faults are reported, and nothing is sent
        place = Place(place.file, f"{place.key}.shot")
        if target is None:
            text = f'there is no shot "{written.shot}" to refer to{did_you_mean(written.shot, self._project.shots)}'
            self._faults.append(Fault(place, text))
            return None
        wanted = {name: value_text(value) for name, value in variant.values.items() if name in target.matrix.names}
        wanted |= written.axes
        key = (target.name, place, tuple(sorted(wanted.items())), tuple(sorted(variant.version.items())))
        if key not in self._found:
            self._found[key] = self._paired(target, wanted, variant, place)
        return self._found[key]

    def _paired(self, target: Shot, wanted: Mapping[str, str], variant: Variant, place: Place) -> Address | None:
        """The one variant with equal axes; an axis that only the other shot has must be named."""
        if unknown := sorted(set(wanted) - target.matrix.names):
            text = f"{target.name} has no axis {unknown[0]}{did_you_mean(unknown[0], target.matrix.names)}"
            known = f"Its axes are {', '.join(sorted(target.matrix.names))}." if target.matrix.names else ""
            self._faults.append(Fault(place, text, known))
            return None
        found = [
            cell
            for cell in cells_of(target.matrix)
            if all(name in cell and value_text(cell[name]) == value for name, value in wanted.items())
        ]
        if len(found) == 1:
            return address_of(self._project, target, Variant(variant.version, found[0]), 1)
        if found:
            free = ", ".join(sorted(target.matrix.names - set(wanted)))
            text = f"{target.name} has {len(found)} variants that fit, by {free}: which one is meant?"
            first = variant_of(address_of(self._project, target, Variant({}, found[0]), 1))
            self._faults.append(Fault(place, text, f"Name it, such as shot = '{first}'."))
        else:
            values = ", ".join(f"{name}={value}" for name, value in sorted(wanted.items()))
            self._faults.append(Fault(place, f"{target.name} has no variant with {values}", _known(target, wanted)))
        return None


def _known(target: Shot, wanted: Mapping[str, str]) -> str:
    """The values of the axes that were named."""
    axes = {name: target.matrix.axes[name] for name in sorted(wanted) if name in target.matrix.axes}
    return " ".join(f"{name} is one of {', '.join(map(value_text, values))}." for name, values in axes.items())


def with_upstreams(takes: Sequence[Take]) -> list[Take]:
    """The takes among these whose upstream takes are there too, and so on up: what can be identified and priced."""
    left: list[Take] = []
    kept = list(takes)
    while len(kept) != len(left):
        left = kept
        there = {take.address.without_number for take in left}
        kept = [take for take in left if all(each.upstream.without_number in there for each in take.references)]
    return kept


def holds_reference(value: Any) -> bool:
    """Whether a written value refers to another shot."""
    if isinstance(value, Mapping):
        return "shot" in value
    return isinstance(value, list | tuple) and any(map(holds_reference, value))


def judge_chains(project: Project) -> Iterator[tuple[str, Fault]]:
    """References that go in a circle, and chains so long that pictures drift, each with the shot that closes them."""
    edges = {shot.name: list(_edges(shot)) for shot in project.shots.values()}
    depths: dict[str, int] = {}
    for name in edges:
        yield from _walk(name, edges, depths, [])


def _walk(
    name: str, edges: Mapping[str, list[tuple[str, Place]]], depths: dict[str, int], path: list[str]
) -> Iterator[tuple[str, Fault]]:
    if name in depths:
        return
    depth = 1
    for upstream, place in edges.get(name, ()):
        if upstream in (*path, name):
            circle = [*path, name][[*path, name].index(upstream) :]
            text = f"{' begins on '.join([*circle, upstream])}: a circle"
            yield name, Fault(place, text, "One of them must begin by itself.")
        elif len(path) >= _MOST_CLIPS:
            text = f"a chain of more than {_MOST_CLIPS} clips, each waiting for the one before"
            yield name, Fault(place, text, "Begin anew from a picture of its own.")
        else:
            yield from _walk(upstream, edges, depths, [*path, name])
            depth = max(depth, 1 + depths.get(upstream, 0))
            if depth == _LONGEST_CHAIN + 1:
                text = f"{name} is clip {depth} of a chain, each beginning on the one before: pictures drift with each"
                yield name, Fault(place, text, "Begin anew from a picture of its own.", "warning")
    depths[name] = depth


def _edges(shot: Shot) -> Iterator[tuple[str, Place]]:
    for sourced in shot.fields.values():
        for value in sourced.value if isinstance(sourced.value, tuple) else (sourced.value,):
            if isinstance(value, Mapping) and isinstance(name := value.get("shot"), str):
                yield name.partition("[")[0], sourced.place


def has_references(project: Project) -> bool:
    """Whether any shot refers to another."""
    return any(True for shot in project.shots.values() for _ in _edges(shot))
