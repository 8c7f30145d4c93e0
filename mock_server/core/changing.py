"""The lock of one simulator, which tells a watcher afterwards when something is due or another event comes next."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import datetime

from mock_server.core.state import State


class Changing:
    """A context manager that is entered for every request: one object for all of them, because they are many."""

    def __init__(self, lock: threading.Lock, state: State) -> None:
        self._lock = lock
        self._state = state
        self._next: datetime | None = None
        self._on_change: Callable[[], None] = _nobody

    def __enter__(self) -> None:
        self._lock.acquire()
        self._next = self._state.next_event

    def __exit__(self, *_: object) -> None:
        event = self._state.next_event
        is_news = event != self._next or (event is not None and event <= self._state.now)
        self._lock.release()
        if is_news:
            self._on_change()

    @contextlib.contextmanager
    def watched(self, on_change: Callable[[], None]) -> Iterator[None]:
        """While the block runs, call `on_change` after each change that is news, from whichever thread made it."""
        self._on_change = on_change
        try:
            yield
        finally:
            self._on_change = _nobody


def _nobody() -> None:
    """Nobody watches."""
