"""Everything wrong or doubtful in a project, from its TOML to its last request, in one report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from kling_render.catalog import Catalog
from kling_render.errors import Fault, by_place
from kling_render.expansion import expand_leniently, upstreams_among
from kling_render.ledger import Snapshot
from kling_render.planning import plan_each, twin_warnings
from kling_render.project import DEFAULT_PROFILE, load_leniently, locate


@dataclass(frozen=True)
class Inspection:
    """All faults and warnings sorted by place, and how much of the project is right."""

    faults: tuple[Fault, ...]
    shots: int
    takes: int

    @property
    def errors(self) -> list[Fault]:
        """The faults alone, without the warnings."""
        return [fault for fault in self.faults if fault.severity == "error"]


def inspect(path: Path, catalog: Catalog) -> Inspection:
    """Inspect the project in a file or folder under all of its profiles; never raises for a bad project.

    Args:
        path: the project file, or its folder.
        catalog: the API contract and rate cards below the project's own.
    """
    first = _inspect(path, catalog, DEFAULT_PROFILE)
    others = [_inspect(path, catalog, profile)[0] for profile in first[1] if profile != DEFAULT_PROFILE]
    if not others:
        return first[0]
    every = dict.fromkeys(fault for each in (first[0], *others) for fault in each.faults)
    return replace(first[0], faults=tuple(sorted(every, key=by_place)))


def _inspect(path: Path, catalog: Catalog, profile: str) -> tuple[Inspection, tuple[str, ...]]:
    """The faults under one profile, and the names of all profiles."""
    loading = load_leniently(path, catalog, profile)
    if loading.project is None:
        return Inspection(tuple(sorted(locate(loading.faults), key=by_place)), 0, 0), ()
    takes, faults = expand_leniently(loading.project)
    planned = plan_each(loading.project, takes, upstreams_among(takes), Snapshot())
    every = locate([*loading.faults, *faults, *twin_warnings(planned, loading.project)])
    faults_in_order = tuple(sorted(dict.fromkeys(every), key=by_place))
    return Inspection(faults_in_order, len(loading.project.shots), len(takes)), loading.project.profiles
