"""Variables that no template uses, and elements that no shot uses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import chain
from operator import or_

from kling_render.errors import Fault, Place
from kling_render.expansion.doubts.wording import NOTHING, Wording, Wordings
from kling_render.expansion.templating.sources import search_path
from kling_render.project import Matrix, Project, Shot


@dataclass
class _Declared:
    """A variable at the place where it was written, and whether a shot that has it uses it."""

    name: str
    layer: str
    is_used: bool = False


@dataclass
class _Found:
    """What was seen of all shots."""

    variables: dict[Place, _Declared] = field(default_factory=dict)
    elements: set[str] = field(default_factory=set)


def judge_unused(project: Project) -> list[Fault]:
    """The variables and elements of the project file that nothing uses under this profile.

    Of what stands in included files, and in profiles, nothing is said: others may use it.
    """
    wordings = Wordings(search_path(project))
    found = _Found()
    of_versions = _of_matrix(project.versions, wordings)
    for shot in project.shots.values():
        wording = wordings.of_shot(shot) | _of_matrix(shot.matrix, wordings) | of_versions
        _note(shot, wording, found)
        found.elements.update(shot.table.elements, wording.elements)
        if wording.is_open:
            found.elements.update(project.elements)
    return [*_unused_variables(project, found), *_unused_elements(project, found)]


def _note(shot: Shot, wording: Wording, found: _Found) -> None:
    for name, sourced in shot.vars.items():
        is_used = wording.is_open or name in wording.names
        for each in sourced.chain:
            declared = found.variables.setdefault(each.place, _Declared(name, each.layer))
            declared.is_used |= is_used


def _of_matrix(matrix: Matrix, wordings: Wordings) -> Wording:
    """What the values of axes and rows name, which may set a field to a template."""
    values = chain(*matrix.axes.values(), *(row.values() for row in matrix.rows))
    return reduce(
        or_, (wordings.of_text(value) for value in values if isinstance(value, str) and "{" in value), NOTHING
    )


def _unused_variables(project: Project, found: _Found) -> Iterator[Fault]:
    for place, declared in found.variables.items():
        if declared.is_used or place.file != project.path or declared.layer.startswith("profile "):
            continue
        whose = {"vars": "no shot uses", "scene": f"no shot of {declared.layer} uses"}
        message = (
            f"{whose.get(declared.layer.split()[0], f'{declared.layer} does not use')} the variable {declared.name}"
        )
        hint = f"Write {{{{ {declared.name} }}}} in a prompt, or take it out."
        yield Fault(replace(place, of="key"), message, hint, "warning")


def _unused_elements(project: Project, found: _Found) -> Iterator[Fault]:
    for name, element in project.elements.items():
        if name not in found.elements and element.place.file == project.path:
            hint = f"Write {{{{ element.{name} }}}} in a prompt, or take it out."
            yield Fault(element.place, f"no shot uses the element {name}", hint, "warning")
