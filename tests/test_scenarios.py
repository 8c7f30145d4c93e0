"""Our own client on bad days: whatever the bundled scenarios do, nothing is billed twice and the verdict is clean."""

from __future__ import annotations

from pathlib import Path

import pytest

from kling_render import rehearse
from kling_render.errors import UsageError
from mock_server.scenarios import bundled_scenarios

FILM = """\
schema = 1
[project]
name = "film"
id = "film-1"
[budget]
max_usd = 50
[render]
concurrency = 3
retries = 1
[defaults]
model = "kling-3.0"
duration_seconds = 3
output_resolution = "720p"
[shot.walk]
prompt = "She crosses the deck"
takes = 6
[shot.next]
prompt = "She goes on"
takes = 4
first_frame_image_url = { shot = "walk", frame = "last" }
"""
WHOLE = {
    "answer-lost-after-commit",
    "damaged-clips",
    "dearer-than-quoted",
    "expired-urls",
    "failing-tasks",
    "flaky-connection",
    "garbled-answers",
    "gateway-trouble",
    "rate-limit-by-date",
    "rate-limit-storm",
    "slow-answers",
    "unknown-status",
}
"""Bad days on which everything is delivered all the same."""


@pytest.fixture
def film(tmp_path: Path) -> Path:
    (tmp_path / "project.toml").write_text(FILM, "utf-8")
    return tmp_path


@pytest.mark.parametrize("name", bundled_scenarios())
def test_scenario_bills_nothing_twice_and_finds_no_fault_with_the_client(film: Path, name: str) -> None:
    rehearsal = rehearse(film, scenario=name, media=False)
    assert rehearsal.faults
    assert rehearsal.verdict.lines() == ["verdict: clean"]
    assert rehearsal.outcome.snapshot.counted_micro_usd() >= rehearsal.charged_micro_usd
    assert (rehearsal.outcome.exit_code == 0) == (name in WHOLE)


def test_same_scenario_twice_ends_alike(film: Path) -> None:
    def told() -> object:
        rehearsal = rehearse(film, scenario="bad-monday", media=False)
        outcome = rehearsal.outcome
        states = [(each.address, each.state, each.settled_micro_usd) for each in outcome.snapshot.attempts]
        return sorted(states), dict(rehearsal.faults), rehearsal.charged_micro_usd

    assert told() == told()


def test_unknown_scenario_is_a_usage_error(film: Path) -> None:
    with pytest.raises(UsageError, match="no scenario 'bad-sunday'"):
        rehearse(film, scenario="bad-sunday")
