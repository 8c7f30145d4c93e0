"""Whether a file is as long as the lengths that stand in it say."""

from __future__ import annotations

import re
from typing import BinaryIO

_MOST_STEPS = 1_000_000
"""Chunks, boxes and pages to step over; a file of more is taken for whole rather than walked for hours."""

_STREAMED = 0x7FFF_0000
"""From here on a RIFF length is the placeholder of a writer that could not go back to the header."""


def ends_early(file: BinaryIO, head: bytes, byte_count: int) -> bool:
    """Steps over the parts of the file by their stated lengths, without reading them.

    Tells it of PNG, WebP, WAV, AVI, MP4 and its kin, Matroska and WebM, Ogg, and of MP3 with a Xing header; other
    files count as whole.
    """
    if head.startswith(b"\x89PNG"):
        return _png_ends_early(file, byte_count)
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free"):
        return _boxes_end_early(file, byte_count)
    if head.startswith(b"OggS"):
        return _pages_end_early(file, byte_count)
    return (_stated_end(file, head) or 0) > byte_count


def _stated_end(file: BinaryIO, head: bytes) -> int | None:
    if head.startswith(b"RIFF"):
        length = int.from_bytes(head[4:8], "little")
        return length if length < _STREAMED else None  # some writers count the header's 8 bytes, some do not
    if head.startswith(b"\x1aE\xdf\xa3"):
        return _segment_end(head)
    return _frames_end(file, _tag_length(head))


def _png_ends_early(file: BinaryIO, byte_count: int) -> bool:
    at = 8
    for _ in range(_MOST_STEPS):
        length, name = _part(file, at)
        at += 12 + length
        if at > byte_count or name == b"IEND":
            break
    return at > byte_count


def _boxes_end_early(file: BinaryIO, byte_count: int) -> bool:
    """ISO base media: top-level boxes of 32-bit or, after a 1, 64-bit length; 0 reaches to the end of the file."""
    at = 0
    for _ in range(_MOST_STEPS):
        length, name = _part(file, at)
        if length == 1:
            length = int.from_bytes(file.read(8), "big")
        if length < 8 or not name.isalnum():  # the last box, or what is no box any more
            break
        at += length
        if at > byte_count:
            return True
    return False


def _pages_end_early(file: BinaryIO, byte_count: int) -> bool:
    """Ogg: a page is a header of 27 bytes, a table of lengths, and the bytes these sum up to."""
    at = 0
    for _ in range(_MOST_STEPS):
        file.seek(at)
        header = file.read(27)
        if not header.startswith(b"OggS"):
            break
        at += 27 + (header[26] + sum(file.read(header[26])) if len(header) == 27 else 0)
    return at > byte_count


def _part(file: BinaryIO, at: int) -> tuple[int, bytes]:
    file.seek(at)
    header = file.read(8)
    return int.from_bytes(header[:4], "big"), header[4:]


def _segment_end(head: bytes) -> int | None:
    """Matroska: the segment follows the EBML header; a length of all ones is unknown."""
    header = _ebml_length(head, 4)
    at = header[0] + (header[1] or 0)
    if head[at : at + 4] != b"\x18S\x80g":
        return None
    begin, length = _ebml_length(head, at + 4)
    return None if length is None else begin + length


def _ebml_length(head: bytes, at: int) -> tuple[int, int | None]:
    """Where the length at this place ends, and the length; its first bit set tells of how many bytes it is."""
    width = 9 - head[at].bit_length() if at < len(head) else 9
    value = int.from_bytes(head[at : at + width], "big") & ((1 << 7 * width) - 1)
    unknown = width > 8 or value == (1 << 7 * width) - 1
    return at + width, None if unknown else value


def _tag_length(head: bytes) -> int:
    """Bytes of the ID3 tag (title, cover) before the first frame: four times seven bits."""
    if not head.startswith(b"ID3") or len(head) < 10:
        return 0
    high, upper, lower, low = head[6:10]
    return 10 + (high << 21 | upper << 14 | lower << 7 | low)


def _frames_end(file: BinaryIO, first: int) -> int | None:
    """MP3: the Xing header in the first frame may count the bytes of all frames."""
    file.seek(first)
    frame = file.read(64)
    found = re.match(rb"\xff[\xe2-\xff].{2,40}?(?:Xing|Info)\0\0\0([\x02\x03\x06\x07\x0a\x0b\x0e\x0f])", frame, re.S)
    if not found:
        return None
    at = found.end() + (4 if found[1][0] & 1 else 0)
    return first + int.from_bytes(frame[at : at + 4], "big")
