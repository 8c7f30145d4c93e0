"""The project itself: rehearsed as it would be rendered, on the mock server inside this process."""

from pathlib import Path

import kling_render
import pytest

PROJECT = Path(__file__).parents[1]


def test_film_is_delivered_whole(rehearsal):
    result = rehearsal(PROJECT)
    assert result.exit_code == 0
    assert list(result.paths) == ["card#1"]


@pytest.mark.runapi(max_spend_usd=0.42)
def test_film_costs_what_we_agreed(rehearsal):
    assert not rehearsal(PROJECT).plan.refusals  # a real render would not be stopped by the budget either


def test_prompt_reaches_the_request():
    (take,) = kling_render.expand(PROJECT).takes
    assert take.body["prompt"].startswith("A paper card opens by itself")
