"""Options of the mock server that `mock serve` and `mock run` share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kling_render.cli.options import read_usd

if TYPE_CHECKING:
    from kling_render.catalog import Catalog

seed_option = click.option("--seed", default=0, show_default=True, help="What ids, latencies and clips derive from.")

speed_option = click.option(
    "--speed",
    default=20.0,
    show_default=True,
    type=click.FloatRange(min=0.001, max=1_000_000),
    help="Simulated seconds per second. Everything ages by it: the URL of an upload lives one simulated hour, three "
    "real minutes at speed 20, and says so.",
)

balance_option = click.option(
    "--balance-usd",
    default="100",
    show_default=True,
    type=read_usd,
    metavar="USD",
    help="What each account starts with.",
)

catalog_option = click.option(
    "--catalog",
    "own_catalog",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Models and prices of your own, over those that are known here (KLING_RENDER_CATALOG among them).",
)

scenario_option = click.option(
    "--scenario", metavar="NAME", help="What goes wrong: a bundled scenario (see `mock scenarios`), or a file."
)


def read_catalog(own: Path | None) -> Catalog:
    """All that this machine knows, with a file of one's own over it.

    Raises:
        InvalidProjectError: a catalog has faults.
    """
    from kling_render.pricing import known_catalog
    from kling_render.project.own_catalog import read_own_catalog
    from kling_render.settings import load_settings

    known = known_catalog(load_settings())
    return known if own is None else read_own_catalog(known, own)
