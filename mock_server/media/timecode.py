"""What changes from frame to frame: the running timecode and the bar that fills."""

from typing import Final

from PIL import Image, ImageDraw

from mock_server.media import typeface
from mock_server.media.layout import Box, Layout
from mock_server.media.spec import ClipSpec
from mock_server.media.typeface import Typeface

_DARK: Final = 32
_LIGHT: Final = 225


def timecode(frame: int, fps: int) -> str:
    """Frame number as HH:MM:SS:FF, counted from zero."""
    seconds, frames = divmod(frame, fps)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}:{frames:02}"


class Stamp:
    """Writes timecode and progress into a luma plane, touching no other pixel."""

    def __init__(self, spec: ClipSpec) -> None:
        layout = Layout(spec.width, spec.height)
        self._fps, self._frames = spec.fps, spec.seconds * spec.fps
        self._box, self._bar = layout.timecode, layout.progress
        self._glyphs = _glyphs(self._box.width // 12, self._box.height)

    def burn(self, luma: memoryview, stride: int, frame: int) -> None:
        """Write one frame's stamp.

        Args:
            luma: The plane's bytes, rows of `stride`.
            stride: Bytes from row to row, padding included.
            frame: Counted from zero.
        """
        _write(luma, stride, self._box, self._draw(timecode(frame, self._fps)))
        filled = self._bar.width * (frame + 1) // self._frames
        _write(luma, stride, self._bar, (bytes([_LIGHT]) * filled).ljust(self._bar.width, bytes([_DARK])), repeat=True)

    def _draw(self, text: str) -> bytes:
        image = Image.new("L", (self._box.width, self._box.height), _DARK)
        # Digits stand in cells of one width, so that nothing jumps as they change.
        cell = self._box.width // 12
        left = (self._box.width - cell * len(text)) // 2
        for place, character in enumerate(text):
            image.paste(self._glyphs[character], (left + place * cell, 0))
        return image.tobytes()


def _glyphs(width: int, height: int) -> dict[str, Image.Image]:
    face, size = Typeface(typeface.BOLD), max(1, round(height * 0.62))
    return {character: _glyph(face, character, size, width, height) for character in "0123456789:"}


def _glyph(face: Typeface, character: str, size: int, width: int, height: int) -> Image.Image:
    image = Image.new("RGB", (max(1, width), height), (_DARK, _DARK, _DARK))
    at = ((width - face.width(character, size)) / 2, round(height / 2 + size * 0.36))
    face.draw(ImageDraw.Draw(image), at, character, size, (_LIGHT, _LIGHT, _LIGHT))
    return image.convert("L")


def _write(luma: memoryview, stride: int, box: Box, pixels: bytes, *, repeat: bool = False) -> None:
    """Copy rows of pixels into the plane; with `repeat`, one row into every row of the box. What is outside is cut."""
    width = max(0, min(box.width, stride - box.left))
    for row in range(min(box.height, len(luma) // stride - box.top)):
        start = (box.top + row) * stride + box.left
        source = 0 if repeat else row * box.width
        luma[start : start + width] = pixels[source : source + width]
