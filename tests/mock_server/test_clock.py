from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mock_server.doors.clock import ScaledClock

START = datetime(2026, 8, 3, tzinfo=UTC)


def test_time_passes_faster_by_the_speed() -> None:
    readings = iter([100.0, 100.0, 101.5])
    clock = ScaledClock(600, START, monotonic=lambda: next(readings))
    assert clock() == START
    assert clock() == datetime(2026, 8, 3, 0, 15, tzinfo=UTC)


def test_waiting_is_shorter_by_the_speed_and_never_negative() -> None:
    clock = ScaledClock(600, START, monotonic=lambda: 100.0)
    assert clock.seconds_until(datetime(2026, 8, 3, 0, 15, tzinfo=UTC)) == 1.5
    assert clock.seconds_until(datetime(2026, 8, 2, tzinfo=UTC)) == 0


@pytest.mark.parametrize("speed", [0, -1, float("nan")])
def test_speed_that_is_not_positive_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match="speed must be more than 0"):
        ScaledClock(speed, START)
