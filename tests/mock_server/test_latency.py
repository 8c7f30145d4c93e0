from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from mock_server.core.latency import Latency, bundled_latency


def seconds_of(clip_seconds: int, resolution: str = "720p", fraction: float = 0.5, model: str = "kling-3.0") -> float:
    return bundled_latency().whole(model, clip_seconds, resolution, fraction).total_seconds()


@pytest.mark.parametrize("model", ["kling-3.0", "kling-v3-omni", "kling-v3-turbo-text-to-video", "any-other"])
@pytest.mark.parametrize("fraction", [0.0, 0.999])
def test_every_clip_takes_from_30_to_120_seconds(model: str, fraction: float) -> None:
    times = [seconds_of(length, size, fraction, model) for length in (3, 5, 15) for size in ("720p", "1080p", "4k")]
    assert 30 <= min(times) <= max(times) <= 120


def test_longer_and_larger_clips_take_longer() -> None:
    assert seconds_of(5) < seconds_of(10) < seconds_of(10, "1080p") < seconds_of(10, "4k")


def test_jitter_moves_a_task_by_a_tenth_either_way() -> None:
    assert seconds_of(10, fraction=0.0) == pytest.approx(0.9 * 44)
    assert seconds_of(10, fraction=1.0) == pytest.approx(1.1 * 44)


def test_unknown_resolution_takes_as_long_as_the_smallest() -> None:
    assert seconds_of(10, "None") == seconds_of(10, "720p")


def test_queue_is_part_of_the_whole() -> None:
    assert timedelta() < bundled_latency().queue("kling-3.0") < timedelta(seconds=30)


def test_unknown_key_in_the_table_is_refused() -> None:
    raw = bundled_latency().model_dump(by_alias=True)
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Latency.model_validate({**raw, "default": {**raw["default"], "luck": 1}})
