"""`prices`: the rate card, and the server's newest one."""

from __future__ import annotations

import click

from kling_render.cli.options import echo_json, format_option


@click.command("prices")
@click.option("--refresh", "with_refresh", is_flag=True, help="Fetch the server's own prices, and say what changed.")
@format_option
def command(with_refresh: bool, output_format: str) -> None:
    """Show the rate card that plans reckon with, its date and its source.

    With --refresh the server's prices are fetched into your cache folder; projects that do not pin a card
    ([project] prices) reckon with them from then on.
    """
    from kling_render.api import refresh
    from kling_render.pricing import known_catalog
    from kling_render.report.prices import prices_json, print_prices, print_refresh, refresh_json
    from kling_render.settings import load_settings

    settings = load_settings()
    refreshed = refresh(settings=settings) if with_refresh else None
    catalog = known_catalog(settings)
    if output_format == "json":
        echo_json({**prices_json(catalog), **({"refresh": refresh_json(refreshed)} if refreshed else {})})
        return
    if refreshed is not None:
        print_refresh(refreshed)
    else:
        print_prices(catalog)
