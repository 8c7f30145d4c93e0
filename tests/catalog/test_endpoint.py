"""Which endpoint a shot means: one row for every rule of the design."""

from __future__ import annotations

from typing import Any

import pytest

from kling_render.catalog import ACTIONS, infer_action
from kling_render.catalog.endpoint import with_needs

CUTS = [{"prompt": "x", "duration_seconds": 3}]
URL = "https://media.example/x"


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("text_to_video", {}),
        ("text_to_video", {"model": "kling-3.0", "prompt": "x"}),
        ("text_to_video", {"multi_prompt": CUTS}),
        ("text_to_video", {"multi_prompt": CUTS, "first_frame_image_url": URL}),
        ("text_to_video", {"multi_prompt": CUTS, "source_image_url": URL, "source_audio_url": URL}),
        ("image_to_video", {"first_frame_image_url": URL}),
        ("text_to_video", {"last_frame_image_url": URL}),
        ("motion_control", {"source_image_url": URL, "reference_video_url": URL}),
        ("motion_control", {"source_image_url": URL, "reference_video_url": URL, "source_audio_url": URL}),
        ("motion_control", {"source_image_url": URL, "reference_video_url": URL, "first_frame_image_url": URL}),
        ("ai_avatar", {"source_image_url": URL, "source_audio_url": URL}),
        ("text_to_video", {"source_image_url": URL}),
        ("text_to_video", {"reference_video_url": URL}),
        ("text_to_video", {"source_audio_url": URL}),
        ("extend_video", {"source_task_id": "t", "model": "kling-v2.5-turbo-text-to-video-pro"}),
        ("extend_video", {"source_task_id": "t", "model": "kling-v2.5-turbo-image-to-video-pro"}),
        ("edit_video", {"source_task_id": "t", "model": "kling-v3-omni-edit"}),
        ("edit_video", {"source_video_url": URL, "model": "kling-v3-omni-edit"}),
        ("edit_video", {"source_video_url": URL, "model": "kling-v3-omni-reference"}),
        ("text_to_video", {"model": "kling-v3-omni-reference", "reference_image_urls": [URL]}),
        ("text_to_video", {"source_video_url": URL, "model": "kling-v3-omni"}),
        ("text_to_video", {"source_task_id": "t", "model": "kling-3.0"}),
    ],
)
def test_fields_of_a_request_tell_its_endpoint(action: str, fields: dict[str, Any]) -> None:
    assert infer_action(fields) == action


@pytest.mark.parametrize("field", ["multi_prompt", "source_image_url", "source_video_url", "source_task_id"])
@pytest.mark.parametrize("value", [None, "", " ", []])
def test_absent_field_tells_nothing(field: str, value: Any) -> None:
    frame = {"first_frame_image_url": URL}
    sources = {"reference_video_url": URL, "source_audio_url": URL}
    assert infer_action({**frame, **sources, "model": "kling-v3-omni-edit", field: value}) == "image_to_video"


@pytest.mark.parametrize("value", [None, "", " ", []])
def test_absent_first_frame_tells_nothing(value: Any) -> None:
    assert infer_action({"first_frame_image_url": value}) == "text_to_video"


def test_every_endpoint_of_the_api_is_listed() -> None:
    assert ACTIONS == (
        "text_to_video", "image_to_video", "motion_control", "ai_avatar", "extend_video", "edit_video",
    )  # fmt: skip


def test_endpoints_are_told_with_the_fields_that_lead_there() -> None:
    assert with_needs(ACTIONS) == (
        "text_to_video, image_to_video (needs first_frame_image_url), "
        "motion_control (needs source_image_url and reference_video_url), "
        "ai_avatar (needs source_image_url and source_audio_url), extend_video (needs source_task_id), "
        "edit_video (needs source_video_url or source_task_id)"
    )


def test_endpoint_of_ones_own_is_told_by_its_name() -> None:
    assert with_needs(["dub_video"]) == "dub_video"
