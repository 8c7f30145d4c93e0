"""The last step at every door: a response and its content become what goes over the wire."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mock_server.core.messages import Request, Response, Wire

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_SPOILED_EVERY = 64


@dataclass(frozen=True, slots=True)
class Delivery:
    """Status, headers and bytes as sent; the body of a HEAD is empty, its Content-Length is not.

    Attributes:
        body: all that is sent of it.
        is_lost: whether nothing at all is sent.
        is_broken: whether the connection closes after what is sent, although more was promised.
        pieces: how many parts the body is sent in.
        pause_seconds: real seconds between two of them.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    is_lost: bool = False
    is_broken: bool = False
    pieces: int = 1
    pause_seconds: float = 0.0

    @property
    def loss(self) -> str:
        """What an httpx client at the other end of a real connection would say of an answer that breaks off."""
        if self.is_lost:
            return "Server disconnected without sending a response."
        counts = f"received {len(self.body)} bytes, expected {self.headers['content-length']}"
        return f"peer closed connection without sending complete message body ({counts})"

    @property
    def parts(self) -> list[bytes]:
        """The body in its pieces, of about one size, none of them empty unless there is only one."""
        size = max(1, -(-len(self.body) // self.pieces))
        return [self.body[start : start + size] for start in range(0, len(self.body), size)] or [b""]


def deliver(request: Request, response: Response, content: bytes) -> Delivery:
    """Apply a single byte range, HEAD and what befalls the response on its way, and state the length."""
    status, headers, wire = response.status, dict(response.headers), response.wire
    is_divisible = status == 200 and request.method == "GET" and "accept-ranges" in headers
    if is_divisible and not (wire and wire.fate == "whole") and _is_current(request, headers):
        status, extra, content = _cut(request.headers.get("range", ""), content)
        headers.update(extra)
    content = _spoiled(content, wire)
    if status != 304:
        headers["content-length"] = str(len(content))
    sent = Delivery(status, headers, b"" if request.method == "HEAD" else content)
    return _befallen(sent, wire) if wire else sent


def _is_current(request: Request, headers: dict[str, str]) -> bool:
    """Whether the part that is asked for belongs to this very file; a date in If-Range never does, none is told."""
    wanted = request.headers.get("if-range")
    return wanted is None or wanted.strip() == headers.get("etag")


def _spoiled(content: bytes, wire: Wire | None) -> bytes:
    if wire and wire.fate == "short":
        return content[: len(content) // 2]
    if wire and wire.fate == "corrupt":
        spoiled = bytearray(content)
        spoiled[::_SPOILED_EVERY] = bytes(byte ^ 0xFF for byte in spoiled[::_SPOILED_EVERY])
        return bytes(spoiled)
    return content


def _befallen(sent: Delivery, wire: Wire) -> Delivery:
    return Delivery(
        status=sent.status,
        headers=sent.headers,
        body=sent.body[: len(sent.body) // 2] if wire.fate == "cut" else sent.body,
        is_lost=wire.fate == "lost",
        is_broken=wire.fate in ("lost", "cut"),
        pieces=wire.pieces,
        pause_seconds=wire.pause_seconds,
    )


def _cut(wanted: str, content: bytes) -> tuple[int, dict[str, str], bytes]:
    size = len(content)
    match = _RANGE.fullmatch(wanted.strip())
    if not match or not _is_range(match[1], match[2]):
        return 200, {}, content  # several ranges, or none: the whole is a right answer too
    first = int(match[1]) if match[1] else max(size - int(match[2]), 0)
    last = min(int(match[2]), size - 1) if match[1] and match[2] else size - 1
    if first > last:
        return 416, {"content-range": f"bytes */{size}"}, b""
    return 206, {"content-range": f"bytes {first}-{last}/{size}"}, content[first : last + 1]


def _is_range(first: str, last: str) -> bool:
    return int(first) <= int(last) if first and last else bool(first or last)
