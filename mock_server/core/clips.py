"""What the clip of a task shows: its request as a slate."""

from __future__ import annotations

import re
from urllib.parse import unquote

from kling_render.catalog import MediaFacts, format_usd
from mock_server.core import ids
from mock_server.core.billing import multi_shots
from mock_server.core.config import Config
from mock_server.core.tasks import Task
from mock_server.core.uploads import Uploads
from mock_server.media import ClipSpec, Cut, frame_size

_TAKE_NAME = re.compile(r"(?P<address>[^;]+);a=\d+;n=[0-9A-Za-z_-]+")
_SHAPES = ("16:9", "9:16", "1:1")
_RESOLUTIONS = ("720p", "1080p", "4k")


def clip_of(task: Task, config: Config, uploads: Uploads) -> ClipSpec:
    """The clip's description; frames are shown where this simulator has them, expired or not."""
    title, take = name_of(task)
    first_frame = task.values.get("first_frame_image_url", task.values.get("source_image_url"))
    width, height = _frame_of(task)
    return ClipSpec(
        title=title,
        take=take,
        task_id=task.id,
        model=task.model,
        price=format_usd(task.micro_usd),
        cuts=_cuts(task),
        width=width,
        height=height,
        sound=task.values.get("enable_sound") is True,
        seed=ids.number("clip", config.seed, task.id),
        fps=config.clip_fps,
        first_frame=uploads.content(uploads.find(first_frame)),
        last_frame=uploads.content(uploads.find(task.values.get("last_frame_image_url"))),
    )


def facts_of_clip(task: Task) -> MediaFacts:
    """What the clip is as a file; its size in bytes is not known before it is encoded, and stated as 0."""
    width, height = _frame_of(task)
    return MediaFacts("video", "mp4", 0, width, height, task.seconds)


def name_of(task: Task) -> tuple[str, str]:
    """Title and take: from a client request id such as `walk%5Blens%3D50mm%5D%232;a=1;n=3f9c`, else the model."""
    match = _TAKE_NAME.fullmatch(task.client_request_id or "")
    if not match:
        return task.model, ""
    address = "".join(sign if sign.isprintable() else " " for sign in unquote(match["address"]))
    title, _, take = address.rpartition("#")
    return (title, f"take {take}") if title and take.isdecimal() else (address, "")


def _frame_of(task: Task) -> tuple[int, int]:
    """Width and height; for words that only somebody's own catalog knows, those of the defaults."""
    resolution, shape = task.values.get("output_resolution"), task.values.get("aspect_ratio")
    return frame_size(resolution if resolution in _RESOLUTIONS else None, shape if shape in _SHAPES else None)


def _cuts(task: Task) -> tuple[Cut, ...]:
    shots = multi_shots(task.body)
    if shots and all(isinstance(shot.get("duration_seconds"), int) for shot in shots):
        return tuple(Cut(str(shot.get("prompt", "")), shot["duration_seconds"]) for shot in shots)
    prompts = [shot.get("prompt", "") for shot in shots] or [task.values.get("prompt", "")]
    return (Cut("\n".join(map(str, prompts)), task.seconds),)
