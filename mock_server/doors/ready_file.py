"""A file that holds the server's URL while it listens, for whoever waits for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def ready_file(path: Path) -> Iterator[Callable[[str], None]]:
    """While the block runs, what it is given is a function that writes the URL, in one stroke; then the file goes.

    A file that an earlier server left there goes first: it tells of a server that is no more.

    Raises:
        OSError: the file cannot be written or removed.
    """
    path.unlink(missing_ok=True)

    def write(url: str) -> None:
        part = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            part.write_text(f"{url}\n", "utf-8")
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    try:
        yield write
    finally:
        path.unlink(missing_ok=True)
