"""Small real files for uploads."""

from __future__ import annotations

import functools
import io
import wave

from PIL import Image

from mock_server.media import ClipSpec, Cut, encode

_RATE = 8_000


@functools.cache
def a_png(width: int = 320, height: int = 320) -> bytes:
    """A picture of one colour."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), "navy").save(file, "PNG")
    return file.getvalue()


@functools.cache
def a_wav(seconds: float = 1.0) -> bytes:
    """Silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(_RATE)
        sound.writeframes(b"\x80" * round(seconds * _RATE))
    return file.getvalue()


@functools.cache
def an_mp4(seconds: int = 3) -> bytes:
    """A video without sound."""
    return encode(ClipSpec("a", "", "t", "m", "$0", (Cut("x", seconds),), 64, 64, sound=False, seed=0, fps=2))
