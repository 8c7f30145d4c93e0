"""Where an upload may be sent, and with which headers: what the server answers is checked before it is obeyed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from kling_render.runapi.reading import UnreadableError, mapping, reading

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"([\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?)?")
_FORBIDDEN = frozenset(
    {
        *("authorization", "proxy-authorization", "cookie"),  # whom the request speaks for
        *("connection", "proxy-connection", "keep-alive", "te", "trailer", "upgrade"),  # how the connection is used
        *("transfer-encoding", "expect"),  # where the body begins and ends
    }
)


@dataclass(frozen=True)
class Target:
    """A prepared place for one file.

    Attributes:
        url: where the bytes go; path and query may be a signature and are never repeated.
        headers: what has to go with them, besides `Host` and `Content-Length`.
        signed_id: confirms the upload; a secret.
    """

    url: httpx.URL = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    signed_id: str = field(repr=False)

    @property
    def host(self) -> str:
        """The host with its port, as HTTP names it."""
        return _netloc(self.url)

    @property
    def origin(self) -> str:
        """The part of the address that can be told to people."""
        return f"{self.url.scheme}://{self.host}"


def parse_target(payload: object, headers: Mapping[str, str], byte_count: int, *, key: str = "") -> Target:
    """Read the answer of `/api/v1/files/prepare`.

    Args:
        payload: the decoded JSON.
        headers: the answer's own headers.
        byte_count: the size of the file.
        key: the API key, which must not be repeated in a text.

    Raises:
        UnintelligibleAnswerError: an address that is not http(s) or has credentials, or a header that would make
            another request of the upload.
    """
    with reading("an upload", headers, key):
        fields = mapping(payload, "the answer")
        url = _upload_url(fields.get("upload_url"))
        signed_id = fields.get("signed_id")
        if not isinstance(signed_id, str) or not signed_id:
            raise UnreadableError("signed_id is missing")
        return Target(url, _told_headers(mapping(fields.get("headers"), "headers"), url, byte_count), signed_id)


def _upload_url(value: object) -> httpx.URL:
    try:
        url = httpx.URL(value if isinstance(value, str) else "")
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in ("http", "https") or not url.host:
        raise UnreadableError("upload_url is not an http(s) address")
    if url.userinfo:  # it would become an Authorization header
        raise UnreadableError("upload_url has credentials")
    return url


def _told_headers(told: Mapping[str, object], url: httpx.URL, byte_count: int) -> dict[str, str]:
    """The headers as told; those that HTTP itself sets may be told, if they are told right."""
    own = {"host": _netloc(url), "content-length": str(byte_count)}
    told_names = [name.lower() for name in told]
    for name, value in told.items():
        lower = name.lower()
        if not _NAME.fullmatch(name) or not isinstance(value, str) or not _VALUE.fullmatch(value):
            raise UnreadableError("an upload header is malformed")
        if lower in _FORBIDDEN or own.get(lower, value) != value or told_names.count(lower) > 1:
            raise UnreadableError(f"an upload must not carry this {name}")
    return {name: str(value) for name, value in told.items() if name.lower() not in own}


def _netloc(url: httpx.URL) -> str:
    return url.netloc.decode("ascii")
