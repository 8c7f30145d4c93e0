"""What was settled stands beside what was estimated, and a drift of more than one percent is told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from kling_render.bookkeeping import Status, read_status
from kling_render.report.bill import outcome_json, print_outcome
from kling_render.report.status import print_status, status_json
from kling_render.settings import Settings
from mock_server import Simulator

from ..rendering.conftest import Door, Studio, fail_task, refuse
from .conftest import priced

ESTIMATE = 420_000  # 3 s of kling-3.0 for 14 cents


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    """A film of one take, `walk`."""
    studio = Studio(tmp_path / "film", monkeypatch)
    studio.shoot("walk")
    return studio


def charge(studio: Studio, cents: float) -> None:
    """Let the server take so much for a second, whatever the rate card of the project says."""
    row = {"action": "text_to_video", "model": "kling-3.0", "unit_price_cents": cents}
    studio.simulator = Simulator(studio.config, priced("2026-08-02", row))
    studio.door = Door(studio.simulator, studio.now)


def status_of(studio: Studio) -> Status:
    return read_status(studio.folder, settings=Settings(api_key=None))


def words(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("cents", "settled", "drift"),
    [
        (14, 420_000, None),
        (14.13, 423_900, None),
        (13.87, 416_100, None),
        (14.15, 424_500, 0.0107),
        (13.85, 415_500, -0.0107),
        (28, 840_000, 1.0),
    ],
)
def test_drift_of_more_than_one_percent_is_told(
    studio: Studio, cents: float, settled: int, drift: float | None
) -> None:
    charge(studio, cents)
    outcome = studio.render()
    (attempt,) = outcome.snapshot.attempts
    assert (attempt.expected_micro_usd, attempt.settled_micro_usd) == (ESTIMATE, settled)
    assert outcome_json(outcome)["takes"][0]["drift"] == drift
    assert studio.manifest()["takes"][0]["drift"] == drift
    assert status_json(status_of(studio))["attempts"][0]["drift"] == drift


@pytest.mark.parametrize(
    ("reserved", "settled", "drift"),
    [
        (420_000, 424_200, None),
        (420_000, 415_800, None),
        (420_000, 424_201, pytest.approx(0.0100024, abs=1e-6)),
        (420_000, 415_799, pytest.approx(-0.0100024, abs=1e-6)),
        (0, 5_000_000, 1.0),
        (0, 1, 1.0),
        (0, 0, None),
        (420_000, 0, None),
        (0, None, None),
    ],
)
def test_drift_is_a_number_that_json_has(
    studio: Studio, reserved: int, settled: int | None, drift: float | None
) -> None:
    (attempt,) = studio.render().snapshot.attempts
    changed = replace(attempt, estimated_micro_usd=reserved, settled_micro_usd=settled)
    assert changed.drift == drift
    json.dumps(changed.drift, allow_nan=False)


def test_settled_cost_stands_beside_the_estimate_for_machines(studio: Studio) -> None:
    charge(studio, 20.05)
    (billed,) = outcome_json(studio.render())["takes"]
    (written,) = studio.manifest()["takes"]
    (known,) = status_json(status_of(studio))["attempts"]
    assert (billed["estimated_usd"], billed["settled_usd"]) == ("0.42", "0.6015")
    assert (written["estimated_usd"], written["settled_usd"]) == ("0.42", "0.6015")
    assert (known["estimated_usd"], known["reserved_usd"], known["settled_usd"]) == ("0.42", "0.6", "0.6015")


def test_bill_shows_estimate_charge_and_drift(studio: Studio, capsys: pytest.CaptureFixture[str]) -> None:
    charge(studio, 20)
    print_outcome(studio.render())
    text = words(capsys)
    assert "walk#1 kling-3.0 3 s 720p downloaded $0.42 $0.60" in text
    assert "walk#1: charged $0.60, estimated $0.42 (+42.9%)" in text
    assert "this run: $0.60 for 1 submission" in text


def test_status_shows_estimate_charge_and_drift(studio: Studio, capsys: pytest.CaptureFixture[str]) -> None:
    charge(studio, 12)
    studio.render()
    print_status(status_of(studio))
    text = words(capsys)
    assert "walk#1 downloaded $0.42 $0.36" in text
    assert "walk#1: charged $0.36, estimated $0.42 (-14.3%)" in text
    assert "spent or reserved: $0.36" in text


def test_bill_tells_the_drift_of_a_take_that_an_earlier_run_submitted(
    studio: Studio, capsys: pytest.CaptureFixture[str]
) -> None:
    charge(studio, 20)
    studio.render_until("poll")
    print_outcome(studio.render())
    assert "walk#1: charged $0.60, estimated $0.42 (+42.9%)" in words(capsys)


def test_bill_tells_a_drift_once(studio: Studio, capsys: pytest.CaptureFixture[str]) -> None:
    charge(studio, 20)
    studio.render()
    print_outcome(studio.render())
    assert "estimated $" not in words(capsys)


@pytest.mark.parametrize("cents", [14, 14.1])
def test_no_drift_is_no_line(studio: Studio, capsys: pytest.CaptureFixture[str], cents: float) -> None:
    charge(studio, cents)
    print_outcome(studio.render())
    print_status(status_of(studio))
    assert "estimated $" not in words(capsys)


def test_failed_take_without_a_charge_has_no_drift(studio: Studio) -> None:
    studio.breaks("poll", fail_task())
    (billed,) = outcome_json(studio.render())["takes"]
    assert (billed["settled_usd"], billed["drift"]) == (None, None)


def test_what_was_settled_counts_against_the_caps(studio: Studio) -> None:
    charge(studio, 28)
    studio.breaks("price_quotes", refuse(422))
    outcome = studio.render(max_micro_usd=ESTIMATE)
    assert outcome.snapshot.counted_micro_usd() == 2 * ESTIMATE
    assert outcome_json(outcome)["total_usd"] == "0.84"
