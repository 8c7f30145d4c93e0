"""Live prices: the newest rate card in the user's cache, and quotes for a plan."""

from kling_render.pricing.known import known_catalog
from kling_render.pricing.quotes import QuotedPrice, quote_plan
from kling_render.pricing.refresh import Change, Refresh, refresh_prices

__all__ = ["Change", "QuotedPrice", "Refresh", "known_catalog", "quote_plan", "refresh_prices"]
