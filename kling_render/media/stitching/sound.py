"""The sound of a film, encoded: one rate, silence where a clip has none, each sample in its place."""

from __future__ import annotations

from array import array
from fractions import Fraction
from typing import Any

from kling_render.media.packets import ONLY_THIS_FILE
from kling_render.media.stitching.film_format import FilmFormat
from kling_render.media.stitching.footage import Footage, UnusableClipError
from kling_render.media.stitching.tracks import AAC_SAMPLES

_AAC = {"aac_coder": "fast", "threads": "1"}
_BITS_PER_CHANNEL = 96_000
_LAYOUTS = {1: "mono", 2: "stereo"}
_SAMPLE_BYTES = 4


class SoundEncoder:
    """The track of sound in a file that is written."""

    def __init__(self, container: Any, form: FilmFormat) -> None:
        self._container = container
        self._form = form
        self._layout = _LAYOUTS[form.channels]
        stream = container.add_stream("aac", rate=form.sample_rate, options=_AAC, layout=self._layout, format="fltp")
        stream.codec_context.thread_count = 1
        stream.bit_rate = _BITS_PER_CHANNEL * form.channels
        self._stream = stream
        self._waiting = bytearray()
        self._written = 0

    def add(self, footage: Footage, until: int) -> None:
        """Encode the sound of a clip, or silence, up to a sample of the film.

        Raises:
            UnusableClipError: it does not decode.
        """
        width = _SAMPLE_BYTES * self._form.channels
        count = until - self._written - len(self._waiting) // width
        self._waiting += _samples(footage, count, self._form.sample_rate, self._layout, width)
        while len(self._waiting) >= AAC_SAMPLES * width:
            self._encode(AAC_SAMPLES * width)

    def close(self) -> None:
        """Write what is left."""
        if self._waiting:
            self._encode(len(self._waiting))
        self._container.mux(self._stream.encode(None))

    def _encode(self, byte_count: int) -> None:
        import av

        channels = self._form.channels
        values = array("f", bytes(self._waiting[:byte_count]))
        del self._waiting[:byte_count]
        frame = av.AudioFrame(format="fltp", layout=self._layout, samples=len(values) // channels)
        for channel, plane in enumerate(frame.planes):
            part = values[channel::channels].tobytes()
            memoryview(plane).cast("B")[: len(part)] = part  # the plane may be padded
        frame.sample_rate, frame.pts = self._form.sample_rate, self._written
        frame.time_base = Fraction(1, self._form.sample_rate)
        self._written += frame.samples
        self._container.mux(self._stream.encode(frame))


def _samples(footage: Footage, count: int, rate: int, layout: str, width: int) -> bytes:
    """So many samples from the begin of the picture on, channels side by side: cut or filled with silence."""
    if footage.sound is None:
        return bytes(count * width)
    import av

    try:
        with footage.path.open("rb") as file, av.open(file, options=ONLY_THIS_FILE) as container:
            lead, heard = _decoded(container, footage, count, (rate, layout, width))
    except (av.FFmpegError, OSError, ValueError) as error:
        raise UnusableClipError(footage.path, str(error)) from error
    placed = bytes(max(0, lead) * width) + bytes(heard[max(0, -lead) * width :])
    return placed[: count * width].ljust(count * width, b"\0")


def _decoded(container: Any, footage: Footage, count: int, form: tuple[int, str, int]) -> tuple[int, bytearray]:
    """How many samples after the picture the sound begins (fewer than 0: before it), and the sound."""
    import av

    rate, layout, width = form
    resampler = av.AudioResampler(format="flt", layout=layout, rate=rate)
    lead: int | None = None
    heard = bytearray()
    for frame in container.decode(container.streams.audio[0]):
        if lead is None:
            lead = round(((frame.pts or 0) * frame.time_base - footage.zero) * rate)
        for piece in resampler.resample(frame):
            heard += bytes(piece.planes[0])[: piece.samples * width]
        if lead + len(heard) // width >= count:
            break
    else:
        for piece in resampler.resample(None):
            heard += bytes(piece.planes[0])[: piece.samples * width]
    return lead or 0, heard
