"""The bytes of an upload: measured first, then sent piece by piece, and never others than were measured."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO, FileIO
from pathlib import Path

from anyio.lowlevel import checkpoint

from kling_render.errors import StorageError

PIECE_BYTES = 256 * 1024
"""Read at once on the event loop: short enough to hold up nobody, and a worker thread would outrun virtual time."""

_LEAVE_ALONE = "Leave it as it is until it is uploaded, and run the same command again."


@dataclass(frozen=True)
class Measure:
    """How many bytes there are, and the base64 of their MD5 digest, as storage services compare it."""

    byte_count: int
    checksum: str


class Content:
    """The bytes of one upload; a file is held open, so that another put in its place is not taken for it.

    Every method raises a `StorageError` where the file cannot be read.

    Args:
        name: as it is called in messages.
        source: the bytes, or the file that has them.
    """

    def __init__(self, name: str, source: bytes | Path) -> None:
        self._name = name
        with self._reading():
            self._file = BytesIO(source) if isinstance(source, bytes) else FileIO(source)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    async def measure(self) -> Measure:
        """Read everything once.

        Raises:
            StorageError: there is nothing in it.
        """
        digest, count = hashlib.md5(usedforsecurity=False), 0
        while piece := self._read(PIECE_BYTES):
            digest.update(piece)
            count += len(piece)
            await checkpoint()
        if not count:
            raise StorageError(f"{self._name} is empty: there is nothing to upload")
        return Measure(count, _base64(digest.digest()))

    async def pieces(self, measured: Measure) -> AsyncGenerator[bytes, None]:
        """Everything again; the last piece comes only when all of it is what was measured.

        Raises:
            StorageError: the file has changed meanwhile.
        """
        self._file.seek(0)
        digest, left = hashlib.md5(usedforsecurity=False), measured.byte_count
        while left:
            piece = self._read(min(PIECE_BYTES, left))
            digest.update(piece)
            left -= len(piece)
            if not piece or (not left and (self._read(1) or _base64(digest.digest()) != measured.checksum)):
                raise StorageError(f"{self._name} changed while it was uploaded", hint=_LEAVE_ALONE)
            yield piece

    def _read(self, byte_count: int) -> bytes:
        with self._reading():
            return self._file.read(byte_count)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StorageError(f"{self._name} cannot be read ({error.strerror or error})") from error


def _base64(digest: bytes) -> str:
    return b64encode(digest).decode("ascii")
