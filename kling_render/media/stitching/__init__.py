"""Clips put one after the other into one MP4 file: copied where nothing needs encoding, else encoded anew."""

from kling_render.media.stitching.film_format import FilmFormat, choose_format
from kling_render.media.stitching.footage import Footage, UnusableClipError, survey
from kling_render.media.stitching.stitch import Stitched, is_film, stitch

__all__ = ["FilmFormat", "Footage", "Stitched", "UnusableClipError", "choose_format", "is_film", "stitch", "survey"]
