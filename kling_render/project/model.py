"""The typed, frozen project that all later steps read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kling_render.catalog import Catalog
from kling_render.errors import Place
from kling_render.project.tables import BudgetTable, CutTable, ElementTable, ProjectTable, RenderTable, ShotTable


@dataclass(frozen=True)
class Sourced:
    """A value with the place where it was written; local paths are relative to that place's file."""

    value: Any
    place: Place


@dataclass(frozen=True)
class Element:
    """A recurring character or prop."""

    name: str
    table: ElementTable
    place: Place


@dataclass(frozen=True)
class Shot:
    """A shot: the tool's own keys in `table`, API fields as written in `fields`."""

    name: str
    table: ShotTable
    fields: Mapping[str, Sourced]
    place: Place

    @property
    def cuts(self) -> tuple[CutTable, ...]:
        """The cuts of a sequence; empty for a shot with one prompt."""
        return self.table.sequence

    @property
    def title(self) -> str:
        """What names its files and exports."""
        return self.table.label or self.name

    def at(self, key: str) -> Place:
        """The place of one of its keys."""
        return Place(self.place.file, f"{self.place.key}.{key}")


@dataclass(frozen=True)
class Project:
    """One project file with everything it includes, and the catalog that it is judged and priced by."""

    path: Path
    catalog: Catalog
    schema: int
    table: ProjectTable
    budget: BudgetTable
    render: RenderTable
    defaults: Mapping[str, Sourced]
    vars: Mapping[str, Any]
    elements: Mapping[str, Element]
    shots: Mapping[str, Shot]
    order: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """The folder of the project file: where clips, ledger and picks live."""
        return self.path.parent

    def fields_of(self, shot: Shot) -> dict[str, Sourced]:
        """The API fields of a shot, its own laid over the defaults, without what it unsets."""
        merged = {**self.defaults, **shot.fields}
        return {name: sourced for name, sourced in merged.items() if name not in shot.table.unset}

    def vars_of(self, shot: Shot) -> dict[str, Any]:
        """The variables of a shot's templates."""
        return {**self.vars, **shot.table.vars}
