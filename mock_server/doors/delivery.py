"""The last step at every door: a response and its content become what goes over the wire."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mock_server.core.messages import Request, Response

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@dataclass(frozen=True)
class Delivery:
    """Status, headers and bytes as sent; the body of a HEAD is empty, its Content-Length is not."""

    status: int
    headers: dict[str, str]
    body: bytes


def deliver(request: Request, response: Response, content: bytes) -> Delivery:
    """Apply a single byte range and HEAD, and state the length."""
    status, headers = response.status, dict(response.headers)
    if status == 200 and request.method == "GET" and "accept-ranges" in headers:
        status, extra, content = _cut(request.headers.get("range", ""), content)
        headers.update(extra)
    if status != 304:
        headers["content-length"] = str(len(content))
    return Delivery(status, headers, b"" if request.method == "HEAD" else content)


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
