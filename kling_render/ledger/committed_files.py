"""Small text files that are committed: read as UTF-8, written whole or not at all, conflicts of a merge named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kling_render.errors import Place, StorageError
from kling_render.whole_files import write_whole

_MARKERS = ("<<<<<<<", "|||||||", "=======", ">>>>>>>")
_LOCK = Path(".kling-render", "files.lock")
"""Relative to the folder of the files: where nothing is committed."""
_PATIENCE_SECONDS = 10.0
_LOOK_SECONDS = 0.02


class CommittedFileError(StorageError):
    """A committed file that cannot be used as it is; the message begins with file and line.

    Attributes:
        place: the file, and the line where it is known.
    """

    def __init__(self, path: Path, line: int | None, message: str, *, hint: str = "") -> None:
        self.place = Place(path, line=line)
        super().__init__(f"{self.place}: {message}", hint=hint)


def read_text(path: Path, error: type[CommittedFileError]) -> str:
    """The text of a file; empty where there is none.

    Raises:
        CommittedFileError: of the given type, where it cannot be read or is not UTF-8.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return ""
    except OSError as caught:
        raise error(path, None, f"cannot be read: {caught.strerror or caught}") from caught
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as caught:
        line = content.count(b"\n", 0, caught.start) + 1
        raise error(path, line, "this is not UTF-8", hint="Take the file from the last commit.") from caught


def write_text(path: Path, text: str) -> bool:
    """Put a text in the place of a file: on disk when this returns, and never seen half-written.

    Returns:
        Whether it was written; a file that says the same already is left alone.

    Raises:
        StorageError: it cannot be written; what was there is there still.
    """
    return write_whole(path, text.encode())


@contextmanager
def changing(path: Path) -> Iterator[None]:
    """Keep all others, threads and processes, from changing the files beside this one while the block runs.

    What is read inside stands there until what is made of it is written, so that no change of another is lost. The
    lock is the kernel's, and gone when its process is.

    Args:
        path: the file that is read, changed and written.

    Raises:
        StorageError: the lock cannot be had, or others hold it for too long.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(path.parent / _LOCK)
    try:
        (path.parent / _LOCK).parent.mkdir(exist_ok=True)
        lock.acquire(timeout=_PATIENCE_SECONDS, poll_interval=_LOOK_SECONDS)
    except Timeout as error:
        hint = f"Try again; what was there before is unchanged. Held is {path.parent / _LOCK}."
        raise StorageError(f"{path} is being changed by others for {_PATIENCE_SECONDS:g} s", hint=hint) from error
    except (OSError, NotImplementedError) as error:  # the latter where the file system knows no locks
        reason = getattr(error, "strerror", None) or error
        raise StorageError(f"{path.parent / _LOCK} cannot be locked: {reason}") from error
    try:
        remove_parts(path)
        yield
    finally:
        lock.release()


def remove_parts(path: Path) -> None:
    """Remove what writers that were killed have left beside a file; only for whom nobody else writes it meanwhile.

    Raises:
        StorageError: it cannot be removed.
    """
    try:
        for part in path.parent.glob(f".{path.name}.*.part"):
            part.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"{path.parent} cannot be written: {error.strerror or error}") from error


def conflict_line(lines: list[str]) -> int | None:
    """The first line (from 1) that holds a marker of an unresolved merge, or None."""
    for number, line in enumerate(lines, 1):
        if line.startswith(_MARKERS) and line[7:8] in ("", " ", "\r"):
            return number
    return None
