"""How errors and faults read on a terminal."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable

import click

from kling_render.errors import Fault, InvalidProjectError, KlingRenderError

_WIDTH = 80
"""Columns where there is no terminal to ask."""


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
    """Print faults and warnings, each with its place and the line it is about, and how many there are."""
    from kling_render.report.faults import faults_text

    stream = sys.stderr if err else sys.stdout
    width = shutil.get_terminal_size((_WIDTH, 24)).columns if stream.isatty() else _WIDTH
    click.echo(faults_text(faults, width=width), err=err)
