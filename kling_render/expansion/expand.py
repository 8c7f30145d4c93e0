"""Project → takes with exact requests, every fault at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from kling_render.catalog import Catalog, Finding
from kling_render.errors import Fault, InvalidProjectError, Place
from kling_render.expansion.address import Pairs
from kling_render.expansion.collector import collector_paused
from kling_render.expansion.doubts import TakeDoubts, judge_unused
from kling_render.expansion.lengths import effective_values
from kling_render.expansion.links import judge_chains
from kling_render.expansion.request import Request, RequestBuilder
from kling_render.expansion.stand_ins import judged_value, replace_stand_ins, stand_ins_in
from kling_render.expansion.take import Take
from kling_render.expansion.templating.renderer import Renderer
from kling_render.expansion.templating.sources import search_path
from kling_render.expansion.values import Values
from kling_render.expansion.variants import Variant, address_of, cells_of, title_of, versions_of
from kling_render.project import Project, Shot, locate

_HINTS = {
    "prompt": "Write prompt, prompt_file or [[shot.NAME.sequence]].",
    "model": 'Write model = "kling-3.0" in the shot or in [defaults].',
}


_ENOUGH = 20
"""Faults of one shot after which its other variants are not looked at: they most likely have the same."""


@dataclass(frozen=True)
class Expansion:
    """All takes of a project in the order of the film, and what is doubtful about them."""

    takes: tuple[Take, ...]
    warnings: tuple[Fault, ...]

    @property
    def upstreams(self) -> dict[tuple[Pairs, str, Pairs], list[Take]]:
        """The takes of the variants that others refer to, by number."""
        return upstreams_among(self.takes)


def expand(project: Project) -> Expansion:
    """All takes of a project.

    Raises:
        InvalidProjectError: with every fault of every template and request.
    """
    takes, faults = expand_leniently(project)
    errors = [fault for fault in faults if fault.severity == "error"]
    if errors:
        raise InvalidProjectError(locate(errors))
    return Expansion(tuple(takes), tuple(faults))


def expand_leniently(project: Project) -> tuple[list[Take], list[Fault]]:
    """The takes of the variants that are right, and all faults and warnings."""
    faults: list[Fault] = []
    with collector_paused():
        takes = list(stream_takes(project, faults))
    return takes, list(dict.fromkeys(faults))


def upstreams_among(takes: Sequence[Take]) -> dict[tuple[Pairs, str, Pairs], list[Take]]:
    """The takes, by number, of the variants that others among these refer to."""
    wanted = {each.upstream.without_number for take in takes for each in take.references}
    found: dict[tuple[Pairs, str, Pairs], list[Take]] = {variant: [] for variant in wanted}
    if wanted:
        for take in takes:
            if (variant := take.address.without_number) in wanted:
                found[variant].append(take)
    return found


def stream_takes(project: Project, faults: list[Fault]) -> Iterator[Take]:
    """The takes one after the other, version by version and shot by shot; what is wrong goes into `faults`."""
    chained = list(judge_chains(project))
    faults.extend(fault for _, fault in chained)
    endless = {name for name, fault in chained if fault.severity == "error"}
    values = Values(project, Renderer(search_path(project)))
    builder = RequestBuilder(project, values, faults)
    doubts = TakeDoubts(project)
    for version in versions_of(project):
        for shot in project.shots.values():
            errors = 0
            for cell in cells_of(shot.matrix):
                found = len(faults)
                for take in _takes_of(project, builder, shot, Variant(version, cell), faults):
                    if shot.name not in endless:
                        doubts.look(take)
                        yield take
                errors += sum(fault.severity == "error" for fault in faults[found:])
                if errors > _ENOUGH:  # warnings never cost a variant its takes
                    break
    faults.extend(doubts.faults())
    if not project.profiles and all(fault.severity == "warning" for fault in faults):
        faults.extend(judge_unused(project))  # with profiles, what one leaves another may use: see inspection.py


def _takes_of(
    project: Project, builder: RequestBuilder, shot: Shot, variant: Variant, faults: list[Fault]
) -> Iterator[Take]:
    request = builder.build(shot, variant)
    if request is None:
        return
    stand_ins = tuple(stand_ins_in(request.body))
    judged = replace_stand_ins(request.body, judged_value) if stand_ins else request.body
    findings = project.catalog.judge(request.action, judged, request.media)
    faults.extend(_fault(finding, request, shot, project.catalog) for finding in findings)
    if any(finding.severity == "error" for finding in findings):
        return
    length, effective = effective_values(project.catalog, request, judged, shot, faults)
    address = address_of(project, shot, variant, 1)
    first = Take(
        address, title_of(shot, address), request.action, request.body, effective, length, stand_ins,
        shot.table.scene, shot.table.tags, shot.table.notes,
    )  # fmt: skip
    yield first
    for number in range(2, shot.table.takes + 1):
        yield replace(first, address=replace(first.address, number=number))


def _fault(finding: Finding, request: Request, shot: Shot, catalog: Catalog) -> Fault:
    field = re.split(r"[.\[]", finding.field, maxsplit=1)[0]
    place = request.place_of(field, shot)
    if field in request.fields:
        place = Place(place.file, place.key + finding.field.removeprefix(field), place.line)
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
