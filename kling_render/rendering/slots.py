"""Places for tasks in flight: given out in the order of the plan, whatever order the event loop runs its tasks in."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import anyio


class Slots:
    """So many places at a time; who asks first is served first."""

    def __init__(self, count: int) -> None:
        self._places = anyio.Semaphore(count)

    async def taken(self) -> Slot:
        """A place, once one is free."""
        await self._places.acquire()
        return Slot(self._places)


class Slot:
    """One place; a context manager that gives it back, once."""

    def __init__(self, places: anyio.Semaphore) -> None:
        self._places = places
        self._is_held = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def release(self) -> None:
        """Give the place back, if it is still held."""
        if self._is_held:
            self._is_held = False
            self._places.release()
