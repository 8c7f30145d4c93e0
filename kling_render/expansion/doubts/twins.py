"""Takes that ask for the same thing: axes that change nothing, and shots or variants that are the same request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from kling_render.errors import Fault
from kling_render.expansion.address import Address, Pairs, value_text, variant_of, write_value
from kling_render.project import Matrix, Project, Shot
from kling_render.project.matrix import PROMPT_AXIS

_LONGEST_NAME = 60
_SHARED = "both share the same paid takes"

Cell = tuple[object, ...]
"""Everything of an address but one of its axes."""


@dataclass
class _Axis:
    """An axis that has changed nothing so far: the request of each combination of everything else."""

    requests: dict[Cell, str] = field(default_factory=dict)
    is_idle: bool = False

    def admits(self, cell: Cell, request: str) -> bool:
        """Whether it still changes nothing after one more variant."""
        first = self.requests.setdefault(cell, request)
        if first is request:  # the first one of this combination
            return True
        self.is_idle = first == request
        return self.is_idle


@dataclass
class _Twins:
    """The first pair of two shots, or of two variants that differ in the same axes; and how many there are."""

    first: Address
    second: Address
    axes: frozenset[str]
    count: int = 0


class _Search:
    """Looks at the first takes of all variants, one after the other."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._firsts: dict[tuple[Pairs, str], Address] = {}
        self._axes: dict[str, dict[str, _Axis]] = {}
        self._versions = {name: _Axis() for name in _varied(project.versions)}
        self._twins: dict[tuple[str, str, frozenset[str]], _Twins] = {}

    def look(self, address: Address, request: str) -> None:
        """Take one variant into account."""
        shot, variant, version = address.shot, address.variant, address.version
        if variant:
            axes = self._axes.get(shot)
            if axes is None:
                axes = self._axes[shot] = {name: _Axis() for name in _varied(self._project.shots[shot].matrix)}
            if axes:
                _compare(axes, variant, (version,), request)
        if self._versions:
            _compare(self._versions, version, (shot, variant), request)
        first = self._firsts.setdefault((version, request), address)
        if first is not address:
            self._note(first, address)

    def faults(self, *, whole: bool) -> Iterator[Fault]:
        """What was found; with variants missing, of pairs of shots alone."""
        idle = {shot: {name for name, axis in axes.items() if axis.is_idle} for shot, axes in self._axes.items()}
        for twins in self._twins.values():
            is_told_by_axis = bool(twins.axes) and (not whole or twins.axes <= idle[twins.first.shot])
            if not is_told_by_axis:
                yield _twin_fault(self._project, twins)
        if whole:
            yield from self._idle_faults(idle)

    def _idle_faults(self, idle: Mapping[str, set[str]]) -> Iterator[Fault]:
        for shot, names in idle.items():
            yield from (_idle_fault(self._project.shots[shot], name) for name in sorted(names))
        for name, axis in self._versions.items():
            if axis.is_idle:
                text = f"the axis {name} changes nothing: every shot is the same request with any of its values"
                yield Fault(self._project.versions.place_of(name), text, _USE_IT.format(name=name), "warning")

    def _note(self, first: Address, second: Address) -> None:
        axes: frozenset[str] = frozenset()
        if first.shot == second.shot:
            axes = frozenset(name for name, _ in set(first.variant) ^ set(second.variant))
        key = (first.shot, second.shot, axes)
        if key not in self._twins:
            self._twins[key] = _Twins(first, second, axes)
        self._twins[key].count += 1


_USE_IT = "Use it, as {{{{ {name} }}}}, or take it out."


def judge_twins(requests: Iterable[tuple[Address, str]], project: Project, *, whole: bool = True) -> list[Fault]:
    """Axes that change nothing, and shots and variants that ask for exactly the same thing.

    Args:
        requests: the address of each take, and what identifies its request.
        project: whose takes they are.
        whole: whether all variants are there; without those that have faults, nothing is said of axes.
    """
    search = _Search(project)
    for address, request in requests:
        if address.number == 1:
            search.look(address, request)
    return list(search.faults(whole=whole))


def _varied(matrix: Matrix) -> list[str]:
    """The axes and columns with more than one value."""
    values = {name: set(map(value_text, each)) for name, each in matrix.axes.items()}
    for row in matrix.rows:
        for name, value in row.items():
            values.setdefault(name, set()).add(value_text(value))
    return [name for name, each in values.items() if len(each) > 1]


def _compare(axes: dict[str, _Axis], pairs: Pairs, around: Cell, request: str) -> None:
    for at, (name, _) in enumerate(pairs):
        axis = axes.get(name)
        if axis is not None and not axis.admits((*around, pairs[:at], pairs[at + 1 :]), request):
            del axes[name]


def _idle_fault(shot: Shot, name: str) -> Fault:
    if name == PROMPT_AXIS and shot.table.prompts:
        text = f"the prompts of {shot.name} change nothing: all of them give the same request"
        return Fault(shot.own["prompts"].place, text, "Change one of them, or use takes.", "warning")
    what = "axis" if name in shot.matrix.axes else "column"
    text = f"the {what} {name} changes nothing: {shot.name} is the same request with any of its values"
    place = shot.matrix.place_of(name)
    return Fault(place, text, f"{_USE_IT.format(name=name)} For more performances use takes.", "warning")


def _twin_fault(project: Project, twins: _Twins) -> Fault:
    first, second = (_name(each, twins.axes) for each in (twins.first, twins.second))
    many = f", and {twins.count - 1} more pairs are alike" if twins.count > 2 else ", and another pair is alike"
    message = f"{second} is the same request as {first}: {_SHARED}{many if twins.count > 1 else ''}"
    return Fault(project.shots[twins.second.shot].place, message, "Change a prompt, or use takes.", "warning")


def _name(address: Address, axes: frozenset[str]) -> str:
    """An address without its number; of one too long only the axes that matter."""
    whole = variant_of(address)
    if len(whole) <= _LONGEST_NAME:
        return whole
    shown = [f"{name}={_short(value)}" for name, value in address.variant if name in axes]
    rest = ["…"] if len(shown) < len(address.variant) else []
    return f"{address.shot}[{','.join([*shown, *rest])}]" if address.variant else address.shot


def _short(value: str) -> str:
    written = write_value(value)
    return written if len(written) <= 24 else f"{written[:23]}…"
