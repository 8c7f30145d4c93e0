"""Small JPEG pictures of clips and picture files, for pages that show many."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from kling_render.media.not_media import NotMediaError
from kling_render.media.picture import picture_format
from kling_render.media.probe import NotAClipError

_QUALITY = 62
_OPTIONS = {"protocol_whitelist": "file", "probesize": "32", "skip_frame": "all"}
"""FFmpeg reads the file itself, so that threads do not wait for each other in Python; as an MP4, which names no other
file, and trusting its header: to be sure it would decode the first frame, and we once more (1.6 ms of 4.7 at 720p)."""
_MOST_PIXELS = 64_000_000


def clip_thumbnail(path: Path, edge: int) -> bytes:
    """The first frame of a clip as a JPEG whose longer side has at most so many pixels.

    Only that frame is decoded; whether the rest of the clip is whole is not looked at.

    Raises:
        NotAClipError: no frame can be decoded.
    """
    import av

    try:
        with av.open(f"file:{path}", format="mp4", options=_OPTIONS) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1  # one frame: threads would cost more than they save
            stream.codec_context.options = {"skip_loop_filter": "all"}  # blocks do not show when it is made small
            frame = next(container.decode(stream), None)
            if frame is None:
                raise NotAClipError("none of its frames can be decoded")
            width, height = _fitted(frame.width, frame.height, edge)
            return _jpeg(frame.to_image(width=width, height=height, interpolation="AREA"))
    except (av.FFmpegError, OSError, ValueError, IndexError) as error:
        raise NotAClipError(str(error)) from error


def picture_thumbnail(path: Path, edge: int) -> bytes:
    """A picture file as a JPEG whose longer side has at most so many pixels.

    Raises:
        NotMediaError: it is no picture that can be decoded, or a huge one.
    """
    from PIL import Image, ImageOps

    try:
        with path.open("rb") as file:
            if picture_format(file.read(16)) is None:
                raise NotMediaError("it is no picture")
            file.seek(0)
            with Image.open(file) as picture:
                if picture.width * picture.height > _MOST_PIXELS:
                    raise NotMediaError("the picture has too many pixels")
                picture.draft("RGB", (edge, edge))
                upright = ImageOps.exif_transpose(picture)
                upright.thumbnail((edge, edge))
                return _jpeg(_on_white(upright))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise NotMediaError(str(error)) from error


def _fitted(width: int, height: int, edge: int) -> tuple[int, int]:
    """A size of the same shape within a square, even as scalers like it."""
    scale = min(1.0, edge / max(width, height))
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def _on_white(picture: Any) -> Any:
    """A picture without transparency, which JPEG does not know."""
    from PIL import Image

    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        ground = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(ground, layer).convert("RGB")
    return picture.convert("RGB")


def _jpeg(picture: Any) -> bytes:
    content = BytesIO()
    picture.save(content, "JPEG", quality=_QUALITY)
    return content.getvalue()
