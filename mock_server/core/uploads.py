"""Files that the simulator hosts, addressed by their content."""

from __future__ import annotations

import hashlib
import mimetypes
import re
from pathlib import PurePosixPath
from urllib.parse import quote, urlsplit

_PATH = re.compile(r"/uploads/([0-9a-f]{64})/[^/]+")
_TYPES = mimetypes.MimeTypes()  # the built-in table: the machine's own files are not read


class Uploads:
    """The hosted files of one simulator."""

    def __init__(self) -> None:
        self._contents: dict[str, bytes] = {}

    def put(self, name: str, content: bytes) -> str:
        """Keep a file; returns its path, which is the same for the same name and content."""
        digest = hashlib.sha256(content).hexdigest()
        self._contents[digest] = content
        return f"/uploads/{digest}/{quote(PurePosixPath(name).name or 'file', safe='')}"

    def get(self, digest: str) -> bytes | None:
        """The content of a hosted file."""
        return self._contents.get(digest)

    def find(self, url: object) -> bytes | None:
        """The content behind a URL, when its path is that of a hosted file (its host does not matter)."""
        if not isinstance(url, str):
            return None
        try:
            match = _PATH.fullmatch(urlsplit(url).path)
        except ValueError:
            return None
        return self._contents.get(match[1]) if match else None


def media_type(name: str) -> str:
    """The content type that a file's name promises."""
    return _TYPES.guess_type(name)[0] or "application/octet-stream"
