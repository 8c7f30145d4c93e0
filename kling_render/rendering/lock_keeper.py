"""Keeps `takes.lock` in step with a render: written soon after each change, and at the end."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio

from kling_render.errors import StorageError
from kling_render.events import Emit, Event

_LEAST_PAUSE_SECONDS = 1.0
_SHARE = 20
"""Writing may take up one part in so many of the time."""


class LockKeeper:
    """Writes a file when something has changed, not more often than it can be afforded.

    The ledger is written first, and on disk; what the file lacks after a crash the next run adds.

    Args:
        write: writes the file as things stand.
        emit: told once when that does not succeed: the render goes on, and so does the ledger.
    """

    def __init__(self, write: Callable[[], None], emit: Emit) -> None:
        self._write_file = write
        self._emit = emit
        self._is_broken = False
        self._changed = anyio.Event()

    def note_change(self) -> None:
        """Something has changed."""
        self._changed.set()

    @asynccontextmanager
    async def keeping(self) -> AsyncIterator[None]:
        """Write while the block runs, and once more after it, however it ends."""
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._keep)
                yield
                tasks.cancel_scope.cancel()
        finally:
            self._write()

    def _write(self) -> None:
        try:
            self._write_file()
        except StorageError as error:
            if not self._is_broken:
                self._emit(Event("noticed", message=f"takes.lock is not kept: {error.message}"))
            self._is_broken = True

    async def _keep(self) -> None:
        pause = _LEAST_PAUSE_SECONDS  # at first as well: what a large file takes is better spent when requests are out
        while True:
            await self._changed.wait()
            await anyio.sleep(pause)
            self._changed = anyio.Event()
            began = time.perf_counter()
            self._write()
            pause = max(_LEAST_PAUSE_SECONDS, (time.perf_counter() - began) * _SHARE)
