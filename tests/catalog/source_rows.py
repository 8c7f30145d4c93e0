"""Motion control, avatars, extensions and edits: requests that start from other media or a finished task."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kling_render.catalog import MediaFacts

from .row_builders import (
    AVATAR,
    AVATARS,
    EDIT,
    EXTEND,
    FILM,
    MOTION,
    OMNI_EDIT,
    PICTURE,
    SOURCE_TASK,
    TURBO_25,
    VOICE,
    Row,
    a_body,
    accepted,
    refused,
    whole,
)

_ONE_SOURCE = "what is edited is exactly one of source_video_url and source_task_id,"
_WITHOUT = "without reference images aspect_ratio must be auto, and the duration 5 s,"
_WITH = "with reference images aspect_ratio must be 16:9, 9:16 or 1:1,"


def rows() -> Iterator[Row]:
    """All of them."""
    for model in ("kling-3.0", "kling-v2.6"):
        yield accepted(MOTION, model, prompt=...)
        yield accepted(MOTION, model, prompt="She turns", output_resolution="1080p")
        for field in ("source_image_url", "reference_video_url"):
            text = f'{field} = "a.mp4" must be an http(s) URL,'
            yield refused(MOTION, model, field, text, **{field: "a.mp4"})
    yield from _reference_lengths()
    for model in AVATARS:
        yield from _avatar(model)
    for model in TURBO_25:
        yield accepted(EXTEND, model, prompt="She walks on", mode="pro")
        yield refused(EXTEND, model, "source_task_id", "source_task_id = 5 must be a text,", source_task_id=5)
    for model in OMNI_EDIT:
        yield from _edit(model)


def _reference_lengths() -> Iterator[Row]:
    for orientation, most, long in (("image", 10, 10.5), ("video", 30, 30.5)):
        body = a_body(MOTION, "kling-v2.6", character_orientation=orientation)
        why = f"with character_orientation {orientation} the reference video lasts 3 to {most} s"
        for seconds in (3, 5.5, most):
            yield Row(MOTION, body, media={FILM: _a_film(seconds)})
        for seconds in (2.9, long):
            text = whole(f"reference_video_url lasts {seconds:g} s: {why},", MOTION, "kling-v2.6")
            yield Row(MOTION, body, "refused", "reference_video_url", text, {FILM: _a_film(seconds)})
    yield Row(MOTION, a_body(MOTION, "kling-3.0", character_orientation="image"), media={FILM: _a_film(45)})
    for model in ("kling-3.0", "kling-v2.6"):
        wrong = MediaFacts("image", "png", 9_000, 640, 360)
        text = whole("reference_video_url needs a video, and the file is an image,", MOTION, model)
        yield Row(MOTION, a_body(MOTION, model), "refused", "reference_video_url", text, {FILM: wrong})


def _a_film(seconds: float) -> MediaFacts:
    return MediaFacts("video", "mp4", 900_000, 1280, 720, seconds)


def _avatar(model: str) -> Iterator[Row]:
    yield Row(AVATAR, a_body(AVATAR, model), media={VOICE: MediaFacts("audio", "mp3", 90_000, seconds=12.5)})
    text = whole("source_audio_url needs an audio file, and the file is a video,", AVATAR, model)
    yield Row(AVATAR, a_body(AVATAR, model), "refused", "source_audio_url", text, {VOICE: _a_film(5)})
    for field in ("source_image_url", "source_audio_url"):
        yield refused(AVATAR, model, field, f'{field} = "a.mp3" must be an http(s) URL,', **{field: "a.mp3"})


def _edit(model: str) -> Iterator[Row]:
    def wrong(field: str, message: str, **changes: Any) -> Row:
        return refused(EDIT, model, field, message, **changes)

    task: dict[str, Any] = {"source_video_url": ..., "source_task_id": SOURCE_TASK}
    pictures: dict[str, Any] = {"reference_image_urls": [PICTURE]}
    for source in ({}, task):
        yield accepted(EDIT, model, **source)
        yield accepted(EDIT, model, **source, duration_seconds=5)
        yield wrong("duration_seconds", f"duration_seconds = 6: {_WITHOUT}", **source, duration_seconds=6)
        for shape in ("16:9", "9:16", "1:1"):
            yield wrong("aspect_ratio", f'aspect_ratio = "{shape}": {_WITHOUT}', **source, aspect_ratio=shape)
            yield accepted(EDIT, model, **source, **pictures, aspect_ratio=shape)
        yield wrong("aspect_ratio", f'aspect_ratio = "auto": {_WITH}', **source, **pictures)
        for seconds in (3, 15):
            yield accepted(EDIT, model, **source, **pictures, aspect_ratio="1:1", duration_seconds=seconds)
    for seconds in (2, 16):
        text = f"duration_seconds = {seconds} must be from 3 to 15 s,"
        yield wrong("duration_seconds", text, **pictures, aspect_ratio="1:1", duration_seconds=seconds)
    yield wrong(
        "aspect_ratio", 'aspect_ratio = "4:3" must be one of "auto", "16:9", "9:16", "1:1",', aspect_ratio="4:3"
    )
    yield wrong("source_task_id", "source_task_id = 5 must be a text,", source_video_url=..., source_task_id=5)
    yield wrong("source_video_url", 'source_video_url = "a.mp4" must be an http(s) URL,', source_video_url="a.mp4")
    missing = f"source_video_url or source_task_id is missing: {_ONE_SOURCE}"
    yield wrong("source_video_url", missing, source_video_url=...)
    both = f'source_video_url = "{FILM}" and source_task_id = "a task": {_ONE_SOURCE}'
    yield wrong("source_video_url", both, source_task_id="a task")
