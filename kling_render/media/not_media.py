"""Says what a file is that is neither picture nor video nor sound."""

from __future__ import annotations

import codecs
import unicodedata

_OTHER_FILES = (
    (b"%pdf-", "it is a PDF document"),
    (b"pk\x03\x04", "it is a ZIP archive"),
    (b"\x1f\x8b", "it is a gzip archive"),
    (b"8bps", "it is a Photoshop document"),
    (b"#extm3u", "it is a playlist, which only names other files"),
    (b"ffconcat version", "it is a playlist, which only names other files"),
    (b"version https://git-lfs", "it is a Git LFS pointer, not the file itself"),
    (b"<!doctype html", "it is an HTML page"),
    (b"<html", "it is an HTML page"),
)
"""How files begin that people mistake for media: in lower case, without leading blanks."""


class NotMediaError(Exception):
    """The file is no picture, video or sound, or it ends too early; the message is a sentence without a full stop."""


def other_file(head: bytes) -> str | None:
    """What the file is, as a sentence, where its first bytes tell; None where they do not."""
    begin = head.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    for signature, sentence in _OTHER_FILES:
        if begin.startswith(signature):
            return sentence
    return (_markup(begin) or "it is a text file") if _is_text(head) else None


def _markup(begin: bytes) -> str | None:
    if not begin.startswith(b"<"):
        return None
    for mark, sentence in ((b"<svg", "it is an SVG drawing"), (b"<html", "it is an HTML page")):
        if mark in begin:
            return sentence
    return "it is an XML document" if begin.startswith(b"<?xml") else None


def _is_text(head: bytes) -> bool:
    """Whether it is UTF-8 without control characters; a letter may be cut at the end of the head."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return all(letter in "\t\n\r\f" or unicodedata.category(letter) != "Cc" for letter in text)
