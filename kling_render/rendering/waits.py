"""When a task is looked at: first about when tasks like it were done, then at growing pauses, within one budget."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence

import anyio

_KEPT = 50
_EARLY = 0.9
_GROWTH = 1.25
_SLOWEST = 5.0
"""The pause between two looks grows up to so many times the interval."""

Kind = tuple[str, str]
"""Action and model."""


class Waits:
    """Pauses between looks at tasks; learns how long tasks take.

    Args:
        interval_seconds: the pause to begin with.
        per_second: looks in a second, over all tasks: a thousand of them share it.
        measured: seconds from submission to completion in earlier runs, by action and model.
    """

    def __init__(
        self, interval_seconds: float, per_second: float, measured: Mapping[Kind, Sequence[float]] | None = None
    ) -> None:
        self._interval = interval_seconds
        self._spacing = 1 / per_second
        self._next_turn = 0.0
        self._measured: defaultdict[Kind, deque[float]] = defaultdict(lambda: deque(maxlen=_KEPT))
        for kind, seconds in (measured or {}).items():
            self._measured[kind].extend(seconds)

    def first(self, kind: Kind, elapsed_seconds: float) -> float:
        """The wait before the first look: until shortly before the quickest task of its kind was done.

        Args:
            kind: action and model.
            elapsed_seconds: how long ago it was submitted.
        """
        quickest = min(self._measured[kind], default=self._interval / _EARLY)
        return max(quickest * _EARLY - elapsed_seconds, 0.0)

    def following(self, pause: float) -> float:
        """The pause after a pause; the first one, after 0, is the interval."""
        return min(max(pause * _GROWTH, self._interval), self._interval * _SLOWEST)

    def learn(self, kind: Kind, seconds: float) -> None:
        """Note how long a task took."""
        self._measured[kind].append(seconds)

    async def turn(self) -> None:
        """Wait for a turn to look."""
        now = anyio.current_time()
        at = max(self._next_turn, now)
        self._next_turn = at + self._spacing
        if at > now:
            await anyio.sleep(at - now)
