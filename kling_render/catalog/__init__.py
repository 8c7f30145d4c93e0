"""The API contract as data (models.toml, prices.toml) with its validator and price interpreter."""

from kling_render.catalog.catalog import Catalog, ClipLength, bundled_catalog
from kling_render.catalog.endpoint import ACTIONS, infer_action
from kling_render.catalog.judge import Finding
from kling_render.catalog.media import MediaFacts, MediaKind, MediaLookup, nothing_known, stand_in_url
from kling_render.catalog.models import FieldSpec, ModelSpec
from kling_render.catalog.money import (
    cents_from_micro,
    exact_usd,
    format_price,
    format_usd,
    micro_from_cents,
    micro_from_usd,
    usd_from_micro,
)
from kling_render.catalog.overlay import lay_over
from kling_render.catalog.prices import Price, PriceSchedule, RateCard
from kling_render.catalog.reading import CatalogDataError
from kling_render.catalog.values import is_absent
from kling_render.catalog.words import closest, did_you_mean, listed

__all__ = [
    "ACTIONS",
    "Catalog",
    "CatalogDataError",
    "ClipLength",
    "FieldSpec",
    "Finding",
    "MediaFacts",
    "MediaKind",
    "MediaLookup",
    "ModelSpec",
    "Price",
    "PriceSchedule",
    "RateCard",
    "bundled_catalog",
    "cents_from_micro",
    "closest",
    "did_you_mean",
    "exact_usd",
    "format_price",
    "format_usd",
    "infer_action",
    "is_absent",
    "lay_over",
    "listed",
    "micro_from_cents",
    "micro_from_usd",
    "nothing_known",
    "stand_in_url",
    "usd_from_micro",
]
