"""How errors and faults read on a terminal."""

from __future__ import annotations

from collections.abc import Iterable

import click

from kling_render.errors import Fault, InvalidProjectError, KlingRenderError
from kling_render.report.paths import shorten


def show_error(error: KlingRenderError) -> None:
    """Print an error to standard error: what is wrong, then what to do."""
    if isinstance(error, InvalidProjectError):
        show_faults(error.faults, err=True)
        return
    click.secho("error: ", fg="red", bold=True, nl=False, err=True)
    click.echo(error.message, err=True)
    if error.hint:
        click.echo(f"  {error.hint}", err=True)


def show_faults(faults: Iterable[Fault], *, err: bool) -> None:
    """Print faults and warnings, each with its place, and how many there are."""
    counts = {"error": 0, "warning": 0}
    for fault in faults:
        counts[fault.severity] += 1
        color = "red" if fault.severity == "error" else "yellow"
        click.secho(f"{fault.severity}: ", fg=color, bold=True, nl=False, err=err)
        click.echo(f"{place(fault)}\n  {fault.message}", err=err)
        if fault.hint:
            click.secho(f"  {fault.hint}", dim=True, err=err)
    click.echo(summary(counts["error"], counts["warning"]), err=err)


def summary(errors: int, warnings: int) -> str:
    """`2 faults, 1 warning`."""
    parts = [_count(errors, "fault")] if errors or not warnings else []
    return ", ".join([*parts, *([_count(warnings, "warning")] if warnings else [])])


def place(fault: Fault) -> str:
    """The place of a fault, its file relative to the current folder where that is shorter."""
    where = fault.place
    return f"{shorten(where.file)}{where.position}" + (f" {where.key}" if where.key else "")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
