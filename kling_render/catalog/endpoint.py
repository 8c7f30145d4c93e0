"""Which action a shot means when it does not say so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kling_render.catalog.values import is_absent

ACTIONS = ("text_to_video", "image_to_video", "motion_control", "ai_avatar", "extend_video", "edit_video")


def infer_action(fields: Mapping[str, Any]) -> str:
    """The action that a request with these fields is for.

    A sequence (`multi_prompt`) is text_to_video; source image + reference video is motion_control; source image +
    source audio is ai_avatar; a source task with a v2.5-turbo model is extend_video; a source video or task with an
    omni edit or reference model is edit_video; a first frame is image_to_video; the rest is text_to_video. Fields
    that count as absent decide nothing.
    """
    model = str(fields.get("model", ""))
    given = {name for name, value in fields.items() if not is_absent(value)}
    if "multi_prompt" in given:
        return "text_to_video"
    if {"source_image_url", "reference_video_url"} <= given:
        return "motion_control"
    if {"source_image_url", "source_audio_url"} <= given:
        return "ai_avatar"
    if "source_task_id" in given and "v2.5-turbo" in model:
        return "extend_video"
    if {"source_task_id", "source_video_url"} & given and model.startswith("kling-v3-omni-"):
        return "edit_video"
    return "image_to_video" if "first_frame_image_url" in given else "text_to_video"
