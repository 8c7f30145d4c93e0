"""First and last frames, and the reference images of omni models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kling_render.catalog import MediaFacts

from .row_builders import (
    EDIT,
    FILM,
    IMAGE,
    MODELS,
    OMNI_EDIT,
    PICTURE,
    TEXT,
    Row,
    a_body,
    accepted,
    refused,
    warned,
    whole,
)

_ONLY_FIVE = "a last frame works with a duration of 5 s only,"
_PRO_AND_FIVE = "a last frame needs mode pro and a duration of 5 s,"


def rows() -> Iterator[Row]:
    """All of them."""
    for action in (TEXT, IMAGE):
        frames = {"first_frame_image_url": PICTURE, "last_frame_image_url": PICTURE}
        yield accepted(action, "kling-3.0", **frames, duration_seconds=15)
    yield accepted(TEXT, "kling-3.0", last_frame_image_url=PICTURE)
    for model in ("kling-v2.5-turbo-image-to-video-pro", "kling-v2.1-pro"):
        yield accepted(IMAGE, model, last_frame_image_url=PICTURE, duration_seconds=10)
    yield from _omni_and_v26()
    yield from _reference_images()
    yield from _urls_and_files()


def _omni_and_v26() -> Iterator[Row]:
    frame: dict[str, Any] = {"last_frame_image_url": PICTURE}
    for seconds in (..., 5):
        yield accepted(IMAGE, "kling-v3-omni", **frame, duration_seconds=seconds)
        yield accepted(IMAGE, "kling-v2.6", **frame, duration_seconds=seconds, mode="pro", enable_sound=True)
    for seconds in (3, 6, 15):
        text = f"duration_seconds = {seconds}: {_ONLY_FIVE}"
        yield refused(IMAGE, "kling-v3-omni", "duration_seconds", text, **frame, duration_seconds=seconds)
    text = f"duration_seconds = 10: {_PRO_AND_FIVE}"
    yield refused(IMAGE, "kling-v2.6", "duration_seconds", text, **frame, mode="pro", duration_seconds=10)
    yield refused(IMAGE, "kling-v2.6", "mode", f'mode = "std" (its default): {_PRO_AND_FIVE}', **frame)
    yield refused(IMAGE, "kling-v2.6", "mode", f'mode = "std": {_PRO_AND_FIVE}', **frame, mode="std")


def _reference_images() -> Iterator[Row]:
    for model, action, most in (("kling-v3-omni-reference", TEXT, 7), *((each, EDIT, 4) for each in OMNI_EDIT)):
        shaped: dict[str, Any] = {"aspect_ratio": "1:1"}
        for count in range(1, most + 1):
            yield accepted(action, model, **shaped, reference_image_urls=[PICTURE] * count)
        text = f"reference_image_urls has {most + 1} entries, 1 to {most} are allowed,"
        many = [PICTURE] * (most + 1)
        yield refused(action, model, "reference_image_urls", text, **shaped, reference_image_urls=many)
        path = "reference_image_urls[1]"
        text = f"{path} = 5 must be an http(s) URL,"
        yield refused(action, model, path, text, **shaped, reference_image_urls=[PICTURE, 5])
        text = f'reference_image_urls = "{PICTURE}" must be a list,'
        yield refused(action, model, "reference_image_urls", text, **shaped, reference_image_urls=PICTURE)


def _urls_and_files() -> Iterator[Row]:
    for model in ("kling-3.0", "kling-v3-omni", "kling-v2.6", "kling-v2.5-turbo-image-to-video-pro", "kling-v2.1-pro"):
        text = 'last_frame_image_url = "quay.png" must be an http(s) URL,'
        yield refused(IMAGE, model, "last_frame_image_url", text, last_frame_image_url="quay.png")
    field = "first_frame_image_url"
    film, picture = MediaFacts("video", "mp4", 9_000, 640, 360, 5.0), MediaFacts("image", "webp", 9_000, 640, 360)
    for model in MODELS[IMAGE]:
        text = f'{field} = "frames/quay.png" must be an http(s) URL,'
        yield refused(IMAGE, model, field, text, **{field: "frames/quay.png"})
        body = a_body(IMAGE, model)
        text = whole(f"{field} needs an image, and the file is a video,", IMAGE, model)
        yield Row(IMAGE, body, "refused", field, text, {PICTURE: film})
        if model == "kling-o1":
            text = whole(f"{field} is a webp file, it must be jpeg or png,", IMAGE, model)
            yield Row(IMAGE, body, "refused", field, text, {PICTURE: picture})
        else:
            yield Row(IMAGE, body, media={PICTURE: picture})
            yield accepted(IMAGE, model, **{field: "https://media.example/frame"})
            text = f'{field} = "http://127.0.0.1/a.png" is not a public address: RunAPI cannot fetch it,'
            yield warned(IMAGE, model, field, text, **{field: "http://127.0.0.1/a.png"})
    element = {"name": "mira", "description": "She", "element_input_urls": [PICTURE, FILM]}
    body = a_body(TEXT, "kling-3.0", prompt="@mira", kling_elements=[element])
    path = "kling_elements[0].element_input_urls[0]"
    for facts, words in (
        (picture, f"{path} is a webp file, other than jpeg or png may be refused,"),
        (MediaFacts("image", "png", 10_000_001, 640, 640), f"{path} has 10.0 MB, more than 10.0 MB may be refused,"),
        (
            MediaFacts("image", "png", 9_000, 640, 299),
            f"{path} is 640x299 pixels, less than 300 on a side may be refused,",
        ),
    ):
        yield Row(TEXT, body, "warned", path, whole(words, TEXT, "kling-3.0"), {PICTURE: facts})
    fine = MediaFacts("image", "png", 10_000_000, 300, 300)
    yield Row(TEXT, body, media={PICTURE: fine, FILM: fine})
