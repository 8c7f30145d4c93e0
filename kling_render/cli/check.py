"""`check`: every fault and warning of a project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kling_render.cli.options import echo_json, project_argument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kling_render.errors import Fault


@click.command("check")
@project_argument
@click.option("--strict", is_flag=True, help="Warnings count as faults.")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    help="For people, for machines, for code scanning, or as annotations of a GitHub workflow.",
)
def command(project: Path, strict: bool, output_format: str) -> int:
    """Show every fault and warning of a project."""
    from kling_render.inspection import inspect
    from kling_render.pricing import known_catalog
    from kling_render.report.faults import in_order
    from kling_render.settings import load_settings

    report = inspect(project, known_catalog(load_settings()))
    faults = in_order(report.faults)
    if output_format != "text":
        _show_for_machines(faults, output_format)
    elif faults:
        from kling_render.cli.messages import show_faults

        show_faults(faults, err=False)
    else:
        shots, takes = ("" if count == 1 else "s" for count in (report.shots, report.takes))
        click.echo(f"no faults: {report.shots} shot{shots}, {report.takes} take{takes}")
    return 4 if report.errors or (strict and faults) else 0


def _show_for_machines(faults: Sequence[Fault], output_format: str) -> None:
    from kling_render._version import __version__
    from kling_render.report.fault_formats import fault_annotation, fault_json, faults_sarif

    if output_format == "json":
        echo_json([fault_json(fault) for fault in faults])
    elif output_format == "sarif":
        echo_json(faults_sarif(faults, folder=Path.cwd(), version=__version__))
    else:
        for fault in faults:
            click.echo(fault_annotation(fault, folder=Path.cwd()))
