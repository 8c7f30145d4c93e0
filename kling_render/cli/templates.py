"""`templates`: the prompt library."""

from __future__ import annotations

import click

from kling_render.cli.options import echo_json, format_option


@click.command("templates")
@click.argument("name", metavar="[NAME]", default="")
@format_option
def command(name: str, output_format: str) -> None:
    """List the prompt library, or show one fragment with its variables and an example.

    NAME is a fragment (camera/dolly-in) or a part of names (camera).
    """
    from kling_render.expansion.examples import find_fragments
    from kling_render.report.library import fragment_json, print_fragments

    fragments = find_fragments(name)
    if output_format == "json":
        echo_json([fragment_json(fragment) for fragment in fragments])
    else:
        print_fragments(fragments)
