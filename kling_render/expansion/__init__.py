"""From a project to takes with exact requests: sandboxed templates, elements, local media."""

from kling_render.expansion.address import Address
from kling_render.expansion.expand import Expansion, expand, expand_leniently
from kling_render.expansion.media import LocalFile
from kling_render.expansion.take import Take

__all__ = ["Address", "Expansion", "LocalFile", "Take", "expand", "expand_leniently"]
