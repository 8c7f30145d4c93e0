"""Says what a local file that stands for a media URL really is: by its content, never by its name."""

from __future__ import annotations

import stat
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from kling_render.catalog.media import MediaFacts
from kling_render.media.ends import ends_early
from kling_render.media.not_media import NotMediaError, other_file
from kling_render.media.picture import picture_facts, picture_format
from kling_render.media.recording import recording_facts

_HEAD_BYTES = 4096

_SUBTYPES = {
    "mov": "quicktime",
    "mkv": "x-matroska",
    "avi": "x-msvideo",
    "3gp": "3gpp",
    "mp3": "mpeg",
    "m4a": "mp4",
}
"""Where the MIME subtype (IANA's registry, or common use with x-) is not the short name of the format."""


def inspect_media(source: Path | bytes) -> MediaFacts:
    """Reads a file, or bytes, and tells kind, format, size in pixels and length.

    Videos are measured by their picture, and turned as a player turns them; the size of HEIC and AVIF pictures and of
    none else is unknown. Pictures of up to 64 megapixels are decoded, of recordings every packet is read.

    Raises:
        NotMediaError: it is no picture, video or sound, is cut short or damaged, or may not be read.
        OSError: the file is missing, or reading failed.
    """
    if isinstance(source, bytes):
        return _inspect(BytesIO(source), len(source))
    status = source.stat()
    if stat.S_ISDIR(status.st_mode):
        raise NotMediaError("it is a folder")
    if not stat.S_ISREG(status.st_mode):
        raise NotMediaError("it is no regular file")
    try:
        file = source.open("rb")
    except PermissionError as error:
        raise NotMediaError("it may not be read by this user") from error
    with file:
        return _inspect(file, status.st_size)


def media_type(facts: MediaFacts) -> str:
    """The MIME type, such as `image/jpeg` or `video/quicktime`."""
    return f"{facts.kind}/{_SUBTYPES.get(facts.format, facts.format)}"


def _inspect(file: BinaryIO, byte_count: int) -> MediaFacts:
    head = file.read(_HEAD_BYTES)
    if not head:
        raise NotMediaError("it is empty")
    picture = picture_format(head)
    if picture is None and (sentence := other_file(head)):
        raise NotMediaError(sentence)
    if ends_early(file, head, byte_count):
        raise NotMediaError("the picture is cut short" if picture else "it ends too early")
    file.seek(0)
    if picture:
        return picture_facts(file, picture, byte_count)
    return recording_facts(file, head, byte_count)
