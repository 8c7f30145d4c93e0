"""What a clip is against what was asked for: length, size, shape and sound."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from kling_render.media import Probe

_SECONDS = 0.75
"""A clip may be so much longer or shorter than asked: encoders end on whole frames."""
_SHAPE = 0.02
_SHORT_SIDES = {"720p": 720, "1080p": 1080, "4k": 2160}


def differences(body: bytes, seen: Probe) -> Iterator[str]:
    """In words, where a clip is not what its request says; of what the request leaves out nothing is said.

    Args:
        body: the request as it was sent; empty where it is not known.
        seen: what the clip is.
    """
    asked: Mapping[str, Any] = json.loads(body) if body else {}
    seconds = _seconds(asked)
    if seconds is not None and abs(seen.seconds - seconds) > _SECONDS:
        yield f"it lasts {seen.seconds:.1f} s, {seconds:g} s were asked for"
    resolution = asked.get("output_resolution")
    short = _SHORT_SIDES.get(resolution) if isinstance(resolution, str) else None
    if short is not None and min(seen.width, seen.height) != short:
        yield f"it is {seen.width}x{seen.height}, {resolution} was asked for"
    shape = _shape(asked.get("aspect_ratio"))
    if shape is not None and abs(seen.width / seen.height / shape - 1) > _SHAPE:
        yield f"it is {seen.width}x{seen.height}, {asked['aspect_ratio']} was asked for"
    sound = asked.get("enable_sound")
    if isinstance(sound, bool) and sound is not seen.has_sound:
        yield "it has sound, none was asked for" if seen.has_sound else "it is silent, sound was asked for"


def _seconds(asked: Mapping[str, Any]) -> float | None:
    cuts = asked.get("multi_prompt")
    if isinstance(cuts, list) and cuts:
        lengths = [cut.get("duration_seconds") for cut in cuts if isinstance(cut, dict)]
        whole = [each for each in lengths if isinstance(each, int | float)]
        return float(sum(whole)) if len(whole) == len(cuts) else None
    seconds = asked.get("duration_seconds")
    return float(seconds) if isinstance(seconds, int | float) and not isinstance(seconds, bool) else None


def _shape(ratio: object) -> float | None:
    across, colon, down = ratio.partition(":") if isinstance(ratio, str) else ("", "", "")
    return int(across) / int(down) if colon and across.isdecimal() and down.isdecimal() and int(down) else None
