"""The smallest request of every model, what it cannot do without, and models that are not there."""

from __future__ import annotations

from collections.abc import Iterator

from .row_builders import (
    ABSENT,
    AVATAR,
    EDIT,
    EVERY,
    EXTEND,
    IMAGE,
    MODELS,
    MOTION,
    TEXT,
    Row,
    accepted,
    refused,
)

_NEEDED = {
    TEXT: ("prompt",),
    IMAGE: ("prompt", "first_frame_image_url"),
    MOTION: ("source_image_url", "reference_video_url", "output_resolution"),
    AVATAR: ("source_image_url", "source_audio_url", "prompt"),
    EXTEND: ("source_task_id",),
    EDIT: ("prompt", "aspect_ratio"),
}
_NEEDED_BY = {
    (TEXT, "kling-v3-omni-reference"): ("aspect_ratio", "reference_image_urls"),
    (MOTION, "kling-v2.6"): ("character_orientation",),
}
_WAYS = {
    IMAGE: " (needs first_frame_image_url)",
    MOTION: " (needs source_image_url and reference_video_url)",
    AVATAR: " (needs source_image_url and source_audio_url)",
    EXTEND: " (needs source_task_id)",
    EDIT: " (needs source_video_url or source_task_id)",
}
_STRANGERS = (
    (TEXT, "kling-3", 'unknown model "kling-3"; did you mean "kling-3.0"?'),
    (TEXT, "sora", 'unknown model "sora"'),
    (EXTEND, "kling-v3-turbo", "the family kling-v3-turbo has no model of its own on extend_video, only on {both}"),
    (
        EXTEND,
        "kling-v2.5-turbo",
        "the family kling-v2.5-turbo has several models on extend_video: write kling-v2.5-turbo-text-to-video-pro or "
        "kling-v2.5-turbo-image-to-video-pro, the one that made the source",
    ),
)


def rows() -> Iterator[Row]:
    """All of them."""
    for action, model in EVERY:
        yield accepted(action, model)
        for name in (*_NEEDED[action], *_NEEDED_BY.get((action, model), ())):
            message = f"{name} is required by {model} ({action})"
            if (action, model, name) == (TEXT, "kling-3.0", "prompt"):
                message = "prompt is missing: a prompt is required unless multi_shots is on,"
            for absent in (..., *ABSENT):
                yield refused(action, model, name, message, **{name: absent})
    yield from _absent_and_strange_models()


def _absent_and_strange_models() -> Iterator[Row]:
    for action, model, message in _STRANGERS:
        both = "text_to_video, image_to_video (needs first_frame_image_url)"
        yield Row(action, {"model": model, "prompt": "x"}, "refused", "model", message.format(both=both))
    for absent in ABSENT:
        yield Row(TEXT, {"model": absent, "prompt": "x"}, "refused", "model", "model is required")
    yield Row(TEXT, {"prompt": "x"}, "refused", "model", "model is required")
    yield Row(TEXT, {"model": 5, "prompt": "x"}, "refused", "model", "model = 5 must be a text")
    for action, models in MODELS.items():
        for model in sorted({name for _, name in EVERY} - set(models)):
            homes = ", ".join(f"{each}{_WAYS.get(each, '')}" for each, names in MODELS.items() if model in names)
            message = f'model "{model}" is not offered on {action}, only on {homes}'
            yield Row(action, {"model": model, "prompt": "x"}, "refused", "model", message)
