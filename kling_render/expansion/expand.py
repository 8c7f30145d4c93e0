"""Project → takes with exact requests, every fault at once."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from kling_render.catalog import Catalog, ClipLength, Finding
from kling_render.errors import Fault, InvalidProjectError, Place
from kling_render.expansion.address import Address
from kling_render.expansion.media import replace_files
from kling_render.expansion.request import Request, RequestBuilder
from kling_render.expansion.sources import search_path
from kling_render.expansion.take import Take
from kling_render.expansion.templates import Renderer
from kling_render.project import Project, Shot

_HINTS = {
    "prompt": "Write prompt, prompt_file or [[shot.NAME.sequence]].",
    "model": 'Write model = "kling-3.0" in the shot or in [defaults].',
}


@dataclass(frozen=True)
class Expansion:
    """All takes of a project in the order of the file, and what is doubtful about them."""

    takes: tuple[Take, ...]
    warnings: tuple[Fault, ...]


def expand(project: Project) -> Expansion:
    """All takes of a project.

    Raises:
        InvalidProjectError: with every fault of every template and request.
    """
    takes, faults = expand_leniently(project)
    errors = [fault for fault in faults if fault.severity == "error"]
    if errors:
        raise InvalidProjectError(errors)
    return Expansion(tuple(takes), tuple(faults))


def expand_leniently(project: Project) -> tuple[list[Take], list[Fault]]:
    """The takes of the shots that are right, and all faults and warnings."""
    faults: list[Fault] = []
    builder = RequestBuilder(project, Renderer(search_path(project)), faults)
    takes: list[Take] = []
    for shot in project.shots.values():
        request = builder.build(shot)
        if request is None:
            continue
        judged = replace_files(request.body, lambda file: file.stand_in_url)
        findings = project.catalog.judge(request.action, judged, request.media)
        faults.extend(_fault(finding, request, shot, project.catalog) for finding in findings)
        if not any(finding.severity == "error" for finding in findings):
            length = _length(project.catalog, request, judged, shot, faults)
            takes.extend(_takes(project.catalog, request, length, shot))
    return takes, faults


def _length(
    catalog: Catalog, request: Request, judged: Mapping[str, Any], shot: Shot, faults: list[Fault]
) -> ClipLength:
    """How long the clip will be; what the shot states goes before what the catalog can tell."""
    length = catalog.length(request.action, judged, request.media)
    stated = shot.table.estimate_seconds
    if stated is None:
        return length
    if length.basis == "requested":
        message = f"estimate_seconds changes nothing: the clip lasts {length.seconds} s by its request"
        faults.append(Fault(shot.at("estimate_seconds"), message, "Leave it out.", "warning"))
        return length
    return ClipLength(math.ceil(stated), "stated")


def _takes(catalog: Catalog, request: Request, length: ClipLength, shot: Shot) -> list[Take]:
    effective = catalog.effective(request.action, request.body)
    if length.seconds is not None:
        effective["duration_seconds"] = length.seconds
    first = Take(
        Address(shot.name, 1), shot.title, request.action, request.body, effective, length,
        shot.table.tags, shot.table.notes,
    )  # fmt: skip
    numbers = range(1, shot.table.takes + 1)
    return [replace(first, address=Address(shot.name, number)) for number in numbers]


def _fault(finding: Finding, request: Request, shot: Shot, catalog: Catalog) -> Fault:
    field = re.split(r"[.\[]", finding.field, maxsplit=1)[0]
    place = request.places.get(field, shot.place)
    if field == "multi_prompt" and shot.cuts:
        place = Place(place.file, place.key + finding.field.removeprefix("multi_prompt"))
    hint = _HINTS.get(field, "") if finding.value is None else _inherited_hint(finding, field, place, shot)
    source = catalog.contract.sources[finding.source]
    return Fault(
        place, finding.message, f"{hint} (source: {source})" if hint else f"Source: {source}.", finding.severity
    )


def _inherited_hint(finding: Finding, field: str, place: Place, shot: Shot) -> str:
    forbidden = "not allowed" in finding.message or "not a field" in finding.message
    if forbidden and not place.key.startswith(shot.place.key):
        return f'{shot.place.key} inherits it; leave it out there with: unset = ["{field}"]'
    return ""
