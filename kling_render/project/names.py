"""Which names a project may give."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from unicodedata import normalize

from kling_render.errors import Place
from kling_render.project.reports import Report, dotted

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
RESERVED = frozenset(
    {"element", "range", "dict", "namespace", "loop", "self", "super", "caller", "not"}
    | {"true", "false", "none", "True", "False", "None"}
)


def check_variables(raw: Mapping[str, Any], place: Place, report: Report) -> None:
    """Notes names that no template could use."""
    for name in raw:
        key = Place(place.file, dotted(place.key, name), of="key")
        if name in RESERVED:
            report.add(key, f'"{name}" is a name of the template language', "Choose another name.")
        elif not VARIABLE.fullmatch(name):
            report.add(key, f'"{name}" cannot name a variable', "Use letters, digits and _, a letter first.")


def check_name(name: str, place: Place, report: Report) -> None:
    """Notes a name that could not stand in an address."""
    if not NAME.fullmatch(name):
        plain = normalize("NFKD", name).encode("ascii", "ignore").decode()
        better = re.sub(r"[^A-Za-z0-9_-]+", "-", plain).strip("-")
        guess = f'; did you mean "{better}"?' if NAME.fullmatch(better) else ""
        hint = "Use 1 to 64 letters, digits, dashes and underscores; free text goes into label or notes."
        report.add(replace(place, of="key"), f'"{name}" cannot be a name{guess}', hint)
