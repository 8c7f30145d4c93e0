"""`export`: the film for editors, spreadsheets and the wall."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kling_render.cli.options import profile_option, project_argument

if TYPE_CHECKING:
    from kling_render.exports import Exported, Form

_RATES = ("24", "25", "30", "48", "50", "60")


@click.command("export")
@project_argument
@click.option(
    "--to",
    "forms",
    type=click.Choice(["otio", "edl", "csv", "contact-sheet"]),
    multiple=True,
    required=True,
    help="A timeline (OpenTimelineIO or CMX3600), the shot list, or a PNG. Repeatable.",
)
@profile_option
@click.option("--version", "versions", multiple=True, metavar="VALUES", help="This version alone: de,9:16. Repeatable.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="A folder, or a file where there is one (default: exports/<profile> beside the project file).",
)
@click.option("--fps", type=click.Choice(_RATES), help="Frames a second of timelines (default: as the first clip has).")
@click.option("--rehearsal", is_flag=True, help="The film of the last rehearsal, with its placeholders.")
def command(
    project: Path,
    forms: tuple[Form, ...],
    profile: str,
    versions: tuple[str, ...],
    out: Path | None,
    fps: str | None,
    rehearsal: bool,
) -> None:
    """Write the film as it is cut now for an editor or a spreadsheet, a file for each version. No network.

    The picked takes stand in it, else the first ones that are there; what is missing keeps its place, under the name
    that its clip will have.
    """
    from kling_render.exports import export
    from kling_render.exports.footage import read_footage
    from kling_render.report.paths import shorten

    footage = read_footage(project, profile=profile, rehearsal=rehearsal)
    rate = int(fps) if fps else None
    missing: dict[str, Exported] = {}
    for form in dict.fromkeys(forms):
        for exported in export(footage, form, versions=versions, out=out, rate=rate):
            click.echo(shorten(exported.path))
            if exported.missing:
                missing[exported.version] = exported
    for exported in missing.values():
        _tell_missing(exported)


def _tell_missing(exported: Exported) -> None:
    version = f"{exported.version}: " if exported.version else ""
    names = ", ".join(exported.missing[:5]) + (", …" if len(exported.missing) > 5 else "")
    count, shots = len(exported.missing), exported.shots
    click.echo(f"{version}{count} of {shots} shot{'' if shots == 1 else 's'} without a clip here: {names}", err=True)
