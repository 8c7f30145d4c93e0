"""A clock that runs faster than the wall's."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta


class ScaledClock:
    """Simulated time: `start` plus the time that really passed since then, multiplied by `speed`."""

    def __init__(self, speed: float, start: datetime, monotonic: Callable[[], float] = time.monotonic) -> None:
        if not speed > 0:
            raise ValueError(f"speed must be more than 0, not {speed:g}")
        self._speed = speed
        self._start = start
        self._monotonic = monotonic
        self._began = monotonic()

    def __call__(self) -> datetime:
        """The simulated time now."""
        return self._start + timedelta(seconds=(self._monotonic() - self._began) * self._speed)

    def seconds_until(self, at: datetime) -> float:
        """Real seconds until the simulated time `at`; 0 when it has passed."""
        return max(0.0, (at - self()).total_seconds() / self._speed)
