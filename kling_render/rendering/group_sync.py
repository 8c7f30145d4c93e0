"""One sync of the ledger for all who wait for it: a disk takes milliseconds for each, whatever it brings home."""

from __future__ import annotations

from collections.abc import Callable

import anyio

from kling_render.errors import StorageError
from kling_render.rendering.clock import RunBlocking


class GroupSync:
    """Syncs off the event loop; while one sync runs, all who come wait for the next.

    After a failure nobody is told that anything is on disk: a second try may succeed without what the first one lost.

    Args:
        sync: brings to the disk what was written before it began.
        run_blocking: the way out of the event loop.
    """

    def __init__(self, sync: Callable[[], None], run_blocking: RunBlocking) -> None:
        self._sync = sync
        self._run_blocking = run_blocking
        self._turn = anyio.Lock()
        self._asked = 0
        self._done = 0
        self._failure: StorageError | None = None

    async def __call__(self) -> None:
        """Return when everything is on disk that was written before the call.

        Raises:
            StorageError: the disk refused, now or earlier.
        """
        self._asked += 1
        mine = self._asked
        async with self._turn:
            if self._done < mine and self._failure is None:
                await self._sync_all()
        if self._failure is not None:
            raise self._failure

    async def _sync_all(self) -> None:
        asked = self._asked
        try:
            await self._run_blocking(self._sync)
        except StorageError as error:
            self._failure = error
        else:
            self._done = asked
