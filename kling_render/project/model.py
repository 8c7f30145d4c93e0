"""The typed, frozen project that all later steps read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kling_render.catalog import Catalog
from kling_render.errors import Place
from kling_render.project.cells import count_cells
from kling_render.project.tables import BudgetTable, CutTable, ElementTable, ProjectTable, RenderTable, ShotTable

DEFAULT_PROFILE = "default"
_NOWHERE = Place(Path())


@dataclass(frozen=True)
class Sourced:
    """A value with the place where it was written; local paths are relative to that place's file.

    Attributes:
        layer: what wrote it, in words: `defaults`, `scene deck`, `shot walk`, `profile final`.
        beneath: what it lies over: the value that would count without it.
    """

    value: Any
    place: Place
    layer: str = ""
    beneath: Sourced | None = None

    @property
    def chain(self) -> Iterator[Sourced]:
        """The value that counts, then what it lies over, down to the ground."""
        current: Sourced | None = self
        while current is not None:
            yield current
            current = current.beneath


@dataclass(frozen=True)
class Element:
    """A recurring character or prop."""

    name: str
    table: ElementTable
    place: Place


@dataclass(frozen=True)
class Matrix:
    """What varies, and how: axes and rows multiply, excluded combinations are left out.

    Attributes:
        axes: the values of each axis.
        rows: combinations of values that go together.
        key: the columns of the rows that enter an address; empty: all of them.
        exclude: partial combinations that are not built.
        maximum: how many combinations are allowed.
        place: where it was written.
        row_places: where each row was written.
    """

    axes: Mapping[str, tuple[Any, ...]] = field(default_factory=lambda: MappingProxyType({}))
    rows: tuple[Mapping[str, Any], ...] = ()
    key: tuple[str, ...] = ()
    exclude: tuple[Mapping[str, Any], ...] = ()
    maximum: int = 1000
    place: Place = _NOWHERE
    row_places: tuple[Place, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """The names of all axes and columns."""
        return frozenset({*self.axes, *(name for row in self.rows for name in row)})

    @property
    def count(self) -> int:
        """How many combinations there are before any is excluded; nothing is built to know it."""
        return count_cells(self.axes, self.rows)

    def place_of(self, name: str) -> Place:
        """Where an axis (or, for a column, the matrix) was written."""
        return Place(self.place.file, f"{self.place.key}.axes.{name}") if name in self.axes else self.place

    def place_in(self, cell: Mapping[str, Any], name: str) -> Place:
        """Where the value was written that a cell has of an axis or column."""
        if name in self.axes:
            index = self.axes[name].index(cell[name])
            return Place(self.place.file, f"{self.place.key}.axes.{name}[{index}]")
        row = self._row_of.get(self._identity(cell))
        if row is None:
            return self.place
        place = self.row_places[row]
        return replace(place, key=f"{place.key}.{name}" if place.key else name)

    @cached_property
    def _columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for row in self.rows for name in row))

    @cached_property
    def _row_of(self) -> dict[tuple[Any, ...], int]:
        """The index of each row by all of its values."""
        return {self._identity(row): index for index, row in enumerate(self.rows)}

    def _identity(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(values.get(name) for name in self._columns)


NO_MATRIX = Matrix()


@dataclass(frozen=True)
class Shot:
    """A shot with everything that it inherits, under one profile.

    Attributes:
        table: the tool's own keys, all layers laid over each other.
        own: the same keys with their sources, as far as they were written.
        fields: the API fields, with their sources.
        vars: the variables of its templates, with their sources.
        unset: fields that versions must not set either.
        place: where the shot itself was written.
        matrix: its variants.
    """

    name: str
    table: ShotTable
    own: Mapping[str, Sourced]
    fields: Mapping[str, Sourced]
    vars: Mapping[str, Sourced]
    unset: frozenset[str]
    place: Place
    matrix: Matrix = NO_MATRIX

    @property
    def cuts(self) -> tuple[CutTable, ...]:
        """The cuts of a sequence; empty for a shot with one prompt."""
        return self.table.sequence

    @property
    def title(self) -> str:
        """What names its files and exports."""
        return self.table.label or self.name

    def at(self, key: str) -> Place:
        """Where one of its keys was written, be it by itself or by what it inherits from."""
        first = key.split("[")[0].split(".")[0]
        if first in self.own:
            place = self.own[first].place
            return Place(place.file, place.key + key.removeprefix(first))
        return Place(self.place.file, f"{self.place.key}.{key}")

    def variables(self) -> dict[str, Any]:
        """The values of its variables."""
        return {name: sourced.value for name, sourced in self.vars.items()}


@dataclass(frozen=True)
class Project:
    """One project file with everything it includes, under one profile, and the catalog it is judged and priced by.

    Attributes:
        faulty: shots that are written but left out, for faults of their own.
        files: what it was read from: its own file, what that includes, files of rows, its catalog.
    """

    path: Path
    catalog: Catalog
    schema: int
    profile: str
    profiles: tuple[str, ...]
    table: ProjectTable
    budget: BudgetTable
    render: RenderTable
    elements: Mapping[str, Element]
    scenes: tuple[str, ...]
    versions: Matrix
    shots: Mapping[str, Shot]
    order: tuple[str, ...]
    faulty: frozenset[str] = frozenset()
    files: tuple[Path, ...] = ()

    @property
    def folder(self) -> Path:
        """The folder of the project file: where clips, ledger and picks live."""
        return self.path.parent
