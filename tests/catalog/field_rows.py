"""Which fields a model takes, forbids, and does not know."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from .row_builders import (
    ABSENT,
    AVATARS,
    EDIT,
    EVERY,
    EXTEND,
    FILM,
    IMAGE,
    MOTION,
    OMNI_EDIT,
    PICTURE,
    TEXT,
    TURBO_25,
    VOICE,
    Row,
    accepted,
    an_element,
    refused,
)

_REFERENCES = "reference_image_urls reference_video_url reference_video_type preserve_reference_video_audio"
_SHOTS = "multi_shots multi_prompt first_frame_image_url last_frame_image_url kling_elements"
_V26_TEXT = f"output_resolution negative_prompt cfg_scale {_SHOTS} {_REFERENCES}"
_OMNI_TEXT = f"negative_prompt cfg_scale {_SHOTS} {_REFERENCES}"
_OLD_IMAGE = f"output_resolution enable_sound {_REFERENCES}"
FORBIDDEN: Mapping[tuple[str, str], str] = {
    (TEXT, "kling-3.0"): _REFERENCES,
    (TEXT, "kling-o1"): f"output_resolution negative_prompt cfg_scale {_SHOTS}",
    (TEXT, "kling-v2.1-master-text-to-video"): f"mode {_REFERENCES}",
    (TEXT, "kling-v2.5-turbo-text-to-video-pro"): f"mode {_REFERENCES}",
    (TEXT, "kling-v2.6"): _V26_TEXT,
    (TEXT, "kling-v3-omni"): _OMNI_TEXT,
    (TEXT, "kling-v3-turbo-text-to-video"): f"{_OMNI_TEXT} enable_sound",
    (IMAGE, "kling-3.0"): f"multi_shots multi_prompt shot_type {_REFERENCES}",
    (IMAGE, "kling-o1"): "output_resolution negative_prompt cfg_scale",
    (IMAGE, "kling-v2.1-pro"): _OLD_IMAGE,
    (IMAGE, "kling-v2.1-standard"): f"{_OLD_IMAGE} last_frame_image_url",
    (IMAGE, "kling-v2.1-master-image-to-video"): f"{_OLD_IMAGE} last_frame_image_url",
    (IMAGE, "kling-v2.5-turbo-image-to-video-pro"): _OLD_IMAGE,
    (IMAGE, "kling-v2.6"): f"output_resolution negative_prompt cfg_scale {_REFERENCES}",
    (IMAGE, "kling-v3-omni"): f"negative_prompt cfg_scale {_REFERENCES}",
    (IMAGE, "kling-v3-turbo-image-to-video"): (
        f"enable_sound aspect_ratio negative_prompt cfg_scale last_frame_image_url {_REFERENCES}"
    ),
    (MOTION, "kling-v2.6"): "background_source",
}

_COMMON = "model callback_url prompt"
_VIDEO = f"{_COMMON} duration_seconds aspect_ratio"
_OLD_FRAMES = f"{_VIDEO} negative_prompt cfg_scale first_frame_image_url"
_3_0 = f"{_OLD_FRAMES} enable_sound output_resolution last_frame_image_url kling_elements"
_MOTION = f"{_COMMON} output_resolution source_image_url reference_video_url character_orientation"
_EDIT = f"{_VIDEO} output_resolution reference_image_urls source_video_url source_task_id"
TAKEN: Mapping[tuple[str, str], str] = {
    (TEXT, "kling-3.0"): f"{_3_0} multi_shots shot_type multi_prompt",
    (TEXT, "kling-v3-turbo-text-to-video"): f"{_VIDEO} output_resolution",
    (TEXT, "kling-v3-omni"): f"{_VIDEO} output_resolution enable_sound",
    (TEXT, "kling-v3-omni-reference"): f"{_VIDEO} output_resolution enable_sound reference_image_urls",
    (TEXT, "kling-v2.6"): f"{_VIDEO} mode enable_sound",
    (TEXT, "kling-v2.5-turbo-text-to-video-pro"): f"{_VIDEO} enable_sound negative_prompt cfg_scale",
    (TEXT, "kling-v2.1-master-text-to-video"): f"{_VIDEO} enable_sound negative_prompt cfg_scale",
    (TEXT, "kling-o1"): f"{_VIDEO} mode enable_sound {_REFERENCES}",
    (IMAGE, "kling-3.0"): _3_0,
    (IMAGE, "kling-v3-turbo-image-to-video"): f"{_COMMON} duration_seconds output_resolution first_frame_image_url",
    (IMAGE, "kling-v3-omni"): f"{_VIDEO} output_resolution enable_sound first_frame_image_url last_frame_image_url",
    (IMAGE, "kling-v2.6"): f"{_VIDEO} mode enable_sound first_frame_image_url last_frame_image_url",
    (IMAGE, "kling-v2.5-turbo-image-to-video-pro"): f"{_OLD_FRAMES} last_frame_image_url",
    (IMAGE, "kling-v2.1-pro"): f"{_OLD_FRAMES} last_frame_image_url",
    (IMAGE, "kling-v2.1-standard"): _OLD_FRAMES,
    (IMAGE, "kling-v2.1-master-image-to-video"): _OLD_FRAMES,
    (IMAGE, "kling-o1"): f"{_VIDEO} mode enable_sound first_frame_image_url last_frame_image_url {_REFERENCES}",
    (MOTION, "kling-3.0"): f"{_MOTION} background_source",
    (MOTION, "kling-v2.6"): _MOTION,
    **{("ai_avatar", model): f"{_COMMON} source_image_url source_audio_url" for model in AVATARS},
    **{(EXTEND, model): f"{_COMMON} mode source_task_id" for model in TURBO_25},
    (EDIT, OMNI_EDIT[0]): _EDIT,
    (EDIT, OMNI_EDIT[1]): f"{_EDIT} enable_sound",
}

SAMPLES: Mapping[str, Any] = {
    "prompt": "A quay",
    "multi_shots": True,
    "shot_type": "custom",
    "multi_prompt": [{"prompt": "A cut", "duration_seconds": 3}],
    "duration_seconds": 5,
    "aspect_ratio": "16:9",
    "enable_sound": True,
    "output_resolution": "720p",
    "negative_prompt": "rain",
    "cfg_scale": 0.5,
    "first_frame_image_url": PICTURE,
    "last_frame_image_url": PICTURE,
    "reference_image_urls": [PICTURE],
    "reference_video_url": FILM,
    "reference_video_type": "base",
    "preserve_reference_video_audio": True,
    "mode": "std",
    "character_orientation": "video",
    "background_source": "video",
    "source_image_url": PICTURE,
    "source_audio_url": VOICE,
    "source_video_url": FILM,
    "source_task_id": "a task",
    "kling_elements": [an_element("mira")],
    "camera": "dolly",
    "seed": 7,
}
"""A value for every field of the API, and for two that it does not have."""


def rows() -> Iterator[Row]:
    """Every field on every model that does not take it; absent values of all of them."""
    for action, model in EVERY:
        forbidden = FORBIDDEN.get((action, model), "").split()
        strange = [name for name in SAMPLES if name not in TAKEN[action, model].split()]
        for name in strange:
            for value in (SAMPLES[name], False) if name in forbidden else (SAMPLES[name],):
                words = _words(name, value, name in forbidden, model, action)
                yield refused(action, model, name, words, **{name: value})
        for absent in ABSENT:
            yield accepted(action, model, **dict.fromkeys(strange, absent))
        yield accepted(action, model, callback_url="https://studio.example/hook")
        yield refused(
            action, model, "callback_url", 'callback_url = "hook" must be an http(s) URL,', callback_url="hook"
        )


def _words(name: str, value: Any, is_forbidden: bool, model: str, action: str) -> str:
    shown = json.dumps(value)
    shown = shown if len(shown) <= 60 else shown[:57] + "…"
    if not is_forbidden:
        return f"{name} = {shown} is not a field of {model} ({action})"
    if value is False:
        return f"{name} is not allowed for {model} ({action}), not even false"
    return f"{name} = {shown} is not allowed for {model} ({action})"
