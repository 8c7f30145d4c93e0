"""Pictures of any size and shape in the frame of a film: scaled to fit, black beside them."""

from __future__ import annotations

from typing import Any

_BLACK = (16, 128, 128)
"""Luma and chroma, in the limited range of video."""
_UNSPECIFIED = 2
_BT709 = 1
_FULL_RANGE = 2


def fit(size: tuple[int, int], into: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, width and height of a picture in the middle of a frame: all even, for colour has half the pixels."""
    width, height = size
    scale = min(into[0] / width, into[1] / height)
    wide, high = (min(_even(length * scale), most) for length, most in zip(size, into, strict=True))
    return _even((into[0] - wide) / 2), _even((into[1] - high) / 2), wide, high


def _even(length: float) -> int:
    return max(0, 2 * round(length / 2))


class Letterbox:
    """Puts frames into a black frame of one size, in the colours of HD video (BT.709, limited range).

    The frame it returns is used again for the next picture.
    """

    def __init__(self, width: int, height: int) -> None:
        self._size = (width, height)
        self._canvas: Any = None
        self._place = (0, 0, 0, 0)

    def put(self, frame: Any, shown: tuple[int, int]) -> Any:
        """The frame that a film shows.

        Args:
            frame: as it was decoded.
            shown: width and height as a player shows it.
        """
        upright = _upright(frame) if frame.rotation else frame
        left, top, wide, high = place = fit(shown, self._size)
        picture = _video(upright, max(2, wide), max(2, high))
        if (wide, high) == self._size:
            picture.make_writable()  # the decoder may still look at its own copy
            return picture
        if self._canvas is None or place != self._place:
            self._canvas, self._place = _black(*self._size), place
        for index, (one, other) in enumerate(zip(picture.planes, self._canvas.planes, strict=True)):
            part = 1 if index == 0 else 2
            _paste(one, other, left // part, top // part, wide // part, high // part)
        return self._canvas


def _video(frame: Any, width: int, height: int) -> Any:
    from av.video.reformatter import ColorRange, Colorspace, Interpolation

    is_hd = frame.colorspace in (_BT709, _UNSPECIFIED) and frame.color_range != _FULL_RANGE
    if (frame.width, frame.height, frame.format.name) == (width, height, "yuv420p") and is_hd:
        return frame
    colours = {} if frame.format.is_rgb else {"src_colorspace": _colourspace(frame)}
    return frame.reformat(
        width=width, height=height, format="yuv420p", dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG, interpolation=Interpolation.BICUBIC, **colours,
    )  # fmt: skip


def _colourspace(frame: Any) -> Any:
    """What says nothing of its colours is taken for HD, as players take it."""
    from av.video.reformatter import Colorspace

    return Colorspace.ITU709 if frame.colorspace in (_BT709, _UNSPECIFIED) else Colorspace(frame.colorspace)


def _upright(frame: Any) -> Any:
    """Phones record lying frames and a note to turn them: by so many degrees, counterclockwise."""
    import av

    picture = frame.to_image().rotate(frame.rotation, expand=True)
    turned = av.VideoFrame.from_image(picture)
    turned.pts, turned.time_base = frame.pts, frame.time_base
    return turned


def _black(width: int, height: int) -> Any:
    import av

    frame = av.VideoFrame(width, height, "yuv420p")
    for plane, value in zip(frame.planes, _BLACK, strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    return frame


def _paste(source: Any, target: Any, left: int, top: int, width: int, height: int) -> None:
    """Copy a plane into another one, row by row: their rows may be padded."""
    pixels, canvas = memoryview(source), memoryview(target)
    for row in range(height):
        begin, at = row * source.line_size, (top + row) * target.line_size + left
        canvas[at : at + width] = pixels[begin : begin + width]
