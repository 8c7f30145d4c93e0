"""A running timecode, burned into the upper part of a picture."""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL import Image

_DARK, _LIGHT, _GREY = 22, 225, 128
_LETTERS = "0123456789:"
_LENGTH = len("00:00:00:00")


def timecode(frame: int, rate: Fraction) -> str:
    """The number of a frame, counted from zero, as HH:MM:SS:FF; without drops, as editors call it."""
    per_second = max(1, round(rate))
    seconds, frames = divmod(frame, per_second)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}:{frames:02}"


class Timecode:
    """Burns the timecode into frames of one size."""

    def __init__(self, width: int, height: int, rate: Fraction) -> None:
        self._rate = rate
        short = min(width, height)
        self._cell = max(1, round(short * 0.026))
        self._height = min(height, _even(short * 0.06))
        self._width = min(width, _even(self._cell * (_LENGTH + 1)))
        self._left = _even((width - self._width) / 2) & ~1
        self._top = min(_even(short * 0.04), height - self._height) & ~1

    def burn(self, frame: Any, number: int) -> None:
        """Write the number's timecode over a yuv420p frame that is ours to change."""
        luma, *chroma = frame.planes
        _fill(luma, self._left, self._top, self._width, self._height, self._drawn(timecode(number, self._rate)))
        half = (self._left // 2, self._top // 2, self._width // 2, self._height // 2)
        for plane in chroma:
            _fill(plane, *half, bytes([_GREY]) * (half[2] * half[3]))

    def _drawn(self, text: str) -> bytes:
        from PIL import Image

        image = Image.new("L", (self._width, self._height), _DARK)
        left = (self._width - self._cell * len(text)) // 2
        for place, letter in enumerate(text):  # in cells of one width, so that nothing jumps
            image.paste(self._glyphs[letter], (left + place * self._cell, 0))
        return image.tobytes()

    @cached_property
    def _glyphs(self) -> dict[str, Image.Image]:
        from PIL import Image, ImageDraw, ImageFont

        font, glyphs = ImageFont.load_default(self._height * 0.7), {}
        for letter in _LETTERS:
            glyphs[letter] = Image.new("L", (self._cell, self._height), _DARK)
            middle = (self._cell / 2, self._height * 0.72)
            ImageDraw.Draw(glyphs[letter]).text(middle, letter, _LIGHT, font, anchor="ms")
        return glyphs


def _even(length: float) -> int:
    return max(2, 2 * round(length / 2))


def _fill(plane: Any, left: int, top: int, width: int, height: int, pixels: bytes) -> None:
    canvas = memoryview(plane)
    for row in range(height):
        at = (top + row) * plane.line_size + left
        canvas[at : at + width] = pixels[row * width : (row + 1) * width]
