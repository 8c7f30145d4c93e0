"""Content types by the names of files, the same on every machine and Python."""

from __future__ import annotations

import functools
import mimetypes

UNKNOWN_TYPE = "application/octet-stream"
_LATER_THAN_PYTHON_311 = {
    ".avif": "image/avif",
    ".flac": "audio/flac",
    ".heic": "image/heic",
    ".m4a": "audio/mp4",
    ".ogg": "audio/ogg",
    ".wav": "audio/wav",
    ".webp": "image/webp",
}


def mime_type_of(name: str) -> str:
    """The content type that a file's name promises."""
    return _types().guess_type(name)[0] or UNKNOWN_TYPE


def extension_of(mime_type: str) -> str:
    """The usual ending of a content type's files, with its dot; empty when it has none."""
    return _types().guess_extension(mime_type) or ""


@functools.cache
def _types() -> mimetypes.MimeTypes:
    table = mimetypes.MimeTypes()  # the built-in table: the machine's own files are not read
    for extension, mime_type in _LATER_THAN_PYTHON_311.items():
        table.add_type(mime_type, extension)
    return table
