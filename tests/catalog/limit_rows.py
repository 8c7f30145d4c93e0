"""Lengths, sizes, shapes and the other plain limits, model by model."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from .row_builders import (
    AVATAR,
    AVATARS,
    EDIT,
    EVERY,
    EXTEND,
    IMAGE,
    MODELS,
    MOTION,
    OMNI_EDIT,
    PICTURE,
    TEXT,
    TURBO_25,
    Row,
    accepted,
    refused,
    warned,
)

_SHAPES = ("16:9", "9:16", "1:1")
_SIZES = ("720p", "1080p", "4k")
_MODES = ("std", "pro")
_FREE_SHAPE = ((IMAGE, model) for model in MODELS[IMAGE] if "v2.1" in model or "v2.5" in model)
_THREE_TO_FIFTEEN = (
    *((TEXT, model) for model in MODELS[TEXT] if "v3" in model or "3.0" in model),
    *((IMAGE, model) for model in MODELS[IMAGE] if "v3" in model or "3.0" in model),
)
_FIVE_OR_TEN = tuple((action, model) for action in (TEXT, IMAGE) for model in MODELS[action] if "v2" in model)
_O1 = ((TEXT, "kling-o1"), (IMAGE, "kling-o1"))
_UP_TO_4K = (
    (TEXT, "kling-3.0"), (TEXT, "kling-v3-omni"), (TEXT, "kling-v3-omni-reference"),
    (IMAGE, "kling-3.0"), (IMAGE, "kling-v3-omni"), (EDIT, OMNI_EDIT[0]), (EDIT, OMNI_EDIT[1]),
)  # fmt: skip
_UP_TO_1080P = (
    (TEXT, "kling-v3-turbo-text-to-video"), (IMAGE, "kling-v3-turbo-image-to-video"),
    (MOTION, "kling-3.0"), (MOTION, "kling-v2.6"),
)  # fmt: skip
_WITH_MODE = (*_O1, (TEXT, "kling-v2.6"), (IMAGE, "kling-v2.6"), *((EXTEND, model) for model in TURBO_25))
_SHAPED = (
    *((TEXT, model) for model in MODELS[TEXT]),
    *((IMAGE, model) for model in ("kling-3.0", "kling-v3-omni", "kling-v2.6", "kling-o1")),
)
_PROMPT_TO_2500 = (
    *((TEXT, model) for model in MODELS[TEXT] if "v3" in model or model in ("kling-v2.6", "kling-o1")),
    *((IMAGE, model) for model in MODELS[IMAGE] if "v3" in model or model in ("kling-v2.6", "kling-o1")),
    (MOTION, "kling-v2.6"),
    *((EDIT, model) for model in OMNI_EDIT),
)
_PROMPT_ADVISED = ((TEXT, "kling-3.0"), (IMAGE, "kling-3.0"))
_PROMPT_FREE = tuple(each for each in EVERY if each not in _PROMPT_TO_2500 and each not in _PROMPT_ADVISED)
_WITH_CFG_SCALE = (
    (TEXT, "kling-3.0"), (IMAGE, "kling-3.0"),
    *((TEXT, model) for model in MODELS[TEXT] if "v2.1" in model or "v2.5" in model),
    *((IMAGE, model) for model in MODELS[IMAGE] if "v2.1" in model or "v2.5" in model),
)  # fmt: skip
_SOUND_IS_FREE = (
    (TEXT, "kling-3.0"), (TEXT, "kling-v3-omni"), (TEXT, "kling-v3-omni-reference"),
    (TEXT, "kling-v2.5-turbo-text-to-video-pro"), (TEXT, "kling-v2.1-master-text-to-video"),
    (IMAGE, "kling-3.0"), (IMAGE, "kling-v3-omni"),
)  # fmt: skip
_SOUND_IS_OFF = (*_O1, (EDIT, "kling-v3-omni-reference"))


def rows() -> Iterator[Row]:
    """All of them."""
    yield from _durations()
    yield from _choices("output_resolution", _UP_TO_4K, _SIZES, ("480p", "8k", "4K"))
    yield from _choices("output_resolution", _UP_TO_1080P, _SIZES[:2], ("4k",))
    yield from _choices("aspect_ratio", _SHAPED, _SHAPES, ("4:3", "auto", "16x9"))
    yield from _choices("mode", _WITH_MODE, _MODES, ("master",))
    motion = [(MOTION, model) for model in MODELS[MOTION]]
    yield from _choices("character_orientation", motion, ("video", "image"), ("left",))
    yield from _choices("background_source", motion[:1], ("video", "image"), ("both",))
    for action, model in _FREE_SHAPE:
        yield accepted(action, model, aspect_ratio="4:3")
        yield refused(action, model, "aspect_ratio", "aspect_ratio = 5 must be a text,", aspect_ratio=5)
    yield from _texts()
    yield from _scales()
    yield from _sounds()
    for action, model in EVERY:
        if action != AVATAR or model == AVATARS[0]:
            yield refused(action, model, "prompt", "prompt = 5 must be a text,", prompt=5)


def _durations() -> Iterator[Row]:
    for action, model in _THREE_TO_FIFTEEN:
        yield from (accepted(action, model, duration_seconds=seconds) for seconds in range(3, 16))
        yield from _wrong_lengths(action, model, (2, 16, 0, -5), "must be from 3 to 15 s,")
    for action, model in _FIVE_OR_TEN:
        yield from (accepted(action, model, duration_seconds=seconds) for seconds in (5, 10))
        yield from _wrong_lengths(action, model, (4, 6, 15), "must be one of 5, 10,")
    for action, model in _O1:
        yield accepted(action, model, duration_seconds=5)
        yield from _wrong_lengths(action, model, (4, 10), "must be 5,")
    for action, model in (*_THREE_TO_FIFTEEN, *_FIVE_OR_TEN, *_O1):
        yield from _wrong_lengths(action, model, (5.0, "5", True), "must be a whole number,")


def _wrong_lengths(action: str, model: str, lengths: Sequence[Any], words: str) -> Iterator[Row]:
    for seconds in lengths:
        message = f"duration_seconds = {json.dumps(seconds)} {words}"
        yield refused(action, model, "duration_seconds", message, duration_seconds=seconds)


def _choices(
    field: str, models: Sequence[tuple[str, str]], right: Sequence[str], wrong: Sequence[str]
) -> Iterator[Row]:
    choice = ", ".join(f'"{each}"' for each in right)
    for action, model in models:
        yield from (accepted(action, model, **{field: each}) for each in right)
        for each in wrong:
            yield refused(action, model, field, f'{field} = "{each}" must be one of {choice},', **{field: each})
        yield refused(action, model, field, f"{field} = 5 must be a text,", **{field: 5})


def _texts() -> Iterator[Row]:
    yield from (accepted(action, model, prompt="x") for action, model in EVERY)
    for action, model in _PROMPT_TO_2500:
        yield accepted(action, model, prompt="x" * 2500)
        yield accepted(action, model, prompt="é" * 2500)
        too_long = "prompt has 2501 characters, at most 2500 are allowed,"
        yield refused(action, model, "prompt", too_long, prompt="x" * 2501)
    for action, model in _PROMPT_FREE:
        yield accepted(action, model, prompt="x" * 5000)
    for action, model in _PROMPT_ADVISED:
        for field in ("prompt", "negative_prompt"):
            advice = f"{field} has 2501 characters, more than 2500 may be cut off or refused,"
            yield warned(action, model, field, advice, **{field: "x" * 2501})
            yield accepted(action, model, **{field: "x" * 2500})


def _scales() -> Iterator[Row]:
    for action, model in _WITH_CFG_SCALE:
        yield accepted(action, model, negative_prompt="rain")
        yield refused(action, model, "negative_prompt", "negative_prompt = 0 must be a text,", negative_prompt=0)
        yield from (accepted(action, model, cfg_scale=scale) for scale in (0, 0.5, 1, 1.0))
        for scale in (-0.1, 1.1, 2):
            yield refused(action, model, "cfg_scale", f"cfg_scale = {scale} must be from 0 to 1,", cfg_scale=scale)
        yield refused(action, model, "cfg_scale", "cfg_scale = true must be a number,", cfg_scale=True)


def _sounds() -> Iterator[Row]:
    for action, model in _SOUND_IS_FREE:
        yield from (accepted(action, model, enable_sound=sound) for sound in (True, False))
        wrong = 'enable_sound = "on" must be true or false,'
        yield refused(action, model, "enable_sound", wrong, enable_sound="on")
    for action, model in _SOUND_IS_OFF:
        yield accepted(action, model, enable_sound=False)
        yield refused(action, model, "enable_sound", "enable_sound = true must be false,", enable_sound=True)
    for action in (TEXT, IMAGE):
        yield accepted(action, "kling-v2.6", enable_sound=True, mode="pro")
        yield accepted(action, "kling-v2.6", enable_sound=False)
        for mode in ("std", ...):
            changes: dict[str, Any] = {"enable_sound": True, "mode": mode}
            yield refused(action, "kling-v2.6", "enable_sound", "enable_sound = true: sound needs mode pro,", **changes)
    yield accepted(TEXT, "kling-v3-omni-reference", reference_image_urls=[PICTURE] * 7)
