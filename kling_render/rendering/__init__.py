"""From a plan to clips on disk: submission, polling, download, manifest.

What talks to a server (`session`, `render`, `work`) is imported from its module: it brings the HTTP client along.
"""

from kling_render.rendering.clock import Clock, real_clock
from kling_render.rendering.outcome import Outcome
from kling_render.rendering.paths import LEDGER, output_folder

__all__ = [
    "LEDGER",
    "Clock",
    "Outcome",
    "output_folder",
    "real_clock",
]
