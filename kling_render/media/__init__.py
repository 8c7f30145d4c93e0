"""Looking into clips with PyAV (loaded where it is used)."""

from kling_render.media.probe import NotAClipError, Probe, probe

__all__ = ["NotAClipError", "Probe", "probe"]
