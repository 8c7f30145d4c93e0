"""What the clip of a task shows: its request as a slate."""

from __future__ import annotations

import re
from urllib.parse import unquote

from kling_render.catalog import format_usd
from mock_server.core import ids
from mock_server.core.billing import multi_shots
from mock_server.core.tasks import Task
from mock_server.core.uploads import Uploads
from mock_server.media import ClipSpec, Cut, frame_size

_TAKE_NAME = re.compile(r"(?P<address>[^;]+);a=\d+;n=[0-9A-Za-z_-]+")
_SHAPES = ("16:9", "9:16", "1:1")


def clip_of(task: Task, seed: int, uploads: Uploads) -> ClipSpec:
    """The clip's description; frames are shown where this simulator has them, expired or not."""
    title, take = name_of(task)
    shape = task.values.get("aspect_ratio")
    resolution = str(task.values.get("output_resolution", "720p"))
    first_frame = task.values.get("first_frame_image_url", task.values.get("source_image_url"))
    width, height = frame_size(resolution, shape if shape in _SHAPES else "16:9")
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
        seed=ids.number("clip", seed, task.id),
        first_frame=uploads.content(uploads.find(first_frame)),
        last_frame=uploads.content(uploads.find(task.values.get("last_frame_image_url"))),
    )


def name_of(task: Task) -> tuple[str, str]:
    """Title and take: from a client request id such as `walk%5Blens%3D50mm%5D%232;a=1;n=3f9c`, else the model."""
    match = _TAKE_NAME.fullmatch(task.client_request_id or "")
    if not match:
        return task.model, ""
    address = "".join(sign if sign.isprintable() else " " for sign in unquote(match["address"]))
    title, _, take = address.rpartition("#")
    return (title, f"take {take}") if title and take.isdecimal() else (address, "")


def _cuts(task: Task) -> tuple[Cut, ...]:
    if shots := multi_shots(task.body):
        return tuple(Cut(str(shot["prompt"]), shot["duration_seconds"]) for shot in shots)
    return (Cut(str(task.values.get("prompt", "")), task.seconds),)
