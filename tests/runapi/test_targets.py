"""Prepared places of uploads: which addresses and headers are obeyed, and which would make another request of it."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kling_render.errors import UnintelligibleAnswerError
from kling_render.runapi.targets import Target, parse_target

URL = "https://storage.test:8443/blob?X-Signature=hush"
HEADERS = httpx.Headers({"X-Request-Id": "req-1"})


def a_target(**fields: object) -> dict[str, object]:
    return {"upload_url": URL, "headers": {"Content-MD5": "q=="}, "signed_id": "sgn-hush", **fields}


def parsed(payload: object) -> Target:
    return parse_target(payload, HEADERS, 9)


def told(headers: dict[str, object]) -> Target:
    return parsed(a_target(headers=headers))


def test_a_target_is_read_whole() -> None:
    target = parsed(a_target())

    assert (str(target.url), dict(target.headers), target.signed_id) == (URL, {"Content-MD5": "q=="}, "sgn-hush")


def test_a_target_shows_neither_signature_nor_signed_id() -> None:
    target = parsed(a_target())

    assert target.origin == "https://storage.test:8443"
    assert "hush" not in repr(target)


def test_headers_that_http_sets_itself_may_be_told_right() -> None:
    target = told({"Host": "storage.test:8443", "content-length": "9", "x-ms-blob-type": "BlockBlob"})

    assert dict(target.headers) == {"x-ms-blob-type": "BlockBlob"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Host", "evil.test"),
        ("Content-Length", "8"),
        ("content-length", "09"),
        ("Authorization", "Bearer x"),
        ("AUTHORIZATION", "Basic x"),
        ("Proxy-Authorization", "x"),
        ("Cookie", "a=b"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "close"),
        ("Upgrade", "h2c"),
        ("Expect", "100-continue"),
    ],
)
def test_a_header_that_would_make_another_request_of_it_is_refused(name: str, value: str) -> None:
    with pytest.raises(UnintelligibleAnswerError, match=f"an upload must not carry this {name}$"):
        told({name: value})


def test_a_header_that_is_told_twice_is_refused() -> None:
    with pytest.raises(UnintelligibleAnswerError, match="must not carry this Content-Type"):
        told({"Content-Type": "image/png", "content-type": "text/html"})


@pytest.mark.parametrize(
    "headers",
    [
        {"X": "a\r\nAuthorization: b"},
        {"X\r\nHost": "a"},
        {"Content-Type ": "a"},
        {"": "a"},
        {"X": "é"},
        {"X": " a"},
        {"X": None},
        {"X": 1},
        {"X": ["a"]},
    ],
)
def test_a_malformed_header_is_refused(headers: dict[str, object]) -> None:
    with pytest.raises(UnintelligibleAnswerError, match="an upload header is malformed"):
        told(headers)


@pytest.mark.parametrize(
    ("fields", "trouble"),
    [
        ({"upload_url": None}, r"upload_url is not an http\(s\) address"),
        ({"upload_url": 7}, r"upload_url is not an http\(s\) address"),
        ({"upload_url": "/blob"}, r"upload_url is not an http\(s\) address"),
        ({"upload_url": "https:///blob"}, r"upload_url is not an http\(s\) address"),
        ({"upload_url": "file:///etc/passwd"}, r"upload_url is not an http\(s\) address"),
        ({"upload_url": "ftp://storage.test/hush"}, r"upload_url is not an http\(s\) address"),
        ({"upload_url": "https://storage.test:port/hush"}, r"upload_url is not an http\(s\) address"),
        ({"upload_url": "https://storage.test/\x00hush"}, r"upload_url is not an http\(s\) address"),
        ({"upload_url": "https://ida:hush@storage.test/blob"}, "upload_url has credentials"),
        ({"upload_url": "https://hush@storage.test/blob"}, "upload_url has credentials"),
        ({"signed_id": None}, "signed_id is missing"),
        ({"signed_id": ""}, "signed_id is missing"),
        ({"headers": None}, "headers is not an object"),
        ({"headers": [["Content-Type", "image/png"]]}, "headers is not an object"),
    ],
)
def test_a_target_that_makes_no_sense_is_unintelligible(fields: dict[str, object], trouble: str) -> None:
    with pytest.raises(UnintelligibleAnswerError, match=f"about an upload cannot be read: {trouble}$") as caught:
        parsed(a_target(**fields))

    assert caught.value.request_id == "req-1"
    assert "hush" not in caught.value.message


@given(headers=st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=3))
def test_any_header_that_is_obeyed_can_be_sent(headers: dict[str, object]) -> None:
    try:
        target = told(headers)
    except UnintelligibleAnswerError:
        return
    request = httpx.Request("PUT", target.url, headers=target.headers, content=b"9 bytes..")
    assert b"\n" not in b"".join(name + value for name, value in request.headers.raw)
