"""From a project to takes with exact requests: sandboxed templates, elements, local media."""

from kling_render.expansion.address import Address, variant_of
from kling_render.expansion.expand import Expansion, expand, expand_leniently, stream_takes, upstreams_among
from kling_render.expansion.media import LocalFile
from kling_render.expansion.references import Reference
from kling_render.expansion.stand_ins import StandIn
from kling_render.expansion.take import Take

__all__ = [
    "Address",
    "Expansion",
    "LocalFile",
    "Reference",
    "StandIn",
    "Take",
    "expand",
    "expand_leniently",
    "stream_takes",
    "upstreams_among",
    "variant_of",
]
