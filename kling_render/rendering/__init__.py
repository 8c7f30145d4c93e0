"""From a plan to clips on disk: submission, polling, download, manifest."""

from kling_render.rendering.clock import Clock, real_clock
from kling_render.rendering.outcome import Outcome
from kling_render.rendering.paths import LEDGER, output_folder
from kling_render.rendering.render import render_plan
from kling_render.rendering.work import Limits, RenderOptions, Work

__all__ = [
    "LEDGER",
    "Clock",
    "Limits",
    "Outcome",
    "RenderOptions",
    "Work",
    "output_folder",
    "real_clock",
    "render_plan",
]
