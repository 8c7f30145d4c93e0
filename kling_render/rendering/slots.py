"""Places for tasks in flight: given out in the order of the plan, whatever order the event loop runs its tasks in."""

from __future__ import annotations

import heapq
import itertools
from types import TracebackType
from typing import Self

import anyio
from anyio.lowlevel import checkpoint

Turn = tuple[int, int, anyio.Event]


class Slots:
    """So many places at a time; of all who ask at one moment, the lowest rank is served first."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: list[Turn] = []
        self._asked = itertools.count()

    async def taken(self, rank: int = 0) -> Slot:
        """A place, once one is free.

        Args:
            rank: who is served before whom; of equal ones, who asked first.
        """
        turn = (rank, next(self._asked), anyio.Event())
        heapq.heappush(self._waiting, turn)
        try:
            await checkpoint()  # what was woken by one event asks in any order: all of it has asked now
            self._give()
            await turn[2].wait()
        except BaseException:
            self._leave(turn)
            raise
        return Slot(self)

    def give_back(self) -> None:
        """A place is free again."""
        self._free += 1
        self._give()

    def _give(self) -> None:
        while self._free and self._waiting:
            self._free -= 1
            heapq.heappop(self._waiting)[2].set()

    def _leave(self, turn: Turn) -> None:
        if turn[2].is_set():
            self.give_back()
        else:
            self._waiting.remove(turn)
            heapq.heapify(self._waiting)


class Slot:
    """One place; a context manager that gives it back, once."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
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
            self._slots.give_back()
