"""What is known of a media file: the facts that rules, lengths and prices are reckoned from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

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


def nothing_known(url: str) -> MediaFacts | None:
    """The lookup of one who has seen no file."""
    return None
