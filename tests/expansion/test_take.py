"""A take: what is shown of it, and the bytes that are sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kling_render.catalog import ClipLength, MediaFacts
from kling_render.expansion import Address, LocalFile, Take
from kling_render.expansion.stand_ins import stand_ins_in

FILE = LocalFile(Path("/p/a.png"), "frames/a.png", "ab", MediaFacts("image", "png", 1))


def a_take(effective: dict[str, Any] | None = None, **body: Any) -> Take:
    """A take with this body."""
    body = {"model": "kling-3.0", **body}
    length = ClipLength(5, "requested")
    return Take(
        Address("walk", 1),
        "walk",
        "text_to_video",
        body,
        {**body, **(effective or {})},
        length,
        tuple(stand_ins_in(body)),
    )


def test_shown_body_has_the_path_of_a_local_file() -> None:
    take = a_take(first_frame_image_url=FILE, reference_image_urls=[FILE, "https://a.example/x.png"])
    assert take.shown_body() == {
        "model": "kling-3.0",
        "first_frame_image_url": "file:frames/a.png",
        "reference_image_urls": ["file:frames/a.png", "https://a.example/x.png"],
    }


def test_wire_body_has_the_url_of_a_local_file() -> None:
    sent = a_take(first_frame_image_url=FILE).wire_body({FILE: "https://up.example/1"})
    assert json.loads(sent) == {"model": "kling-3.0", "first_frame_image_url": "https://up.example/1"}


def test_wire_body_without_the_url_of_a_file_is_refused() -> None:
    with pytest.raises(KeyError, match=r"a\.png"):
        a_take(first_frame_image_url=FILE).wire_body({})


def test_wire_body_keeps_the_order_of_the_fields_and_every_sign() -> None:
    assert a_take(prompt='走 "é"', enable_sound=False).wire_body({}) == (
        '{"model": "kling-3.0", "prompt": "走 \\"é\\"", "enable_sound": false}'.encode()
    )


def test_equal_takes_are_sent_as_equal_bytes() -> None:
    assert a_take(prompt="x").wire_body({}) == a_take(prompt="x").wire_body({})


def test_text_of_a_take_is_its_prompt() -> None:
    assert a_take(prompt="She walks").text == "She walks"


def test_text_of_a_sequence_is_that_of_its_cuts() -> None:
    assert a_take(multi_prompt=[{"prompt": "One"}, {"prompt": "Two"}]).text == "One | Two"


def test_seconds_of_a_take_are_the_effective_ones() -> None:
    assert a_take({"duration_seconds": 5}).seconds == 5
