"""A file that the API hosts, as it answers the confirmation of an upload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from kling_render.runapi.reading import UnreadableError, mapping, reading, text, web_url


@dataclass(frozen=True)
class HostedFile:
    """A file that the API can fetch.

    Attributes:
        url: where it lies, for the media fields of a request.
        expires_at: until when, in UTC, by the server's clock; RunAPI keeps uploads for an hour.
        created_at: since when, by the server's clock, if it says so.
        file_name: as the server calls it.
        size_bytes: as many as were sent.
        mime_type: as the server sees it; may be empty.
    """

    url: str
    expires_at: datetime
    file_name: str
    size_bytes: int
    mime_type: str
    created_at: datetime | None = None

    def dies_at(self, now: datetime) -> datetime:
        """When it dies by the clock of who asks, just after the upload: the server's may stand elsewhere."""
        life = self.expires_at - self.created_at if self.created_at else timedelta()
        return now + life if life > timedelta() else self.expires_at


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
            expires_at=_expiry(fields.get("expires_at")),
            file_name=text(fields.get("file_name"), key) or name,
            size_bytes=byte_count,
            mime_type=text(fields.get("mime_type"), key),
            created_at=_moment(fields.get("created_at")),
        )


def _expiry(value: object) -> datetime:
    moment = _moment(value)
    if moment is None:
        raise UnreadableError("expires_at is not a date")
    return moment


def _moment(value: object) -> datetime | None:
    """A moment in UTC, which is also meant where no zone is named; None where it is no date."""
    try:
        moment = datetime.fromisoformat(value if isinstance(value, str) else "")
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
