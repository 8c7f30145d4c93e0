"""The project itself: rehearsed as it would be rendered, on the mock server inside this process."""

from pathlib import Path

import kling_render
import pytest

PROJECT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory):
    """One rehearsal for all tests: clips, manifest and bill, in a folder of its own."""
    return kling_render.rehearse(PROJECT, out=tmp_path_factory.mktemp("film") / "rehearsal")


def test_film_is_delivered_whole(rehearsal):
    assert rehearsal.outcome.exit_code == 0
    assert [attempt.address for attempt in rehearsal.outcome.snapshot.attempts] == ["card#1"]


def test_film_costs_what_we_agreed(rehearsal):
    assert rehearsal.charged_micro_usd == 420_000
    assert not rehearsal.real_refusals  # a real render would not be stopped by the budget either


def test_prompt_reaches_the_request():
    (take,) = kling_render.expand(PROJECT).takes
    assert take.body["prompt"].startswith("A paper card opens by itself")
