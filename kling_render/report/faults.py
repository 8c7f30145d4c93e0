"""How faults read: each with its place, the line it is about, what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Iterable

import click

from kling_render.errors import Fault, by_place
from kling_render.project.positions import locate
from kling_render.report.paths import shorten
from kling_render.report.snippets import SourceFiles, readable, snippet

MOST_SHOWN = 50
"""How many faults are told in full; who has more corrects these first."""


def in_order(faults: Iterable[Fault]) -> list[Fault]:
    """The faults with line and column, sorted by place, the same ones once.

    What is wrong in a template that several shots use is told once, with the first that uses it.
    """
    once = {(fault.place, fault.message, fault.severity): fault for fault in reversed(locate(faults))}
    return sorted(reversed(once.values()), key=by_place)


def faults_text(faults: Iterable[Fault], *, width: int) -> str:
    """All faults for a terminal, with colours, and how many there are.

    Args:
        faults: in any order.
        width: columns of the terminal; longer lines of a file are shortened around the caret.
    """
    ordered = in_order(faults)
    files = SourceFiles()
    blocks = [fault_text(fault, files, width) for fault in ordered[:MOST_SHOWN]]
    if more := len(ordered) - MOST_SHOWN:
        blocks += [f"… and {more} more"] if more > 0 else []
    errors = sum(fault.severity == "error" for fault in ordered)
    return "\n".join([*blocks, summary(errors, len(ordered) - errors)])


def fault_text(fault: Fault, files: SourceFiles, width: int) -> str:
    """One fault: its place, the line with carets below, message and hint."""
    color = "red" if fault.severity == "error" else "yellow"
    lines = [click.style(f"{fault.severity}: ", fg=color, bold=True) + readable(place_text(fault))]
    if shown := snippet(fault.place, files, width):
        lines += [
            f"  {shown.line}",
            *([f"  {shown.gutter}" + click.style(shown.carets, fg=color)] * bool(shown.carets)),
        ]
    lines.append(f"  {readable(fault.message)}")
    if fault.hint:
        lines.append(click.style(f"  {readable(fault.hint)}", dim=True))
    return "\n".join(lines)


def place_text(fault: Fault) -> str:
    """`film/project.toml:12:31 shot.walk.prompt`, the file relative to the current folder where that is shorter."""
    where = fault.place
    return f"{shorten(where.file)}{where.position}" + (f" {where.key}" if where.key else "")


def summary(errors: int, warnings: int) -> str:
    """`2 faults, 1 warning`."""
    parts = [_count(errors, "fault")] if errors or not warnings else []
    return ", ".join([*parts, *([_count(warnings, "warning")] if warnings else [])])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
