"""Profiles: named sets of overrides (draft, final), laid over every shot or over one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from kling_render.catalog import Catalog, did_you_mean
from kling_render.errors import Place
from kling_render.project.layers import Layer, read_layer
from kling_render.project.reading import Document
from kling_render.project.reports import Report, dotted
from kling_render.project.tables import ProfileTable, ShotTable


@dataclass(frozen=True)
class Profile:
    """What one profile lays over the shots."""

    every: tuple[Layer, ...] = ()
    single: Mapping[str, Layer] = field(default_factory=dict)

    def layers_of(self, shot: str) -> list[Layer]:
        """What lies over a shot: what is for every one, then what is for this one."""
        return [*self.every, *([self.single[shot]] if shot in self.single else [])]


def read_profiles(document: Document, catalog: Catalog, report: Report) -> dict[str, Profile]:
    """All profiles of the project; what is wrong in any goes into the report."""
    raw = document.tables.get("profile", {})
    if not isinstance(raw, dict):
        report.add(Place(document.path, "profile"), "profile must be a table")
        return {}
    return {name: _read(document, name, table, catalog, report) for name, table in raw.items()}


def _read(document: Document, name: str, raw: Any, catalog: Catalog, report: Report) -> Profile:
    place = Place(document.path, dotted("profile", name))
    if not isinstance(raw, dict):
        report.add(place, f"{place.key} must be a table")
        return Profile()
    every = read_layer(f"profile {name}", ProfileTable, raw, place, catalog, report)
    shots, known = raw.get("shot", {}), document.tables.get("shot", {})
    single: dict[str, Layer] = {}
    for shot, table in shots.items() if isinstance(shots, dict) else ():
        key = Place(document.path, dotted(place.key, "shot", shot))
        if isinstance(known, dict) and shot not in known:
            named = replace(key, of="key")
            report.add(named, f'there is no shot "{shot}"{did_you_mean(shot, known)}', "Overrides are for its shots.")
        elif isinstance(table, dict):
            layer = read_layer(f"profile {name}, shot {shot}", ShotTable, table, key, catalog, report)
            single |= {shot: layer} if layer is not None else {}
    return Profile((every,) if every is not None else (), single)
