"""One render of a project at a time: a lock that the kernel releases, and a note of who holds it."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from kling_render.errors import LockedError, StorageError

_LOOK_SECONDS = 0.2


@contextmanager
def project_lock(
    ledger: Path, now: datetime, *, wait_seconds: float = 0.0, on_wait: Callable[[str], None] = lambda holder: None
) -> Iterator[None]:
    """Hold the lock beside a ledger while the block runs.

    The note of the holder is for people; the lock itself is the kernel's, and gone when its process is.

    Args:
        ledger: the ledger's file.
        now: since when it is held.
        wait_seconds: how long to wait for another holder.
        on_wait: told once who holds it, before the wait.

    Raises:
        LockedError: another process holds it; the message says which, where and since when.
        StorageError: the folder cannot be written.
    """
    path, note = ledger.with_name("render.lock"), ledger.with_name("render.holder")
    lock = FileLock(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _acquire(lock, note, wait_seconds, on_wait)
        note.write_text(json.dumps(_holder(now)) + "\n", "utf-8")
    except OSError as error:
        lock.release()
        raise StorageError(f"cannot write {path.parent}: {error.strerror or error}") from error
    try:
        yield
    finally:
        with suppress(OSError):
            note.unlink(missing_ok=True)
        lock.release()


def _acquire(lock: FileLock, note: Path, wait_seconds: float, on_wait: Callable[[str], None]) -> None:
    try:
        lock.acquire(timeout=0)
        return
    except Timeout:
        holder = _read(note)
    if wait_seconds > 0:
        on_wait(holder)
        with suppress(Timeout):
            lock.acquire(timeout=wait_seconds, poll_interval=_LOOK_SECONDS)
            return
        holder = _read(note)
    waited = f", still after {wait_seconds:g} s" if wait_seconds else ""
    hint = "Wait for it (--wait 5m), or stop it: what it submitted is not lost."
    raise LockedError(f"another render of this project is at work: {holder}{waited}", hint=hint)


def _holder(now: datetime) -> dict[str, object]:
    return {"pid": os.getpid(), "host": platform.node(), "since": now.isoformat(timespec="seconds")}


def _read(note: Path) -> str:
    try:
        holder = json.loads(note.read_text("utf-8"))
        return f"process {holder['pid']} on {holder['host']}, since {holder['since']}"
    except (OSError, ValueError, KeyError, TypeError):  # it is being written, or from another version
        return "a process that did not say who it is"
