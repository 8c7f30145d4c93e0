"""The sound of a clip: a soft tone of the seed's own pitch, and a short pip where a cut begins."""

from array import array
from math import cos, pi, sin
from typing import Final

from mock_server.media import palette
from mock_server.media.spec import ClipSpec

RATE: Final = 48_000
_PERIODS: Final = (240, 216, 200, 192, 180, 160, 150, 144)
_PIP_PERIOD: Final = 48
_PIP_SAMPLES: Final = RATE * 60 // 1000
_TONE: Final = 0.05
_PIP: Final = 0.22


def samples(spec: ClipSpec) -> "array[float]":
    """Mono samples of the whole clip, 48,000 a second, between -1 and 1.

    Every pitch divides the rate, so one second is made once and repeated; only pips and the two ends differ.
    """
    period = _PERIODS[palette.digest("tone", spec.title, spec.seed)[0] % len(_PERIODS)]
    cycle = array("f", (_TONE * sin(2 * pi * step / period) for step in range(period)))
    track = (cycle * (spec.seconds * RATE // period + 1))[: spec.seconds * RATE]
    _fade(track)
    pip = _pip()
    for start in spec.starts:
        track[start * RATE : start * RATE + len(pip)] = pip
    return track


def _pip() -> "array[float]":
    swell = (0.5 - 0.5 * cos(2 * pi * step / _PIP_SAMPLES) for step in range(_PIP_SAMPLES))
    return array("f", (_PIP * level * sin(2 * pi * step / _PIP_PERIOD) for step, level in enumerate(swell)))


def _fade(track: "array[float]") -> None:
    """Let the tone die away over the last 20 ms, without a click; the first pip covers the beginning."""
    length = RATE // 50
    for step in range(length):
        track[-1 - step] *= step / length
