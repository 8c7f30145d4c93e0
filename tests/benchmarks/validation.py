"""What validating 10,000 requests of few shapes costs, in CPU, beside writing them as JSON; run by hand.

python tests/benchmarks/validation.py
python tests/benchmarks/validation.py --report   # prints and never fails
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

ROUNDS = 5
REQUESTS = 10_000
ALLOWED_SECONDS = 0.3


def some_requests() -> list[tuple[str, dict[str, Any]]]:
    """Takes of a long project: three shapes, and a prompt of its own for each."""
    frame = "https://media.example/quay.png"
    element = {"name": "mira", "description": "The captain", "element_input_urls": [frame, frame]}
    shapes: list[tuple[str, dict[str, Any]]] = [
        ("text_to_video", {"model": "kling-3.0", "duration_seconds": 7, "aspect_ratio": "16:9", "enable_sound": True}),
        ("image_to_video", {"model": "kling-3.0", "first_frame_image_url": frame, "kling_elements": [element]}),
        ("text_to_video", {"model": "kling-v3-turbo-text-to-video", "output_resolution": "1080p"}),
    ]
    requests = []
    for number in range(REQUESTS):
        action, shape = shapes[number % len(shapes)]
        name = "@mira" if "kling_elements" in shape else "Mira"
        words = f"Take {number}: {name} walks along the quay at dawn, past the ferry that never left. " * 4
        requests.append((action, {**shape, "prompt": words}))
    return requests


def cpu_seconds(act: Callable[[], object]) -> float:
    """CPU seconds (user and system) of this process for one act."""
    before = time.process_time()
    act()
    return time.process_time() - before


def main() -> None:
    """Measure loading, validation and the floor; the best round counts, as the others only add the machine's noise."""
    requests = some_requests()

    def load() -> None:
        from kling_render.catalog import bundled_catalog

        bundled_catalog()

    def validate() -> None:
        for action, body in requests:
            if catalog.judge(action, body):
                raise AssertionError(f"a request of the benchmark is not accepted: {body}")

    loading = cpu_seconds(load)
    from kling_render.catalog import bundled_catalog

    catalog = bundled_catalog()
    rounds = [
        (cpu_seconds(validate), cpu_seconds(lambda: [json.dumps(body) for _, body in requests])) for _ in range(ROUNDS)
    ]
    validating, floor = (min(column) for column in zip(*rounds, strict=True))
    is_over = validating > ALLOWED_SECONDS
    print(  # noqa: T201 - a report
        f"catalog loaded in {loading:.2f} s; {REQUESTS:,} requests judged in {validating:.3f} s, "
        f"{validating / floor:.1f} times json.dumps of them ({floor:.3f} s): "
        f"{'OVER' if is_over else 'within'} {ALLOWED_SECONDS} s"
    )
    if is_over and "--report" not in sys.argv[1:]:
        sys.exit(1)


if __name__ == "__main__":
    main()
