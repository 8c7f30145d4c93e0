"""Slates and sound encoded as an MP4 file in memory."""

from collections.abc import Iterator
from fractions import Fraction
from io import BytesIO
from typing import Any, Final

import av
from av.video.frame import PictureType
from PIL import Image

from mock_server.media import slate, sound
from mock_server.media.spec import ClipSpec
from mock_server.media.timecode import Stamp

# One thread, or the bytes change from run to run. A constant quantiser without look-ahead, for a still slate needs no
# rate control and this takes a third off the time.
_H264: Final = {"preset": "ultrafast", "tune": "zerolatency", "qp": "23", "threads": "1"}
_AAC: Final = {"aac_coder": "fast", "threads": "1"}
_AAC_BITS: Final = 64_000
_AAC_FRAME: Final = 1024
_BT709: Final = 1
_LIMITED_RANGE: Final = 1


def encode(spec: ClipSpec) -> bytes:
    """The clip as an MP4 file: H.264 and, when the spec has sound, AAC; the index in front of the frames."""
    file = BytesIO()
    with av.open(file, "w", format="mp4", options=_mp4(spec)) as container:
        container.metadata["comment"] = f"PLACEHOLDER, seed {spec.seed}"
        video = _video_stream(container, spec)
        audio = _audio_stream(container) if spec.sound else None
        _encode(container, video, _frames(spec))
        if audio is not None:
            _encode(container, audio, _chunks(spec))
    return file.getvalue()


def _mp4(spec: ClipSpec) -> dict[str, str]:
    """Options of the muxer.

    `faststart` would reopen the output by name, which memory has not; room for the index is kept in front instead, at
    32 bytes for every frame of either track. No date and no version are written. Packets wait for each other however
    far apart they come, so that picture and sound lie side by side.
    """
    packets = spec.seconds * (spec.fps + sound.RATE // _AAC_FRAME + 1)
    return {"moov_size": str(4096 + 32 * packets), "fflags": "+bitexact", "max_interleave_delta": "0"}


def _encode(container: Any, stream: Any, frames: Iterator[Any]) -> None:
    for frame in frames:
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def _video_stream(container: Any, spec: ClipSpec) -> Any:
    stream = container.add_stream("libx264", rate=spec.fps, options=_H264)
    stream.width, stream.height, stream.pix_fmt = spec.width, spec.height, "yuv420p"
    codec = stream.codec_context
    codec.thread_count = 1
    codec.color_primaries = codec.color_trc = codec.colorspace = _BT709
    codec.color_range = _LIMITED_RANGE
    return stream


def _audio_stream(container: Any) -> Any:
    stream = container.add_stream("aac", rate=sound.RATE, options=_AAC, layout="mono", format="fltp")
    stream.codec_context.thread_count = 1
    stream.bit_rate = _AAC_BITS
    return stream


def _frames(spec: ClipSpec) -> Iterator[Any]:
    """Every frame in order; those of one cut are one picture, stamped anew: the encoder keeps no frame it was given."""
    stamp, number = Stamp(spec), 0
    for cut, image in zip(spec.cuts, slate.draw(spec), strict=True):
        frame = _picture(image)
        plane = frame.planes[0]
        for index in range(cut.seconds * spec.fps):
            stamp.burn(memoryview(plane), plane.line_size, number)
            frame.pts, frame.time_base = number, Fraction(1, spec.fps)
            frame.pict_type = PictureType.NONE if index else PictureType.I
            yield frame
            number += 1


def _picture(image: Image.Image) -> Any:
    return av.VideoFrame.from_image(image).reformat(format="yuv420p", dst_colorspace="ITU709")


def _chunks(spec: ClipSpec) -> Iterator[Any]:
    track = sound.samples(spec)
    for start in range(0, len(track), _AAC_FRAME):
        part = track[start : start + _AAC_FRAME].tobytes()
        chunk = av.AudioFrame(format="fltp", layout="mono", samples=len(part) // track.itemsize)
        chunk.sample_rate, chunk.pts, chunk.time_base = sound.RATE, start, Fraction(1, sound.RATE)
        memoryview(chunk.planes[0]).cast("B")[: len(part)] = part  # the plane may be padded
        yield chunk
