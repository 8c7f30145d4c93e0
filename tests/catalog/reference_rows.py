"""kling-o1: references, their markers in the prompt, and public addresses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from kling_render.catalog import MediaFacts

from .row_builders import FILM, IMAGE, PICTURE, TEXT, Row, a_body, accepted, refused, whole

_MODEL = "kling-o1"
_OTHER = "https://media.example/other.png"
_HOSTS_IN_PRIVATE = (
    "10.0.0.1", "172.16.0.1", "192.168.1.1", "127.0.0.1", "0.0.0.0", "169.254.1.1", "100.64.0.1",  # noqa: S104 - refused
    "192.0.0.8", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.9", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "10.0.0.1.", "localhost", "LOCALHOST", "localhost.", "studio.localhost", "10.0.0.1:8080",
    "[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[ff02::1]", "[2001:db8::1]", "[2001::1]", "[2001:2::1]", "[100::1]",
    "[2002::1]", "[64:ff9b::a00:1]", "[64:ff9b:1::1]", "[3fff::1]", "[::ffff:10.0.0.1]", "[::ffff:127.0.0.1]",
    "0x7f.0.0.1", "0x7f000001", "2130706433", "0177.0.0.1", "127.1", "0", "10.1",
    "user:word@media.example", "user@media.example", ":word@media.example",
)  # fmt: skip
_HOSTS_FOR_ALL = (
    "8.8.8.8",
    "[2606:4700::1111]",
    "[::ffff:8.8.8.8]",
    "media.example:8443",
    "localhost.example",
    "1.example",
)


def rows() -> Iterator[Row]:
    """All of them."""
    for action in (TEXT, IMAGE):
        yield from _markers(action)
        yield from _counts(action)
        yield from _video_fields(action)
        yield from _addresses(action)
        yield from _extensions(action)
        yield from _files(action)
    yield from _frames()


def with_references(images: int, videos: int = 0, prompt: str | None = None) -> dict[str, Any]:
    """So many references, each named in the prompt unless that is given."""
    names = [f"<<<image_{number}>>>" for number in range(1, images + 1)] + ["<<<video_1>>>"] * videos
    changes: dict[str, Any] = {"prompt": " ".join(["A quay", *names]) if prompt is None else prompt}
    changes |= {"reference_image_urls": [PICTURE] * images} if images else {}
    return changes | ({"reference_video_url": FILM} if videos else {})


def _feature(action: str) -> dict[str, Any]:
    return {"reference_video_type": "feature"} if action == IMAGE else {}


def _markers(action: str) -> Iterator[Row]:
    extra = _feature(action)
    yield accepted(action, _MODEL, **with_references(2))
    yield accepted(action, _MODEL, **with_references(1, prompt="<<<image_1>>> and again <<<image_1>>>"))
    yield accepted(action, _MODEL, **with_references(1, 1), **extra)
    for images, videos, prompt, field, marker in (
        (1, 0, "A quay", "reference_image_urls[0]", "image_1"),
        (2, 0, "<<<image_1>>>", "reference_image_urls[1]", "image_2"),
        (1, 0, "<<<image_01>>>", "reference_image_urls[0]", "image_1"),
        (0, 1, "A quay", "reference_video_url", "video_1"),
        (1, 1, "<<<image_1>>>", "reference_video_url", "video_1"),
    ):
        text = f"the prompt does not name {field}: write <<<{marker}>>> where it is meant,"
        kind = extra if videos else {}
        yield refused(action, _MODEL, field, text, **with_references(images, videos, prompt), **kind)
    for images, videos, prompt, marker in (
        (0, 0, "<<<image_1>>>", "image_1"),
        (0, 0, "<<<video_1>>>", "video_1"),
        (1, 0, "<<<image_1>>> <<<image_2>>>", "image_2"),
        (1, 0, "<<<image_1>>> <<<image_0>>>", "image_0"),
        (1, 0, "<<<image_1>>> <<<video_1>>>", "video_1"),
        (0, 1, "<<<video_1>>> <<<video_2>>>", "video_2"),
        (0, 1, "<<<video_1>>> <<<video_x>>>", "video_x"),
    ):
        text = f"the prompt names <<<{marker}>>>, but there is no such reference,"
        kind = extra if videos else {}
        yield refused(action, _MODEL, "prompt", text, **with_references(images, videos, prompt), **kind)


def _counts(action: str) -> Iterator[Row]:
    extra, field = _feature(action), "reference_image_urls"
    yield from (accepted(action, _MODEL, **with_references(count)) for count in range(1, 8))
    yield from (accepted(action, _MODEL, **with_references(count, 1), **extra) for count in range(5))
    text = "reference_image_urls has 8 entries, 1 to 7 are allowed,"
    yield refused(action, _MODEL, field, text, **with_references(8))
    for count in (5, 7):
        text = f"{field} has {count} entries: with a reference video at most 4 reference images are allowed,"
        yield refused(action, _MODEL, field, text, **with_references(count, 1), **extra)


def _video_fields(action: str) -> Iterator[Row]:
    for field, value in (
        ("reference_video_type", "base"),
        ("reference_video_type", "feature"),
        ("preserve_reference_video_audio", True),
        ("preserve_reference_video_audio", False),
    ):
        text = f"{field} = {json.dumps(value)} is not allowed here: it belongs to a reference_video_url,"
        yield refused(action, _MODEL, field, text, **{field: value})
    film = with_references(0, 1)
    for keep in (True, False):
        yield accepted(action, _MODEL, **film, **_feature(action), preserve_reference_video_audio=keep)
    text = 'reference_video_type = "style" must be one of "base", "feature",'
    yield refused(action, _MODEL, "reference_video_type", text, **film, reference_video_type="style")
    text = "preserve_reference_video_audio = 1 must be true or false,"
    kept = {**film, **_feature(action), "preserve_reference_video_audio": 1}
    yield refused(action, _MODEL, "preserve_reference_video_audio", text, **kept)


def _addresses(action: str) -> Iterator[Row]:
    for host in _HOSTS_FOR_ALL:
        films = {**with_references(0, 1), **_feature(action), "reference_video_url": f"https://{host}/a.mp4"}
        yield accepted(action, _MODEL, **films)
        yield accepted(action, _MODEL, **{**with_references(1), "reference_image_urls": [f"http://{host}/a.png"]})
    for host in _HOSTS_IN_PRIVATE:
        field, url = "reference_video_url", f"https://{host}/a.mp4"
        films = {**with_references(0, 1), **_feature(action), field: url}
        yield refused(action, _MODEL, field, f'{field} = "{url}" must be a public http(s) URL,', **films)
        field, url = "reference_image_urls[0]", f"http://{host}/a.png"
        pictures = {**with_references(1), "reference_image_urls": [url]}
        yield refused(action, _MODEL, field, f'{field} = "{url}" must be a public http(s) URL,', **pictures)
        for field in ("first_frame_image_url", "last_frame_image_url") if action == IMAGE else ():
            text = f'{field} = "{url}" must be a public http(s) URL,'
            yield refused(action, _MODEL, field, text, **{field: url})


def _extensions(action: str) -> Iterator[Row]:
    for name in ("a.jpg", "a.jpeg", "a.png", "a.PNG", "a.png?size=9", "b/a.JPG#x"):
        url = f"https://media.example/{name}"
        yield accepted(action, _MODEL, **{**with_references(1), "reference_image_urls": [url]})
        if action == IMAGE:
            yield accepted(action, _MODEL, first_frame_image_url=url, last_frame_image_url=url)
            gif = "https://media.example/a.zzz"
            text = f'first_frame_image_url = "{gif}" must end in one of jpg, jpeg, png, not zzz,'
            yield refused(action, _MODEL, "first_frame_image_url", text, first_frame_image_url=gif)
    for name in ("a.mp4", "a.mov", "a.MOV?x=1"):
        films = {**with_references(0, 1), **_feature(action), "reference_video_url": f"https://media.example/{name}"}
        yield accepted(action, _MODEL, **films)
    for name, not_it in (("a.gif", ", not gif"), ("a.webp", ", not webp"), ("a", ""), ("a?x=a.png", "")):
        field, url = "reference_image_urls[0]", f"https://media.example/{name}"
        text = f'{field} = "{url}" must end in one of jpg, jpeg, png{not_it},'
        yield refused(action, _MODEL, field, text, **{**with_references(1), "reference_image_urls": [url]})
    field, url = "reference_video_url", "https://media.example/a.webm"
    text = f'{field} = "{url}" must end in one of mp4, mov, not webm,'
    yield refused(action, _MODEL, field, text, **{**with_references(0, 1), **_feature(action), field: url})


def _files(action: str) -> Iterator[Row]:
    """What the files themselves say, where they are known."""
    fields: dict[str, dict[str, Any]] = {
        "reference_image_urls[0]": {**with_references(1), "reference_image_urls": [_OTHER]}
    }
    if action == IMAGE:
        fields["last_frame_image_url"] = {"last_frame_image_url": _OTHER}
    for field, changes in fields.items():
        body = a_body(action, _MODEL, **changes)
        for form in ("jpeg", "png"):
            yield Row(action, body, media={_OTHER: MediaFacts("image", form, 9_000)})
        for form in ("gif", "zzz"):
            text = whole(f"{field} is a {form} file, it must be jpeg or png,", action, _MODEL)
            yield Row(action, body, "refused", field, text, {_OTHER: MediaFacts("image", form, 9_000)})
        for name in ("gif", "zzz"):
            text = f'{field} = "https://media.example/a.{name}" must end in one of jpg, jpeg, png, not {name},'
            strange = json.loads(json.dumps(changes).replace(_OTHER, f"https://media.example/a.{name}"))
            yield refused(action, _MODEL, field, text, **strange)
    film = a_body(action, _MODEL, **with_references(0, 1), **_feature(action))
    for form in ("mp4", "mov"):
        yield Row(action, film, media={FILM: MediaFacts("video", form, 9_000, seconds=5)})
    for form in ("webm", "zzz"):
        text = whole(f"reference_video_url is a {form} file, it must be mp4 or mov,", action, _MODEL)
        media = {FILM: MediaFacts("video", form, 9_000, seconds=5)}
        yield Row(action, film, "refused", "reference_video_url", text, media)


def _frames() -> Iterator[Row]:
    last = {"last_frame_image_url": PICTURE}
    yield accepted(IMAGE, _MODEL, **last)
    field = "last_frame_image_url"
    text = f'{field} = "{PICTURE}" is not allowed here: a last frame cannot be combined with'
    yield refused(IMAGE, _MODEL, field, f"{text} reference images,", **with_references(1), **last)
    film = {**with_references(0, 1), "reference_video_type": "feature"}
    yield refused(IMAGE, _MODEL, field, f"{text} a reference video,", **film, **last)
    why = "a reference video of type base (the default) cannot be combined with frames; write feature,"
    text = f'reference_video_type = "base" (its default): {why}'
    yield refused(IMAGE, _MODEL, "reference_video_type", text, **with_references(0, 1))
    text = f'reference_video_type = "base": {why}'
    yield refused(IMAGE, _MODEL, "reference_video_type", text, **with_references(0, 1), reference_video_type="base")
    yield accepted(TEXT, _MODEL, **with_references(0, 1), reference_video_type="base")
    yield accepted(TEXT, _MODEL, **with_references(0, 1), reference_video_type="feature")
