"""Small clips of known pictures and sounds, and looks into what was made of them."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import pi, sin
from pathlib import Path
from typing import Any

import av
from PIL import Image

Colour = tuple[int, int, int]
RED, GREEN, BLUE, WHITE, BLACK = (220, 20, 20), (20, 200, 20), (20, 20, 220), (235, 235, 235), (0, 0, 0)


def a_clip(
    path: Path,
    colour: Colour | Callable[[float], Colour] = RED,
    *,
    seconds: float = 1.0,
    fps: int | Fraction = 12,
    size: tuple[int, int] = (64, 36),
    sound: int = 0,
    layout: str = "mono",
    tone: Callable[[float], float] = lambda at: 0.3 * sin(2 * pi * 440 * at),
    sound_seconds: float | None = None,
    options: dict[str, str] | None = None,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    keys_at: tuple[int, ...] = (),
) -> Path:
    """A clip of one colour, or one that depends on the second; with `sound` samples per second of a tone, or silent."""
    with av.open(str(path), "w") as container:
        video: Any = container.add_stream(codec, rate=fps, options=options or {"preset": "ultrafast", "qp": "10"})
        video.width, video.height, video.pix_fmt = *size, pixels
        video.codec_context.thread_count = 1
        video.codec_context.colorspace = video.codec_context.color_primaries = video.codec_context.color_trc = 1
        audio: Any = container.add_stream("aac", rate=sound, layout=layout, format="fltp") if sound else None
        for number in range(round(seconds * fps)):
            shade = colour if isinstance(colour, tuple) else colour(float(number / fps))
            frame: Any = av.VideoFrame.from_image(Image.new("RGB", size, shade))
            frame = frame.reformat(format=pixels, dst_colorspace="ITU709")
            frame.pts, frame.time_base = number, 1 / Fraction(fps)
            frame.pict_type = 1 if number in (0, *keys_at) else 0
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if audio is not None:
            _add_sound(container, audio, sound, layout, tone, sound_seconds or seconds)
    return path


def _add_sound(
    container: Any, audio: Any, rate: int, layout: str, tone: Callable[[float], float], seconds: float
) -> None:
    count = round(seconds * rate)
    for start in range(0, count, 1024):
        samples = array("f", (tone(at / rate) for at in range(start, min(start + 1024, count))))
        frame: Any = av.AudioFrame(format="fltp", layout=layout, samples=len(samples))
        for plane in frame.planes:
            memoryview(plane).cast("B")[: len(samples) * 4] = samples.tobytes()
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        container.mux(audio.encode(frame))
    container.mux(audio.encode(None))


@dataclass(frozen=True)
class Seen:
    """What decodes out of a film: when each picture is shown, its picture, and the loudness of the sound.

    Attributes:
        loudness: of each hundredth of a second of sound, its largest sample in any channel.
    """

    size: tuple[int, int]
    fps: Fraction
    times: list[float]
    pictures: list[Image.Image]
    sample_rate: int
    channels: int
    samples: int
    loudness: list[float]

    def colours(self) -> list[Colour]:
        """The colour in the middle of each picture."""
        return [colour_at(each, each.width // 2, each.height // 2) for each in self.pictures]


def look(path: Path) -> Seen:
    """Decode all of it."""
    times: list[float] = []
    pictures: list[Image.Image] = []
    heard = array("f")
    rate = channels = 0
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        fps = Fraction(video.average_rate or 0)
        frame: Any
        for frame in container.decode(video):
            times.append(float(frame.time))
            pictures.append(frame.to_image())
        if container.streams.audio:
            container.seek(0)
            audio = container.streams.audio[0]
            rate, channels = audio.rate, audio.layout.nb_channels
            for frame in container.decode(audio):
                planes = [memoryview(each).cast("B").cast("f")[: frame.samples] for each in frame.planes]
                begin = round(frame.time * rate)
                heard.extend([0.0] * (begin - len(heard)))
                heard.extend(max(map(abs, values)) for values in zip(*planes, strict=True))
    step = max(1, rate // 100)
    loudness = [max(heard[at : at + step]) for at in range(0, len(heard), step)]
    return Seen(pictures[0].size, fps, times, pictures, rate, channels, len(heard), loudness)


def colour_at(picture: Image.Image, x: int, y: int) -> Colour:
    """A pixel of a picture."""
    found = picture.convert("RGB").getpixel((x, y))
    assert isinstance(found, tuple)
    return found[0], found[1], found[2]


def is_like(one: Colour, other: Colour, within: int = 24) -> bool:
    """Whether two colours are the same but for what encoding does to them."""
    return all(abs(a - b) <= within for a, b in zip(one, other, strict=True))
