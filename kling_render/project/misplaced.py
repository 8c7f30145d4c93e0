"""Keys that TOML puts into another table than their author meant."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from kling_render.catalog import closest
from kling_render.errors import Place
from kling_render.project.positions import read_source

_INNER = re.compile(r"((?:profile\.[A-Za-z0-9_-]+\.)?shot\.[A-Za-z0-9_-]+)\.(\w+)(?:\[\d+\])?\.\w+")
_NAMED = re.compile(r'(shot|element|scene|profile)\.([A-Za-z0-9_-]+)\.("[^"]+"|[^.\[]+)')
_TOP_KEYS = ("schema", "include")


def misplaced_key_hint(place: Place, value: Any, shot_keys: Collection[str]) -> str | None:
    """Why a key may be unknown although it is a good one; None where it is just unknown.

    Args:
        place: of the unknown key, with its dotted key.
        value: what it holds.
        shot_keys: all keys that a shot knows.
    """
    above, _, key = place.key.rpartition(".")
    if key in _TOP_KEYS and above:
        return f"{key} belongs to the top of the file: move it above the first [table]."
    inner = _INNER.fullmatch(place.key)
    if inner and key in shot_keys:
        return _belongs_to_shot(place, key, inner)
    named = _NAMED.fullmatch(place.key)
    if named and isinstance(value, Mapping) and closest(named[3], shot_keys) is None:
        return _dot_in_name(*named.groups())
    return None


def _belongs_to_shot(place: Place, key: str, inner: re.Match[str]) -> str:
    shot, table = inner.groups()
    lines = _header_line(place, f"{shot}.{table}")
    header = f"[[{shot}.{table}]]" if "[" in place.key else f"[{shot}.{table}]"
    return f"{key} belongs to [{shot}]: move it above {header}{lines}."


def _header_line(place: Place, table: str) -> str:
    """` in line 14`, of the first header of a table; nothing where the file cannot be read any more."""
    source = read_source(place.file)
    if source is None:
        return ""
    first = f"{table}[0]" if "[" in place.key else table
    return f" in line {source.position(Place(place.file, first))[0]}"


def _dot_in_name(kind: str, name: str, rest: str) -> str:
    inner = rest.strip('"')
    message = f'[{kind}.{name}.{inner}] is a table "{inner}" in {kind} "{name}": a dot cannot stand in a name.'
    return f"{message} Write [{kind}.{name}-{inner}]."
