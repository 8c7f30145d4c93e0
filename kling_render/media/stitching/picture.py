"""The pictures of a film, encoded: one size, one rate, every frame in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from kling_render.media.packets import ONLY_THIS_FILE
from kling_render.media.stitching.film_format import FilmFormat
from kling_render.media.stitching.footage import Footage, UnusableClipError
from kling_render.media.stitching.letterbox import Letterbox
from kling_render.media.stitching.timecode import Timecode

_H264 = {"preset": "ultrafast", "crf": "18", "threads": "1"}
"""Quick and large rather than slow and small: a film is looked at, then cut again from the clips themselves.
One thread, or the bytes change from run to run."""
_SECONDS_BETWEEN_KEYS = 2
_BT709 = 1
_LIMITED_RANGE = 1
_TOLERANCE = Fraction(1, 4)
"""Of a frame: so much later than its moment may a picture come, for clocks of files are rounded."""


class PictureEncoder:
    """The track of pictures in a file that is written."""

    def __init__(self, container: Any, form: FilmFormat, *, timecode: bool) -> None:
        self._container = container
        self._form = form
        self._stream = _stream(container, form)
        self._letterbox = Letterbox(form.width, form.height)
        self._timecode = Timecode(form.width, form.height, form.rate) if timecode else None
        self._count = 0

    def add(self, footage: Footage, until: int, on_frame: Callable[[int], None]) -> None:
        """Encode a clip up to a frame of the film; its last picture stands still where it is too short.

        Raises:
            UnusableClipError: it does not decode.
        """
        from av.video.frame import PictureType

        kind, shown = PictureType.I, None
        for frame, is_new in _at_rate(footage, self._form.rate, until - self._count):
            if is_new or shown is None:
                shown = self._letterbox.put(frame, footage.size)
            if self._timecode is not None:
                self._timecode.burn(shown, self._count)
            shown.pts, shown.time_base, shown.pict_type = self._count, 1 / self._form.rate, kind
            self._container.mux(self._stream.encode(shown))
            self._count, kind = self._count + 1, PictureType.NONE
            on_frame(self._count)

    def close(self) -> None:
        """Write what the encoder still holds."""
        self._container.mux(self._stream.encode(None))


def _stream(container: Any, form: FilmFormat) -> Any:
    stream = container.add_stream("libx264", rate=form.rate, options=_H264)
    stream.width, stream.height, stream.pix_fmt = form.width, form.height, "yuv420p"
    codec = stream.codec_context
    codec.thread_count = 1
    codec.gop_size = max(1, round(form.rate * _SECONDS_BETWEEN_KEYS))
    codec.color_primaries = codec.color_trc = codec.colorspace = _BT709
    codec.color_range = _LIMITED_RANGE
    return stream


def _at_rate(footage: Footage, rate: Fraction, count: int) -> Iterator[tuple[Any, bool]]:
    """So many frames, each the newest picture at its moment, and whether it is another than the one before."""
    pictures = decoded(footage)
    shown, ahead = None, next(pictures, None)
    if ahead is None:
        raise UnusableClipError(footage.path, "none of its frames can be decoded")
    for number in range(count):
        moment, is_new = footage.zero + (number + _TOLERANCE) / rate, False
        while ahead is not None and (shown is None or ahead.pts * ahead.time_base <= moment):
            shown, ahead, is_new = ahead, next(pictures, None), True
        yield shown, is_new


def decoded(footage: Footage) -> Iterator[Any]:
    """The frames of a clip in the order of showing.

    Raises:
        UnusableClipError: it does not decode.
    """
    import av

    try:
        with footage.path.open("rb") as file, av.open(file, options=ONLY_THIS_FILE) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            for frame in container.decode(stream):
                if frame.pts is not None:
                    yield frame
    except (av.FFmpegError, OSError, ValueError) as error:
        raise UnusableClipError(footage.path, str(error)) from error
