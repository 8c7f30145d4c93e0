"""What is known of a media file: the facts that rules, lengths and prices are reckoned from."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, unquote

MediaKind = Literal["image", "video", "audio"]


@dataclass(frozen=True)
class MediaFacts:
    """A media file by its content, not its name.

    Attributes:
        kind: image, video or audio.
        format: the short name of its format, in lower case: `jpeg`, `png`, `mp4`, `mov`, `mp3`, `wav`, …
        byte_count: its size.
        width: in pixels, of a picture or video.
        height: in pixels, of a picture or video.
        seconds: the length of a video or audio file.
    """

    kind: MediaKind
    format: str
    byte_count: int
    width: int | None = None
    height: int | None = None
    seconds: float | None = None


MediaLookup = Callable[[str], MediaFacts | None]
"""What is known of the file behind a URL; None where nothing is."""


_STAND_INS = "https://upload.invalid/"
_STAND_IN = re.compile(re.escape(_STAND_INS) + r"[0-9a-f]+/([^\s\"/]*)")


def stand_in_url(sha256: str, name: str) -> str:
    """A URL of the right shape for judging a request before its local file is uploaded: by digest and file name."""
    return f"{_STAND_INS}{sha256}/{quote(name, safe='')}"


def name_stand_ins(text: str) -> str:
    """A text for people with the file names that its stand-in URLs have."""
    return _STAND_IN.sub(lambda found: unquote(found[1]), text)


def nothing_known(url: str) -> MediaFacts | None:
    """The lookup of one who has seen no file."""
    return None
