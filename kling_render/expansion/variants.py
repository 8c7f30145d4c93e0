"""One variant of one shot in one version: which fields and variables it sets, and its place in an address."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from kling_render.catalog import FieldSpec
from kling_render.errors import Place
from kling_render.expansion.address import Address, Pairs
from kling_render.project import Matrix, Project, Shot, Sourced
from kling_render.project.cells import cells
from kling_render.project.matrix import PROMPT_AXIS
from kling_render.project.reports import dotted

_LONGEST_STEM = 80
_UNFIT = re.compile(r"[^\w.]+")


@dataclass(frozen=True)
class Variant:
    """The values of one combination.

    Attributes:
        version: of the film's versions.
        values: of the shot's own matrix.
    """

    version: Mapping[str, Any]
    values: Mapping[str, Any]


def versions_of(project: Project) -> Iterator[Mapping[str, Any]]:
    """The versions of the film; one without values where there are none."""
    yield from cells_of(project.versions)


def cells_of(matrix: Matrix) -> Iterator[Mapping[str, Any]]:
    """The combinations of a matrix that are built; one without values where nothing varies."""
    if not matrix.names:
        yield {}
        return
    yield from cells(matrix.axes, matrix.rows, matrix.exclude)


def address_of(project: Project, shot: Shot, variant: Variant, number: int) -> Address:
    """The address of a take: of rows, only the key columns enter it."""
    return Address.of(shot.name, number, _named(shot.matrix, variant.values), _named(project.versions, variant.version))


def title_of(shot: Shot, address: Address) -> str:
    """What names its files: `[version/]shot/variant`, or the shot's title alone where nothing varies."""
    if not address.version and not address.variant:
        return shot.title
    stem = _in_a_name(address.variant) or shot.title
    return "/".join(part for part in (_in_a_name(address.version), shot.title, stem) if part)


def _in_a_name(pairs: Pairs) -> str:
    return "_".join(word for _, value in pairs if (word := _word(value)))[:_LONGEST_STEM]


@lru_cache(maxsize=4096)
def _word(value: str) -> str:
    return _UNFIT.sub("-", value).strip("-.")


def fields_of(project: Project, shot: Shot, variant: Variant, known: Mapping[str, FieldSpec]) -> dict[str, Sourced]:
    """The request fields that the variant sets."""
    found = {
        name: Sourced(value, project.versions.place_in(variant.version, name), "version", shot.fields.get(name))
        for name, value in variant.version.items()
        if name in known and name not in shot.unset
    }
    for name, value in variant.values.items():
        if name == PROMPT_AXIS and shot.table.prompts:
            prompts = shot.own["prompts"]
            place = Place(prompts.place.file, dotted(prompts.place.key, str(value)))
            found[name] = Sourced(shot.table.prompts[value], place, prompts.layer)
        elif name in known:
            found[name] = Sourced(value, shot.matrix.place_in(variant.values, name), "variant", shot.fields.get(name))
    return found


def variables_of(variant: Variant) -> dict[str, Any]:
    """The variables that the variant sets: all of its values, those that set a field as well."""
    return {name: each for name, each in {**variant.version, **variant.values}.items() if name != PROMPT_AXIS}


def _named(matrix: Matrix, values: Mapping[str, Any]) -> dict[str, Any]:
    if not matrix.key:
        return dict(values)
    return {name: value for name, value in values.items() if name in matrix.axes or name in matrix.key}
