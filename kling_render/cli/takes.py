"""`takes`: what there is to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kling_render.cli.options import (
    echo_json,
    format_option,
    profile_option,
    project_argument,
    selection_options,
)

if TYPE_CHECKING:
    from kling_render.bookkeeping import Candidate, Status
    from kling_render.film import SplitTake
    from kling_render.planning import Selection


@click.command("takes")
@project_argument
@profile_option
@selection_options
@click.option("--split", is_flag=True, help="Cut clips of several shots into files of one shot each, beside them.")
@format_option
def command(
    project: Path,
    profile: str,
    selection: Selection | None,
    split: bool,
    output_format: str,
) -> None:
    """Show the takes that were made, which one is picked, and which are of an older prompt. No network."""
    from kling_render.bookkeeping import list_takes, read_status
    from kling_render.report.splits import print_split_notes, print_splits, splits_json
    from kling_render.report.takes import print_takes, takes_json

    status = read_status(project, profile=profile, selection=selection)
    takes = list_takes(status)
    splits = _split(takes, status) if split else ()
    if output_format == "json":
        echo_json({**takes_json(takes, status), **(splits_json(splits) if split else {})})
    else:
        print_takes(takes, status)
        if split:
            print_splits(splits)
    print_split_notes(splits)


def _split(takes: Sequence[Candidate], status: Status) -> tuple[SplitTake, ...]:
    from kling_render.film import split_takes

    return split_takes((each.attempt for each in takes), status.folder)
