"""`models`: the catalog."""

from __future__ import annotations

import click

from kling_render.cli.options import echo_json, format_option


@click.command("models")
@click.argument("name", metavar="[NAME]", default="")
@format_option
def command(name: str, output_format: str) -> None:
    """List the models, or show one whole: every field, rule and rate, and its source.

    NAME is a model (kling-3.0) or a family (kling-v3-turbo).
    """
    from kling_render.pricing import known_catalog
    from kling_render.report.models import models_json, print_models
    from kling_render.settings import load_settings

    catalog = known_catalog(load_settings())
    if output_format == "json":
        echo_json(models_json(catalog, name))
    else:
        print_models(catalog, name)
