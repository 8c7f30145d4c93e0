"""Small pictures, videos and sounds, made for one test each."""

from __future__ import annotations

import random
import struct
from fractions import Fraction
from io import BytesIO
from typing import Any

import av
from PIL import Image


def a_picture(form: str = "JPEG", *, width: int = 120, height: int = 80, orientation: int | None = None) -> bytes:
    """Noise, so that its bytes are spread over the whole file."""
    noise = random.Random(3).randbytes(width * height * 3)  # noqa: S311 - the same at each run
    picture, out = Image.frombytes("RGB", (width, height), noise), BytesIO()
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    picture.save(out, form, **({"exif": exif} if orientation else {}))
    return out.getvalue()


def a_recording(
    form: str,
    *,
    picture: str = "",
    sound: str = "",
    seconds: int = 2,
    cover: bytes = b"",
    width: int = 64,
    height: int = 36,
    title: str = "",
    sound_seconds: int | None = None,
) -> bytes:
    """A file of the FFmpeg muxer `form`, with the named encoders; `cover` is a JPEG that goes with the sound."""
    out = BytesIO()
    with av.open(out, "w", format=form) as container:
        container.metadata["title"] = title
        film: Any = container.add_stream(picture, rate=12) if picture else None
        track = container.add_stream(sound, rate=48000 if sound == "libopus" else 44100) if sound else None
        if film is not None:
            film.width, film.height, film.pix_fmt = width, height, "yuv420p"
        if cover:
            container.mux(_attached(container, cover))
        for shade in range(seconds * 12 if film else 0):
            container.mux(film.encode(av.VideoFrame.from_image(Image.new("RGB", (width, height), (shade, 80, 9)))))
        for stream, frame in (
            (film, None),
            (track, track and _silence(track, sound_seconds or seconds)),
            (track, None),
        ):
            container.mux(stream.encode(frame) if stream else ())
    return out.getvalue()


def _attached(container: Any, jpeg: bytes) -> Any:
    stream, packet = container.add_stream("mjpeg", rate=1), av.Packet(jpeg)
    stream.width, stream.height, stream.pix_fmt = 120, 80, "yuvj420p"
    stream.disposition = av.stream.Disposition.attached_pic
    packet.stream, packet.pts, packet.dts, packet.time_base = stream, 0, 0, Fraction(1)
    return packet


def _silence(track: Any, seconds: int) -> Any:
    rate, layout = track.codec_context.sample_rate, "stereo"
    frame = av.AudioFrame(format=track.codec_context.format.name, layout=layout, samples=rate * seconds)
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    frame.sample_rate, frame.pts = rate, 0
    return frame


def turned(mp4: bytes) -> bytes:
    """The same video with the note that it is shown turned by 90 degrees: the matrix of the track's header."""
    matrix = mp4.index(b"tkhd") + 44
    quarter_turn = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
    return mp4[:matrix] + quarter_turn + mp4[matrix + 36 :]
