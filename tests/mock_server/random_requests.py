"""Bytes that a client might send to a server, right, wrong and broken; the same for the same seed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

A_CREATE = {"model": "kling-3.0", "prompt": "A ferry at dawn"}
PATHS = (
    "/api/v1/kling/text_to_video",
    "/api/v1/kling/text_to_video/00000000-0000-4000-8000-000000000000",
    "/api/v1/tasks/x",
    "/api/v1/me",
    "/api/v1/me/balance",
    "/api/v1/price_schedules",
    "/api/v1/price_quotes",
    "/api/v1/files",
    "/api/v1/files/prepare",
    "/api/v1/files/confirm",
    "/storage/x?sig=0",
    "/media/x.mp4?sig=0",
    "/uploads/x/y",
    "/openapi.json",
    "/",
    "/__mock__/journal",
    "/__mock__/tasks",
    "/__mock__/verdict",
    "/__mock__/no-such-view",
)
TRICKS = (
    "//", "/..", "/%2e%2e/%2e%2e/etc/passwd", "/api/v1/../../me", "/%00", "/%ff%fe", "/api/v1/kling/%2F/%2f", "*",
    "http://elsewhere.example/api/v1/me", "/api/v1/me;x=1", "/api/v1/me/", "/api//v1/me", "/api/v1/me?%zz&&=&sig",
    "/media/..%2f..%2fpasswd.mp4?sig=", "/uploads/%F0%9F%8E%AC/%ED%A0%80", "/" + "a" * 20_000, "/\\..\\..",
    "/%25%32%65", "/__mock__/../api/v1/me", "/__mock__/%2e", "api/v1/me", "/api/v1/kling/text_to_video#x",
)  # fmt: skip
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "HEAD", "get", "M-SEARCH", "X" * 300)
GARBAGE = (
    b"\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET /\r\n",
    b"GET / HTTP/9.9\r\n\r\n", b"GET  /  HTTP/1.1\r\n\r\n", b"\x00" * 100, b"GET / HTTP/1.1\r\nhost\r\n\r\n",
    b"GET / HTTP/1.1\r\n folded: x\r\n\r\n", b"GET /api/v1/me HTTP/1.1\nhost: x\n\n", b"HTTP/1.1 200 OK\r\n\r\n",
    b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    b"GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n", b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
    b"GET / HTTP/1.1\r\nhost: x\r\nx: \x00\r\n\r\n",
    b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcdef",
    b"POST /api/v1/files HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /api/v1/files HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n",
)  # fmt: skip
HEADERS = (
    "range: bytes=9-1", "range: bytes=-", "if-none-match: *", "idempotency-key: " + "k" * 600, "host: [::1",
    "x-client-request-id: \xff", "x-client-request-id: a;a=1;n=0", "content-type: text/xml",
    "authorization: Basic eDp5", "authorization: Bearer", "authorization: Bearer k\r\nauthorization: Bearer l",
    "x: " + "y" * 30_000, "origin: null", "transfer-encoding: gzip",
    "upgrade: websocket\r\nconnection: upgrade", "content-encoding: br", "accept: \x01",
)  # fmt: skip


def a_request(number: int, seed: int) -> bytes:
    """The request of a number: what is sent over a connection of its own."""
    chance = random.Random(f"{seed} {number}")  # noqa: S311 - to be repeated, not to be guessed
    return chance.choice(_KINDS)(chance)


def _written(method: str, target: str, body: bytes, *headers: str) -> bytes:
    own = () if any(each.startswith("host") for each in headers) else ("host: mock.test",)
    lines = [f"{method} {target} HTTP/1.1", *own, f"content-length: {len(body)}", *headers, "connection: close"]
    return "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + body


def _right(chance: random.Random) -> bytes:
    headers = ["content-type: application/json", f"authorization: Bearer key-{chance.randrange(5)}"]
    if chance.random() < 0.5:
        headers.append(f"idempotency-key: take-{chance.randrange(20)}")
    body = {**A_CREATE, "duration_seconds": chance.randrange(2, 17), "enable_sound": chance.random() < 0.5}
    return _written("POST", PATHS[0], json.dumps(body).encode(), *headers)


def _bad_json(chance: random.Random) -> bytes:
    text = json.dumps(A_CREATE)
    bodies = (
        text[: chance.randrange(len(text))].encode(), chance.randbytes(chance.randrange(300)), b"[" * 50_000,
        b'{"a":' * 5_000, b"9" * 5_000, b'{"model": NaN}', b'"\\ud800"', b'{"model": 1e999}', b"null",
        b"[]", b"\xef\xbb\xbf{}", json.dumps({"model": "\ud800" * 3, "prompt": [[]] * 50}).encode(),
        json.dumps({**A_CREATE, "multi_prompt": {}}).encode(),
    )  # fmt: skip
    key = f"authorization: Bearer key-{chance.randrange(5)}"
    return _written("POST", chance.choice(PATHS), chance.choice(bodies), "content-type: application/json", key)


def _huge(chance: random.Random) -> bytes:
    body = b'{"prompt": "' + b"x" * chance.randrange(900_000, 2_500_000)
    headers = ("content-type: application/json", "authorization: Bearer key-1")
    return _written("POST", chance.choice(PATHS), body, *headers)


def _odd_method(chance: random.Random) -> bytes:
    return _written(chance.choice(METHODS), chance.choice(PATHS), chance.randbytes(chance.randrange(20)))


def _multipart(chance: random.Random) -> bytes:
    body = b'--b\r\ncontent-disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + chance.randbytes(200)
    kind = chance.choice(
        ("multipart/form-data; boundary=b", "multipart/form-data", "multipart/mixed; boundary=" + "b" * 99)
    )
    return _written("POST", chance.choice(PATHS), body, f"content-type: {kind}", "authorization: Bearer key-1")


def _path_trick(chance: random.Random) -> bytes:
    return _written(chance.choice(("GET", "POST", "PUT")), chance.choice(TRICKS), b"", "authorization: Bearer key-2")


def _header_trick(chance: random.Random) -> bytes:
    return _written(chance.choice(("GET", "POST")), chance.choice(PATHS), b"{}", *chance.sample(HEADERS, 2))


def _chunked(chance: random.Random) -> bytes:
    chunk = chance.randbytes(chance.randrange(1, 3_000))
    whole = (b"%x\r\n%b\r\n" % (len(chunk), chunk)) * chance.randrange(1, 700)
    head = f"POST {chance.choice(PATHS)} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
    return head.encode() + whole + chance.choice((b"0\r\n\r\n", b"", b"-1\r\n"))


def _garbage(chance: random.Random) -> bytes:
    return chance.choice((*GARBAGE, chance.randbytes(200)))


def _broken_off(chance: random.Random) -> bytes:
    whole = _right(chance)
    return whole[: chance.randrange(len(whole))]


_KINDS: tuple[Callable[[random.Random], bytes], ...] = (
    _right, _bad_json, _huge, _odd_method, _multipart, _path_trick, _header_trick, _chunked, _garbage, _broken_off,
)  # fmt: skip
