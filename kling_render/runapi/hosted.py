"""A file that the API hosts, as it answers the confirmation of an upload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from kling_render.runapi.reading import UnreadableError, mapping, reading, text, web_url


@dataclass(frozen=True)
class HostedFile:
    """A file that the API can fetch.

    Attributes:
        url: where it lies, for the media fields of a request.
        expires_at: until when, in UTC; RunAPI keeps uploads for an hour.
        file_name: as the server calls it.
        size_bytes: as many as were sent.
        mime_type: as the server sees it; may be empty.
    """

    url: str
    expires_at: datetime
    file_name: str
    size_bytes: int
    mime_type: str


def parse_hosted(
    payload: object, headers: Mapping[str, str], name: str, byte_count: int, *, key: str = ""
) -> HostedFile:
    """Read the answer of `/api/v1/files/confirm`.

    Args:
        payload: the decoded JSON.
        headers: the answer's headers.
        name: of the file, where the server gives none.
        byte_count: what was sent.
        key: the API key, which must not be repeated in a text.

    Raises:
        UnintelligibleAnswerError: no http(s) address, no moment at which it expires, or another size than was sent.
    """
    with reading("an upload", headers, key):
        fields = mapping(payload, "the answer")
        if fields.get("size_bytes", byte_count) != byte_count:
            raise UnreadableError("its size_bytes are not those of the file")
        return HostedFile(
            url=web_url(fields.get("url"), "the file"),
            expires_at=_moment(fields.get("expires_at")),
            file_name=text(fields.get("file_name"), key) or name,
            size_bytes=byte_count,
            mime_type=text(fields.get("mime_type"), key),
        )


def _moment(value: object) -> datetime:
    """A moment in UTC, which is also meant where no zone is named."""
    try:
        moment = datetime.fromisoformat(value if isinstance(value, str) else "")
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UnreadableError("expires_at is not a date") from None
