from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from .samples import a_png, a_wav

if TYPE_CHECKING:
    from tests.mock_server.conftest import Answer, Caller

PICTURE = base64.b64encode(a_png()).decode()


def register(caller: Caller, source: Any, **fields: Any) -> Answer:
    return caller.send("POST", "/api/v1/files", {"source": source, **fields})


def test_url_elsewhere_gets_a_url_here_that_leads_to_it(caller: Caller) -> None:
    source = {"type": "url", "url": "https://example.com/cast/mira.png?v=2"}
    shown = register(caller, source).json
    assert (shown["file_name"], shown["mime_type"], shown["size_bytes"]) == ("mira.png", "image/png", 0)
    assert shown["url"].startswith("https://runapi.ai/uploads/")
    answer = caller.send("GET", shown["url"], key=None)
    assert (answer.status, answer.headers["location"]) == (302, source["url"])


def test_url_here_that_leads_elsewhere_lives_one_hour_too(caller: Caller) -> None:
    url = register(caller, {"type": "url", "url": "https://example.com/mira.png"}).json["url"]
    caller.wait(3_600)
    assert caller.send("GET", url).status == 410


def test_location_is_ascii_whatever_the_url_holds(caller: Caller) -> None:
    url = register(caller, {"type": "url", "url": "https://example.com/häfen%201.png"}).json["url"]
    assert caller.send("GET", url).headers["location"] == "https://example.com/h%C3%A4fen%201.png"


@pytest.mark.parametrize("url", ["https://example.com", "https://example.com/", "https://example.com/.."])
def test_url_that_names_no_file_is_a_file(caller: Caller, url: str) -> None:
    assert register(caller, {"type": "url", "url": url}).json["file_name"] == "file"


def test_url_of_an_upload_is_copied_and_lives_anew(caller: Caller) -> None:
    first = caller.upload("a.png", a_png())["url"]
    caller.wait(3_000)
    second = register(caller, {"type": "url", "url": first}).json
    assert (second["file_name"], second["size_bytes"]) == ("a.png", len(a_png()))
    caller.wait(1_000)
    assert caller.send("GET", second["url"]).response.body == a_png()


def test_url_of_an_expired_upload_is_refused(caller: Caller) -> None:
    url = caller.upload("a.png", a_png())["url"]
    caller.wait(3_600)
    answer = register(caller, {"type": "url", "url": url})
    assert (answer.status, answer.error["field"]) == (422, "source.url")
    assert "this uploaded file has expired" in answer.error["message"]


@pytest.mark.parametrize("data", [PICTURE, f"data:image/png;base64,{PICTURE}", f" {PICTURE[:40]}\n{PICTURE[40:]}"])
def test_base64_becomes_a_file(caller: Caller, data: str) -> None:
    shown = register(caller, {"type": "base64", "data": data}).json
    assert (shown["file_name"], shown["mime_type"]) == ("upload.png", "image/png")
    assert shown["size_bytes"] == len(a_png())
    assert caller.send("GET", shown["url"], key=None).response.body == a_png()


def test_given_name_is_kept_and_says_the_type(caller: Caller) -> None:
    shown = register(caller, {"type": "base64", "data": PICTURE}, file_name="dusk.webp").json
    assert (shown["file_name"], shown["mime_type"]) == ("dusk.webp", "image/webp")


def test_type_of_a_data_url_counts_more_than_its_name(caller: Caller) -> None:
    data = f"data:audio/wav;codecs=1;base64,{base64.b64encode(a_wav()).decode()}"
    assert register(caller, {"type": "base64", "data": data}, file_name="x.bin").json["mime_type"] == "audio/wav"


def test_content_that_nobody_knows_is_an_octet_stream(caller: Caller) -> None:
    shown = register(caller, {"type": "base64", "data": base64.b64encode(b"words").decode()}).json
    assert (shown["file_name"], shown["mime_type"]) == ("upload.bin", "application/octet-stream")


def test_type_of_a_data_url_that_is_none_is_not_repeated(caller: Caller) -> None:
    shown = register(caller, {"type": "base64", "data": f"data:a\r\nb: c;base64,{PICTURE}"}).json
    assert shown["mime_type"] == "image/png"


@pytest.mark.parametrize(
    ("source", "field"),
    [
        (None, "source"),
        ("https://example.com/a.png", "source"),
        ({"type": "ftp"}, "source"),
        ({"type": "url"}, "source.url"),
        ({"type": "url", "url": "ftp://example.com/a.png"}, "source.url"),
        ({"type": "url", "url": "https://[x"}, "source.url"),
        ({"type": "url", "url": "https://example.com/a b"}, "source.url"),
        ({"type": "base64"}, "source.data"),
        ({"type": "base64", "data": ""}, "source.data"),
        ({"type": "base64", "data": "ü"}, "source.data"),
        ({"type": "base64", "data": "data:image/png,abcd"}, "source.data"),
    ],
)
def test_source_that_is_none_is_refused(caller: Caller, source: Any, field: str) -> None:
    answer = register(caller, source)
    assert (answer.status, answer.error["field"]) == (422, field)


def test_base64_may_be_larger_than_other_json(caller: Caller) -> None:
    data = base64.b64encode(b"x" * 1_500_000).decode()
    assert register(caller, {"type": "base64", "data": data}).json["size_bytes"] == 1_500_000
