"""The named scenarios that travel with the package, one TOML file each."""

from __future__ import annotations

import functools
from importlib.resources import files
from pathlib import Path

from kling_render.catalog import did_you_mean
from mock_server.core.scenario import Scenario, ScenarioError, parse_scenario, read_scenario

__all__ = ["bundled_scenarios", "open_scenario"]


@functools.cache
def bundled_scenarios() -> dict[str, Scenario]:
    """All of them by file name, sorted (read once; they are immutable)."""
    folder = files("mock_server.scenarios")
    names = sorted(each.name for each in folder.iterdir() if each.name.endswith(".toml"))
    return {
        name.removesuffix(".toml"): parse_scenario((folder / name).read_text("utf-8"), name.removesuffix(".toml"))
        for name in names
    }


def open_scenario(name: str) -> Scenario:
    """A bundled scenario by its name, or the one in a file: whatever ends in `.toml` or has a slash is a path.

    Raises:
        ScenarioError: there is no such one, or it is at fault.
    """
    if name.endswith(".toml") or "/" in name or "\\" in name:
        return read_scenario(Path(name))
    wanted, known = name.strip().lower().replace(" ", "-"), bundled_scenarios()
    if wanted not in known:
        guess = did_you_mean(wanted, list(known)) or "; see kling-render mock scenarios"
        raise ScenarioError(f"no scenario {name!r}{guess}")
    return known[wanted]
