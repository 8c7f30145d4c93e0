"""What a video or sound file is, read with PyAV (loaded where it is used)."""

from __future__ import annotations

import re
from typing import Any, BinaryIO

from kling_render.catalog.media import MediaFacts
from kling_render.media.not_media import NotMediaError
from kling_render.media.packets import ONLY_THIS_FILE, Track, read_track

_OPTIONS = ONLY_THIS_FILE | {"format_whitelist": "mov,mp4,m4a,matroska,webm,avi,mp3,wav,aac,ogg,flac"}
"""Playlists, slide shows and raw streams are no formats here, even where FFmpeg could guess one."""

_PADDING_SECONDS = 0.1
"""An encoder fills its last frame and starts before the first sound: so much longer may packets be than the sound."""


def recording_facts(file: BinaryIO, head: bytes, byte_count: int) -> MediaFacts:
    """Reads every packet and decodes one frame; the file is never held in memory.

    Raises:
        NotMediaError: no format that is read here, no track, or a track that is cut short or does not decode.
        OSError: the file cannot be read.
    """
    import av

    try:
        # Titles in another encoding than UTF-8 are no reason to refuse a file.
        with av.open(file, options=_OPTIONS, metadata_errors="replace") as container:
            return _facts(container, head, byte_count)
    except av.FFmpegError as error:  # some of them are OSErrors, too
        raise NotMediaError("it is no picture, video or sound that can be read, or it is damaged") from error
    except ValueError as error:
        raise NotMediaError(str(error)) from error


def _facts(container: Any, head: bytes, byte_count: int) -> MediaFacts:
    video = next((stream for stream in container.streams.video if not _is_cover(stream)), None)
    if video is not None:
        track = read_track(container, video)
        name, seconds = _format(container, head, has_video=True), float(track.seconds)
        return MediaFacts("video", name, byte_count, *_shown_size(track.frame), seconds)
    if not container.streams.audio:
        raise NotMediaError("it has neither a video track nor sound")
    audio = container.streams.audio[0]
    seconds = _sound_seconds(audio, read_track(container, audio))
    return MediaFacts("audio", _format(container, head, has_video=False), byte_count, seconds=seconds)


def _is_cover(stream: Any) -> bool:
    """Whether it is a picture that goes with sound or video rather than a moving one."""
    from av.stream import Disposition

    return bool(stream.disposition & (Disposition.attached_pic | Disposition.timed_thumbnails))


def _shown_size(frame: Any) -> tuple[int, int]:
    """Width and height as a player shows them: phones record lying frames and a note to turn them."""
    if frame.rotation % 180 == 90:
        return frame.height, frame.width
    return frame.width, frame.height


def _sound_seconds(stream: Any, track: Track) -> float:
    """The declared length where the packets bear it out, for it leaves out the encoder's padding."""
    declared = float((stream.duration or 0) * (stream.time_base or 0))
    covered = float(track.seconds)
    return declared if covered - _PADDING_SECONDS < declared < covered else covered


def _format(container: Any, head: bytes, *, has_video: bool) -> str:
    name: str = container.format.name
    if name.startswith("mov,"):
        return _iso_format(head, has_video=has_video)
    if name.startswith("matroska,"):
        return "webm" if re.search(rb"\x42\x82.{1,8}?webm", head, re.S) else "mkv"
    return name


def _iso_format(head: bytes, *, has_video: bool) -> str:
    """By the major brand; before there were brands there was only QuickTime."""
    brand = head[8:12] if head[4:8] == b"ftyp" else b"qt  "
    if brand == b"qt  ":
        return "mov"
    if brand.startswith(b"3g"):
        return "3gp"
    return "mp4" if has_video else "m4a"
