"""The catalog that a command works with: the bundled one, live prices, and the user's own models over both."""

from __future__ import annotations

from kling_render.catalog import Catalog, bundled_catalog
from kling_render.pricing.cache import read_live_card
from kling_render.project.own_catalog import read_own_catalog
from kling_render.settings import Settings


def known_catalog(settings: Settings) -> Catalog:
    """All models and rate cards that this machine knows of for a server; no network.

    Raises:
        InvalidProjectError: the file of KLING_RENDER_CATALOG has faults.
    """
    catalog = bundled_catalog()
    live = read_live_card(settings.origin)
    if live is not None:
        catalog = catalog.with_card(live.card)
    return catalog if settings.catalog is None else read_own_catalog(catalog, settings.catalog)
