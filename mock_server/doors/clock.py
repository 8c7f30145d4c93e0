"""The clocks of the HTTP door: one that runs faster than the wall's, and one that stands still."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Simulated time, and how long to wait for it."""

    def __call__(self) -> datetime:
        """The simulated time now."""

    def seconds_until(self, at: datetime) -> float | None:
        """Real seconds until the simulated time `at`; 0 when it has passed, None when it will not come by itself."""


@dataclass(frozen=True)
class StandingClock:
    """Simulated time that passes only where the simulator is told to let it pass."""

    start: datetime

    def __call__(self) -> datetime:
        """The simulated time now."""
        return self.start

    def seconds_until(self, at: datetime) -> float | None:
        """0 when it has passed; None otherwise."""
        return 0.0 if at <= self.start else None


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
