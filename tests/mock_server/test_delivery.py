from __future__ import annotations

import pytest

from mock_server.core.messages import Request, Response
from mock_server.doors.delivery import deliver

CONTENT = b"0123456789"
MEDIA = Response(200, {"accept-ranges": "bytes"}, CONTENT)


@pytest.mark.parametrize(
    ("wanted", "status", "body", "content_range"),
    [
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=7-99", 206, b"789", "bytes 7-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=-99", 206, CONTENT, "bytes 0-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=-0", 416, b"", "bytes */10"),
        ("bytes=4-2", 200, CONTENT, None),
        ("bytes=-", 200, CONTENT, None),
        ("bytes=0-1,3-4", 200, CONTENT, None),
        ("lines=1-2", 200, CONTENT, None),
    ],
)
def test_single_range_is_cut_and_anything_else_is_whole(
    wanted: str, status: int, body: bytes, content_range: str | None
) -> None:
    sent = deliver(Request("GET", "/x", headers={"range": wanted}), MEDIA, CONTENT)
    assert (sent.status, sent.body, sent.headers.get("content-range")) == (status, body, content_range)
    assert sent.headers["content-length"] == str(len(body))


def test_head_states_the_length_without_the_body() -> None:
    sent = deliver(Request("HEAD", "/x", headers={"range": "bytes=2-4"}), MEDIA, CONTENT)
    assert (sent.status, sent.body, sent.headers["content-length"]) == (200, b"", "10")


def test_json_is_never_cut() -> None:
    response = Response(200, {"content-type": "application/json"}, CONTENT)
    assert deliver(Request("GET", "/x", headers={"range": "bytes=2-4"}), response, CONTENT).status == 200


def test_not_modified_has_no_length() -> None:
    assert "content-length" not in deliver(Request("GET", "/x"), Response(304, {}, b""), b"").headers
