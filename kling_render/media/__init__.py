"""Looking into clips and media files, with PyAV and Pillow (loaded where they are used)."""

from kling_render.media.frames import frame_of
from kling_render.media.inspect import inspect_media, media_type
from kling_render.media.not_media import NotMediaError
from kling_render.media.probe import NotAClipError, Probe, probe
from kling_render.media.stills import still_of
from kling_render.media.thumbnails import clip_thumbnail, picture_thumbnail

__all__ = [
    "NotAClipError",
    "NotMediaError",
    "Probe",
    "clip_thumbnail",
    "frame_of",
    "inspect_media",
    "media_type",
    "picture_thumbnail",
    "probe",
    "still_of",
]
