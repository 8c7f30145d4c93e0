"""What a picture is, read with Pillow (loaded where it is used)."""

from __future__ import annotations

import importlib
import struct
import threading
import warnings
from typing import Any, BinaryIO

from kling_render.catalog.media import MediaFacts
from kling_render.media.not_media import NotMediaError

_SIGNATURES = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"II+\0", "tiff"),
    (b"MM\0+", "tiff"),
)

_PLUGINS = {
    "jpeg": ("JpegImagePlugin", "JpegImageFile"),
    "png": ("PngImagePlugin", "PngImageFile"),
    "webp": ("WebPImagePlugin", "WebPImageFile"),
    "gif": ("GifImagePlugin", "GifImageFile"),
    "bmp": ("BmpImagePlugin", "BmpImageFile"),
    "tiff": ("TiffImagePlugin", "TiffImageFile"),
}
"""Called by name: `Image.open` guesses formats, and warns of or refuses large pictures before it tells their size."""

_BRANDS = {b"heic": "heic", b"heix": "heic", b"mif1": "heic", b"msf1": "heic", b"avif": "avif", b"avis": "avif"}
"""Of pictures that not every Pillow reads: they are told by their brand alone, and their size stays unknown."""

_MOST_PIXELS = 64_000_000
"""Larger pictures are not decoded: this one takes 256 MB as RGBA."""

_MOST_BYTES = 256 * 2**20
"""Larger files are not opened: some plugins read all of it into memory."""

_DAMAGE = (SyntaxError, ValueError, TypeError, LookupError, EOFError, ArithmeticError, AttributeError, struct.error)
"""What Pillow raises over damaged files, besides OSError without a number."""

_TURNED = (5, 6, 7, 8)
"""The EXIF orientations that swap width and height."""

_one_at_a_time = threading.Lock()
"""Silencing warnings changes the whole process; two threads that did it at once could leave them silent."""


def picture_format(head: bytes) -> str | None:
    """The format of the picture that begins so; None where it is no picture."""
    for signature, name in _SIGNATURES:
        if head.startswith(signature):
            return name
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    if head.startswith(b"BM") and head[6:10] == bytes(4):
        return "bmp"
    return _BRANDS.get(head[8:12]) if head[4:8] == b"ftyp" else None


def picture_facts(file: BinaryIO, name: str, byte_count: int) -> MediaFacts:
    """Decodes the picture, unless it is huge; width and height are as shown, with the EXIF orientation applied.

    Raises:
        NotMediaError: the picture is cut short or damaged.
        OSError: the file cannot be read.
    """
    if name not in _PLUGINS:
        return MediaFacts("image", name, byte_count)
    if byte_count > _MOST_BYTES:
        raise NotMediaError(f"it is a picture of more than {_MOST_BYTES // 2**20} MiB, which is not looked into")
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        width, height = _shown_size(file, name)
    return MediaFacts("image", name, byte_count, width, height)


def _shown_size(file: BinaryIO, name: str) -> tuple[int, int]:
    from PIL import Image

    try:
        return _decoded_size(file, name)
    except Image.DecompressionBombError as error:
        raise NotMediaError("the picture has too many pixels to be looked into") from error
    except OSError as error:
        if error.errno is not None:  # the disk's, not Pillow's
            raise
        raise NotMediaError(_complaint(error)) from error
    except _DAMAGE as error:
        raise NotMediaError(_complaint(error)) from error


def _complaint(error: Exception) -> str:
    cut = isinstance(error, EOFError) or "truncated" in str(error).lower()
    return "the picture is cut short" if cut else "the picture is damaged or cut short"


def _decoded_size(file: BinaryIO, name: str) -> tuple[int, int]:
    module, plugin = _PLUGINS[name]
    file.seek(0)
    with getattr(importlib.import_module(f"PIL.{module}"), plugin)(file) as picture:
        width, height = picture.size
        if width * height <= _MOST_PIXELS:
            picture.draft(None, (1, 1))  # a JPEG is read to its end, yet decoded at an eighth of its size
            picture.load()
        # TIFF has its orientation applied by Pillow.
        turned = name != "tiff" and _orientation(picture) in _TURNED
    return (height, width) if turned else (width, height)


def _orientation(picture: Any) -> int | None:
    """By the header as read so far: PNG's own `getexif` would decode the picture to reach a late chunk."""
    from PIL import ExifTags, Image

    exif = Image.Image.getexif(picture)
    orientation: int | None = exif.get(ExifTags.Base.Orientation)
    return orientation
