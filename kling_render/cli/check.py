"""`check`: every fault and warning of a project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kling_render.cli.options import echo_json, format_option, project_argument

if TYPE_CHECKING:
    from kling_render.errors import Fault


@click.command("check")
@project_argument
@click.option("--strict", is_flag=True, help="Warnings count as faults.")
@format_option
def command(project: Path, strict: bool, output_format: str) -> int:
    """Show every fault and warning of a project."""
    from kling_render.cli.messages import show_faults
    from kling_render.inspection import inspect
    from kling_render.pricing import known_catalog
    from kling_render.settings import load_settings

    report = inspect(project, known_catalog(load_settings()))
    if output_format == "json":
        echo_json([_as_json(fault) for fault in report.faults])
    elif report.faults:
        show_faults(report.faults, err=False)
    else:
        click.echo(f"no faults: {report.shots} shots, {report.takes} takes")
    return 4 if report.errors or (strict and report.faults) else 0


def _as_json(fault: Fault) -> dict[str, Any]:
    place = fault.place
    return {
        "severity": fault.severity,
        "file": str(place.file),
        "line": place.line,
        "column": place.column,
        "key": place.key,
        "message": fault.message,
        "hint": fault.hint,
    }
