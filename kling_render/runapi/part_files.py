"""A clip that has begun to come: its part file, and the note beside it of what a later request may continue."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from io import FileIO
from pathlib import Path

from anyio.lowlevel import checkpoint

from kling_render.errors import StorageError

_PIECE_BYTES = 256 * 1024
WORTH_NOTING_BYTES = 128 * 1024
"""Fewer bytes are fetched again sooner than they are noted; one that breaks off is noted all the same."""
_STRONG_ETAG = re.compile(r'"[\x21\x23-\x7e]*"')  # a weak one does not vouch for single bytes
_MODIFIED = re.compile(r"[\x20-\x7e]{1,64}")


@dataclass(frozen=True)
class Origin:
    """What the bytes of a part file are the beginning of.

    Attributes:
        url: the address without its query, which may be a signature; a fresh signature continues the same clip.
        validator: the server's ETag or date, by which it tells whether its file is still the same.
        byte_count: of the whole clip; None where the server did not say.
    """

    url: str
    validator: str
    byte_count: int | None


class PartFile:
    """The part file and its note; every method raises a `StorageError` where the disk refuses.

    Writes stay on the event loop: they go to the page cache, and a worker thread would outrun virtual time.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._note = note_of(path)

    def beginning(self, url: str) -> tuple[int, Origin | None]:
        """How many bytes are here that a request to this address may continue; none and None otherwise."""
        with _storing(self.path):
            count = self.path.stat().st_size if self.path.is_file() else 0
        origin = self._origin() if count else None
        if origin is None or origin.url != url or not count < (origin.byte_count or count + 1):
            return 0, None
        return count, origin

    def begin(self) -> FileIO:
        """Open it empty."""
        with _storing(self.path):
            self._note.unlink(missing_ok=True)  # first: no note may outlive the bytes that it speaks of
            return FileIO(self.path, "wb")  # unbuffered, so that closing it after a failure has nothing left to write

    def note(self, origin: Origin) -> None:
        """Note what it is the beginning of, so that a later request may continue it."""
        with _storing(self.path):
            self._note.write_text(json.dumps(asdict(origin)), encoding="utf-8")

    async def resume(self, count: int, digest: hashlib._Hash) -> FileIO:
        """Open it behind its first `count` bytes, which go into the digest."""
        with _storing(self.path):
            file = FileIO(self.path, "r+b")
        try:
            left = count
            while left:
                with _storing(self.path):
                    piece = file.read(min(_PIECE_BYTES, left))
                if not piece:
                    raise StorageError(f"{self.path} became shorter while it was read")
                digest.update(piece)
                left -= len(piece)
                await checkpoint()
            with _storing(self.path):
                file.truncate()
        except BaseException:
            file.close()
            raise
        return file

    def write(self, file: FileIO, chunk: bytes) -> None:
        """Append a chunk, whole."""
        rest = memoryview(chunk)
        with _storing(self.path):
            while rest:
                rest = rest[file.write(rest) :]

    def finish(self, file: FileIO) -> None:
        """It is a whole clip now, and has nothing to be continued."""
        with _storing(self.path):
            self._note.unlink(missing_ok=True)

    def give_up(self) -> None:
        """Let the next request begin anew; the bytes stay where they are."""
        with _storing(self.path):
            self._note.unlink(missing_ok=True)

    def _origin(self) -> Origin | None:
        with suppress(OSError, ValueError, RecursionError, TypeError):  # whatever is wrong with it, it is not needed
            fields = json.loads(self._note.read_text(encoding="utf-8"))
            origin = Origin(**fields)
            if _is_sendable(origin.validator) and isinstance(origin.byte_count, int | None):
                return origin
        return None


def note_of(part: Path) -> Path:
    """Where the note of a part file lies."""
    return part.with_name(part.name + ".origin")


def discard(part: Path) -> None:
    """Remove a part file and its note.

    Raises:
        StorageError: one of them cannot be removed.
    """
    with _storing(part):
        note_of(part).unlink(missing_ok=True)
        part.unlink(missing_ok=True)


def validator_of(headers: Mapping[str, str]) -> str | None:
    """What `If-Range` may say of this answer; None where nothing vouches for single bytes."""
    if "ETag" in headers:
        return headers["ETag"] if _STRONG_ETAG.fullmatch(headers["ETag"]) else None
    modified = headers.get("Last-Modified", "")
    return modified if _MODIFIED.fullmatch(modified) else None


def _is_sendable(validator: object) -> bool:
    return isinstance(validator, str) and bool(_STRONG_ETAG.fullmatch(validator) or _MODIFIED.fullmatch(validator))


@contextmanager
def _storing(part: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"{part} cannot be written ({error.strerror})", hint="Is the disk full?") from error
