"""The API key where it has no business."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote

from mock_server.core.verdict.findings import Finding
from mock_server.core.verdict.record import Record

_LEAST_KEY = 6
"""A shorter one is found in many an address by chance."""
_MEDIA = frozenset({"clip", "upload", "put_file"})


def secret_findings(record: Record) -> Iterator[Finding]:
    """Findings about keys that were sent with downloads and uploads, or in an address."""
    keys = {each.key for each in record.entries if len(each.key) >= _LEAST_KEY}
    with_media = [
        each for each in record.entries if each.endpoint in _MEDIA and "authorization" in each.request.headers
    ]
    if with_media:
        text = f"{len(with_media)} downloads or uploads carried an Authorization header"
        yield Finding("key_sent_to_media", text, 0, tuple(each.number for each in with_media))
    in_address = [
        each
        for each in record.entries
        if any(key in unquote(f"{each.request.path}?{each.request.query}") for key in keys)
    ]
    if in_address:
        text = f"{len(in_address)} requests carried the key in their address"
        yield Finding("key_sent_to_media", text, 0, tuple(each.number for each in in_address))
