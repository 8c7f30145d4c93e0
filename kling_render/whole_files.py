"""Files that are put in place whole or not at all, and over nothing that is somebody else's."""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from kling_render.errors import StorageError


@dataclass(frozen=True)
class Kind:
    """A kind of file of which a later one may take the place of an earlier one.

    Attributes:
        name: in words.
        beginning: how every file of it begins, whatever film it is of, and no other file does.
    """

    name: str
    beginning: re.Pattern[bytes]


def write_over(path: Path, content: bytes, kind: Kind) -> bool:
    """Put bytes in the place of nothing, or of an earlier file of the same kind.

    Returns:
        Whether it was written; a file that says the same already is left alone.

    Raises:
        StorageError: something else is there, or it cannot be written; what was there is there still.
    """
    try:
        there = path.read_bytes() if path.exists() else content
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror or error}") from error
    if there != content and not kind.beginning.match(there):
        hint = "It was left as it is. Give another file with --out, or move it away."
        raise StorageError(f"{path} is there, and is no {kind.name} of kling-render", hint=hint)
    return write_whole(path, content)


def write_whole(path: Path, content: bytes) -> bool:
    """Put bytes in the place of a file: on disk when this returns, and never seen half-written.

    Returns:
        Whether it was written; a file that says the same already is left alone.

    Raises:
        StorageError: it cannot be written; what was there is there still.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")  # threads share the number of their process
    try:
        if path.exists() and path.read_bytes() == content:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        sync_folder(path.parent)
    except OSError as error:
        hint = "Is the disk full, the folder writable? What was there before is unchanged."
        raise StorageError(f"{path} cannot be written: {error.strerror or error}", hint=hint) from error
    return True


def sync_folder(folder: Path) -> None:
    """Make names that were created or replaced in a folder survive a loss of power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
