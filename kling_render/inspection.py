"""Everything wrong or doubtful in a project, from its TOML to its last request, in one report."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from kling_render.catalog import Catalog
from kling_render.errors import Fault, Place, by_place
from kling_render.expansion import expand_leniently, upstreams_among
from kling_render.expansion.doubts import judge_unused
from kling_render.expansion.links import with_upstreams
from kling_render.ledger import Snapshot
from kling_render.planning import plan_each, twin_warnings
from kling_render.project import DEFAULT_PROFILE, load_leniently, locate

_NUMBER = re.compile(r"\d+")


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
    others = [_inspect(path, catalog, profile) for profile in first.profiles if profile != DEFAULT_PROFILE]
    every = list(first.faults)
    for each in others:
        told = {_gist(fault) for fault in every}
        every += [fault for fault in each.faults if fault.severity == "error" or _gist(fault) not in told]
    unused = [fault for fault in first.unused if all(fault in each.unused for each in others)]
    return Inspection(tuple(sorted(dict.fromkeys(locate([*every, *unused])), key=by_place)), first.shots, first.takes)


def _gist(fault: Fault) -> tuple[Place, str]:
    """A warning without its numbers: a profile that only changes prices or lengths says nothing new."""
    return fault.place, _NUMBER.sub("", fault.message)


@dataclass(frozen=True)
class _UnderProfile:
    """What was found under one profile.

    Attributes:
        unused: what nothing uses there; another profile may use it.
        profiles: the names of all profiles.
    """

    faults: tuple[Fault, ...]
    unused: tuple[Fault, ...] = ()
    shots: int = 0
    takes: int = 0
    profiles: tuple[str, ...] = ()


def _inspect(path: Path, catalog: Catalog, profile: str) -> _UnderProfile:
    loading = load_leniently(path, catalog, profile)
    project = loading.project
    if project is None:
        return _UnderProfile(loading.faults)
    takes, faults = expand_leniently(project)
    is_whole = not loading.faults and all(fault.severity == "warning" for fault in faults)
    standing = takes if is_whole else with_upstreams(takes)
    planned = plan_each(project, standing, upstreams_among(standing), Snapshot())
    twins = twin_warnings(planned, project, whole=is_whole)
    unused = judge_unused(project)
    others = [fault for fault in (*loading.faults, *faults, *twins) if fault not in unused]
    return _UnderProfile(
        tuple(others), tuple(unused) if not loading.faults else (), len(project.shots), len(takes), project.profiles
    )
