"""Rows of the contract, and the requests they are made of: the smallest one of every model, with changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kling_render.catalog import MediaFacts

TEXT, IMAGE, MOTION, AVATAR, EXTEND, EDIT = (
    "text_to_video", "image_to_video", "motion_control", "ai_avatar", "extend_video", "edit_video",
)  # fmt: skip
PICTURE = "https://media.example/frame.png"
FILM = "https://media.example/walk.mp4"
VOICE = "https://media.example/voice.mp3"
SOURCE_TASK = "the completed task"
"""Stands for the id of a completed task; for extend_video, of one of the same model."""

ABSENT: tuple[Any, ...] = (None, "", "  ", [])
"""What the API takes as not given."""

TURBO_25 = ("kling-v2.5-turbo-text-to-video-pro", "kling-v2.5-turbo-image-to-video-pro")
OMNI_EDIT = ("kling-v3-omni-edit", "kling-v3-omni-reference")
AVATARS = ("kling-ai-avatar-pro", "kling-ai-avatar-standard", "kling-ai-avatar-v1-pro", "kling-v1-avatar-standard")
MODELS = {
    TEXT: (
        "kling-3.0",
        "kling-v3-turbo-text-to-video",
        "kling-v3-omni",
        "kling-v3-omni-reference",
        "kling-v2.6",
        "kling-v2.5-turbo-text-to-video-pro",
        "kling-v2.1-master-text-to-video",
        "kling-o1",
    ),
    IMAGE: (
        "kling-3.0",
        "kling-v3-turbo-image-to-video",
        "kling-v3-omni",
        "kling-v2.6",
        "kling-v2.5-turbo-image-to-video-pro",
        "kling-v2.1-pro",
        "kling-v2.1-standard",
        "kling-v2.1-master-image-to-video",
        "kling-o1",
    ),
    MOTION: ("kling-3.0", "kling-v2.6"),
    AVATAR: AVATARS,
    EXTEND: TURBO_25,
    EDIT: OMNI_EDIT,
}
EVERY = tuple((action, model) for action, models in MODELS.items() for model in models)

_REQUIRED: Mapping[str, Mapping[str, Any]] = {
    TEXT: {"prompt": "A ferry at dawn"},
    IMAGE: {"prompt": "A ferry at dawn", "first_frame_image_url": PICTURE},
    MOTION: {"source_image_url": PICTURE, "reference_video_url": FILM, "output_resolution": "720p"},
    AVATAR: {"source_image_url": PICTURE, "source_audio_url": VOICE, "prompt": "She reads the timetable"},
    EXTEND: {"source_task_id": SOURCE_TASK},
    EDIT: {"prompt": "Make it night", "aspect_ratio": "auto", "source_video_url": FILM},
}
_REQUIRED_BY: Mapping[tuple[str, str], Mapping[str, Any]] = {
    (TEXT, "kling-v3-omni-reference"): {"aspect_ratio": "16:9", "reference_image_urls": [PICTURE]},
    (MOTION, "kling-v2.6"): {"character_orientation": "video"},
}


@dataclass(frozen=True)
class Row:
    """A request and its verdict: the field and message of the first error, or of a warning."""

    action: str
    body: Mapping[str, Any]
    verdict: Literal["accepted", "refused", "warned"] = "accepted"
    field: str = ""
    message: str = ""
    media: Mapping[str, MediaFacts] | None = None

    @property
    def model(self) -> str:
        """The model's name, if it is one."""
        return str(self.body.get("model"))

    def __str__(self) -> str:
        changes = {name: value for name, value in self.body.items() if name not in ("model", "prompt")}
        said = json.dumps(changes, default=str).replace(" ", "")
        return f"{self.verdict}-{self.action}-{self.model}-{self.field}-{said}"[:150]


def a_body(action: str, model: str, /, **changes: Any) -> dict[str, Any]:
    """The smallest request that a model accepts, with changes; a field changed to `...` is left out."""
    body = {"model": model, **_REQUIRED[action], **_REQUIRED_BY.get((action, model), {}), **changes}
    return {name: value for name, value in body.items() if value is not ...}


def an_element(name: str, /, **changes: Any) -> dict[str, Any]:
    """An element with two pictures."""
    return {"name": name, "description": "Someone", "element_input_urls": [PICTURE, PICTURE], **changes}


def some_cuts(*seconds: Any) -> list[dict[str, Any]]:
    """Cuts of these lengths."""
    return [{"prompt": f"Cut {number}", "duration_seconds": each} for number, each in enumerate(seconds)]


def a_sequence(*seconds: Any, **changes: Any) -> dict[str, Any]:
    """A multi-shot request with cuts of these lengths; sound on, so that nothing warns."""
    rest = {"prompt": ..., "multi_shots": True, "enable_sound": True, "multi_prompt": some_cuts(*seconds)}
    return a_body(TEXT, "kling-3.0", **{**rest, **changes})


def accepted(action: str, model: str, /, **changes: Any) -> Row:
    """A request that passes without a word."""
    return Row(action, a_body(action, model, **changes))


def refused(action: str, model: str, field: str, message: str, /, **changes: Any) -> Row:
    """A request that is refused; a message ending in a comma goes on with `for MODEL (ACTION)`."""
    return Row(action, a_body(action, model, **changes), "refused", field, whole(message, action, model))


def warned(action: str, model: str, field: str, message: str, /, **changes: Any) -> Row:
    """A request that is accepted with a warning."""
    return Row(action, a_body(action, model, **changes), "warned", field, whole(message, action, model))


def whole(message: str, action: str, model: str) -> str:
    """A message with the model that it speaks of."""
    return f"{message} for {model} ({action})" if message.endswith(",") else message
