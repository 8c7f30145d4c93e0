"""Placeholders for shots that have no clip: the slates that the mock server draws, in the film's size and rate."""

from __future__ import annotations

from collections.abc import Sequence

from kling_render.catalog import format_usd
from kling_render.planning import PlannedTake
from mock_server.media import ClipSpec, Cut, encode, frame_size

MISSING = "MISSING"
"""What stands on it: the clips of the mock server say PLACEHOLDER."""
_UNKNOWN_SECONDS = 5
"""Of a shot whose length nobody knows."""


def draw_slate(
    planned: PlannedTake, cuts: Sequence[tuple[str, float]], size: tuple[int, int], rate: float, note: str
) -> bytes:
    """A silent MP4 file that says MISSING, with address, prompt and price of a take; the same bytes each time.

    Args:
        planned: the take that is missing.
        cuts: prompt and seconds of each of its cuts; lengths are rounded to whole seconds.
        size: width and height in pixels, even.
        rate: frames per second, rounded.
        note: why it is missing, in a few words.
    """
    take = planned.take
    title, _, number = str(take.address).rpartition("#")
    price = "" if planned.estimate_micro_usd is None else format_usd(planned.estimate_micro_usd)
    shown = tuple(Cut(prompt, max(1, round(seconds or _UNKNOWN_SECONDS))) for prompt, seconds in cuts)
    fps = max(1, round(rate))
    told = f"take {number}: {note}"
    return encode(
        ClipSpec(title, told, "", take.model, price, shown, *size, sound=False, seed=0, fps=fps, badge=MISSING)
    )


def asked_size(planned: PlannedTake) -> tuple[int, int]:
    """Width and height in pixels that a take was asked for; 1280x720 where it does not say."""
    values = planned.take.effective
    try:
        return frame_size(_text(values.get("output_resolution")), _text(values.get("aspect_ratio")))
    except ValueError:
        return 1280, 720


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
