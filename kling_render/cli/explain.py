"""`explain`: where every value of a take comes from."""

from __future__ import annotations

from pathlib import Path

import click

from kling_render.cli.options import echo_json, format_option, profile_option, project_argument


@click.command("explain")
@click.argument("address", metavar="ADDRESS")
@project_argument
@profile_option
@format_option
def command(address: str, project: Path, profile: str, output_format: str) -> None:
    """Show where every value of a take comes from, and what it lies over.

    ADDRESS is a take (walk#2, or walk[light=dusk]#1), the beginning of a short id (walk.k3f), or a shot alone, which
    means its first take.
    """
    from kling_render.api import load, plan
    from kling_render.expansion.address import ShortIds
    from kling_render.expansion.explanation import explain_take, find_address
    from kling_render.report.explain import explanation_json, print_explanation

    loaded = load(project, profile=profile)
    takes = plan(loaded).takes
    addresses = [planned.address for planned in takes]
    wanted = find_address(address, addresses)
    planned = next(each for each in takes if each.address == wanted)
    explanation = explain_take(loaded, planned.take)
    if output_format == "json":
        echo_json(explanation_json(explanation, planned, loaded))
    else:
        print_explanation(explanation, planned, loaded, ShortIds(addresses).of(wanted))
