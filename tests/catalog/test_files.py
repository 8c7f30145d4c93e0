"""Files behind URLs: what counts as a public address, and which spec judges which file."""

from __future__ import annotations

from typing import Any

import pytest

from kling_render.catalog import FieldSpec, MediaFacts
from kling_render.catalog.files import is_public, judge_urls, media_urls
from kling_render.catalog.models import ModelSpec

URL = "https://media.example/a.png"


def words(spec: dict[str, Any], value: Any, *facts: MediaFacts) -> list[str]:
    """What is wrong with the files of a field; facts are of the file that every URL leads to."""
    fields = {"it": FieldSpec.model_validate(spec)}
    model = ModelSpec(action="text_to_video", name="m", source="guide", fields=fields)
    urls = media_urls(model, {"it": value})
    return [text for _, _, text, _, _ in judge_urls(urls, lambda url: facts[0] if facts else None)]


@pytest.mark.parametrize(
    "host",
    ["8.8.8.8", "1.1.1.1:8443", "[2606:4700::1111]", "[::ffff:8.8.8.8]", "media.example", "localhost.example",
     "0x7f.example", "10.example", "xn--nxasmq6b.example"],
)  # fmt: skip
def test_address_that_anyone_reaches_is_public(host: str) -> None:
    assert is_public(f"https://{host}/a.png")


@pytest.mark.parametrize(
    "host",
    ["10.0.0.1", "192.0.0.255", "0xA.0.0.1", "0XA000001", "012.0.0.1", "167772161", "10.1",
     "[::ffff:192.168.0.1]", "[::ffff:a00:1]", "[fe80::1%25eth0]", "a.b.localhost.", "user@8.8.8.8",
     "", ".", "[::1", "media.example:x@"],
)  # fmt: skip
def test_address_of_a_machine_or_nobody_is_not_public(host: str) -> None:
    assert not is_public(f"https://{host}/a.png")


@pytest.mark.parametrize("url", ["", "frames/quay.png", "https://", "http://[", "//8.8.8.8]"])
def test_text_that_is_no_url_is_not_public(url: str) -> None:
    assert not is_public(url)


def test_known_file_is_judged_by_its_content_and_not_by_its_url() -> None:
    spec = {"type": "url", "media": "image", "public": True, "formats": ["png"], "extensions": ["png"]}
    assert words(spec, "http://127.0.0.1/a.gif", MediaFacts("image", "png", 9)) == []
    assert words(spec, URL, MediaFacts("image", "gif", 9)) == ["it is a gif file, it must be png"]


@pytest.mark.parametrize(
    ("media", "kind", "text"),
    [
        ("image", "audio", "it needs an image, and the file is an audio file"),
        ("video", "image", "it needs a video, and the file is an image"),
        ("audio", "video", "it needs an audio file, and the file is a video"),
    ],
)
def test_file_of_another_kind_is_refused_for_that_alone(media: str, kind: Any, text: str) -> None:
    spec = {"type": "url", "media": media, "formats": ["png"], "advised_max_bytes": 1}
    assert words(spec, URL, MediaFacts(kind, "x", 9)) == [text]


def test_url_that_is_no_medium_is_left_alone() -> None:
    assert words({"type": "url"}, "http://127.0.0.1/hook") == []


def test_urls_inside_lists_and_tables_are_judged() -> None:
    picture = {"type": "url", "media": "image", "public": True}
    spec = {"type": "list", "of": {"type": "table", "fields": {"urls": {"type": "list", "of": picture}}}}
    value = [{"urls": [URL]}, {"urls": [URL, "http://10.0.0.1/a.png"], "more": "http://10.0.0.1/"}]
    assert words(spec, value) == ['it[1].urls[1] = "http://10.0.0.1/a.png" must be a public http(s) URL']


@pytest.mark.parametrize(("width", "height"), [(None, 100), (100, None), (None, None)])
def test_picture_of_unknown_size_is_not_called_small(width: int | None, height: int | None) -> None:
    spec = {"type": "url", "media": "image", "advised_min_pixels": 300, "advised_source": "field"}
    assert words(spec, URL, MediaFacts("image", "png", 9, width, height)) == []
