"""The books: who bought what for whom, what the last run planned, how long tasks took."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kling_render.ledger import State
from kling_render.ledger.store import Ledger, Run
from tests.ledger.conftest import FREE, HERE, NOW, a_ledger, a_run, an_intent


def finish(
    ledger: Ledger, take: int, seconds: float, *, by: Run | None = None, seen_by: Run | None = None, model: str = "m"
) -> None:
    """Buy a take whose task takes so many seconds."""
    run = by or a_run()
    attempt = ledger.reserve(run, an_intent(take, model=model), FREE, NOW)
    attempt = ledger.record(run, attempt, State.SUBMITTED, NOW, task_id=f"t-{take}")
    attempt = ledger.record(run, attempt, State.PROCESSING, NOW + timedelta(seconds=seconds / 2))
    ledger.record(seen_by or run, attempt, State.COMPLETED, NOW + timedelta(seconds=seconds))


# Entries


def test_entry_joins_an_attempt_with_its_run(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        attempt = ledger.reserve(a_run(), an_intent(), FREE, NOW)
        ledger.record(a_run(), attempt, State.COMPLETED, NOW, task_id="t-1", settled_micro_usd=39)
        (entry,) = ledger.entries("nf-7c1e")
    assert (entry.at, entry.address, entry.title, entry.take, entry.attempt) == (NOW, "walk#1", "walk", 1, 1)
    assert (entry.client, entry.person, entry.profile, entry.account_name) == ("ACME", "mira", "default", "Studio")
    assert (entry.origin, entry.account_id, entry.project_id) == (HERE.origin, "7", "nf-7c1e")
    assert (entry.state, entry.model, entry.action) == (State.COMPLETED, "kling-3.0", "text_to_video")
    assert (entry.reserved_micro_usd, entry.settled_micro_usd, entry.counted_micro_usd) == (40, 39, 39)
    assert (entry.task_id, entry.run_id, entry.fingerprint) == ("t-1", "run-1", "f" * 64)


@pytest.mark.parametrize(("state", "counted"), [(State.ABANDONED, 40), (State.MODERATED, 0)])
def test_entry_counts_as_its_attempt_does(tmp_path: Path, state: State, counted: int) -> None:
    with a_ledger(tmp_path) as ledger:
        ledger.record(a_run(), ledger.reserve(a_run(), an_intent(), FREE, NOW), state, NOW)
        assert [entry.counted_micro_usd for entry in ledger.entries()] == [counted]


def test_entries_of_one_project_leave_the_others_out(tmp_path: Path) -> None:
    other = a_run(id="run-2", project_id="other")
    with a_ledger(tmp_path, a_run(), other) as ledger:
        ledger.reserve(a_run(), an_intent(1), FREE, NOW)
        ledger.reserve(other, an_intent(2), FREE, NOW - timedelta(hours=1))
        assert [entry.address for entry in ledger.entries("nf-7c1e")] == ["walk#1"]
        assert [entry.address for entry in ledger.entries()] == ["walk#2", "walk#1"]


# Runs and plans


def test_runs_are_listed_newest_first_as_they_were_recorded(tmp_path: Path) -> None:
    later = a_run(id="run-0", started_at=NOW + timedelta(hours=1), plan_rows="[]")
    with a_ledger(tmp_path, a_run(), later) as ledger:
        assert ledger.runs("nf-7c1e", HERE.origin, HERE.account_id) == (later, a_run())


@pytest.mark.parametrize("other", [{"project_id": "other"}, {"origin": "http://127.0.0.1:1"}, {"account_id": "8"}])
def test_runs_of_another_project_origin_or_account_are_left_out(tmp_path: Path, other: dict[str, str]) -> None:
    with a_ledger(tmp_path, a_run(**other)) as ledger:
        assert ledger.runs("nf-7c1e", HERE.origin, HERE.account_id) == ()
        assert ledger.last_plan("nf-7c1e", HERE.origin, HERE.account_id, "default") is None


def test_last_plan_is_that_of_the_newest_run_of_the_profile_that_kept_one(tmp_path: Path) -> None:
    runs = [
        a_run(id="run-1", plan_rows="[1]"),
        a_run(id="run-2", plan_rows="[2]", started_at=NOW + timedelta(hours=1)),
        a_run(id="run-3", plan_rows="", started_at=NOW + timedelta(hours=2)),
        a_run(id="run-4", plan_rows="[4]", started_at=NOW + timedelta(hours=3), profile="draft"),
    ]
    with a_ledger(tmp_path, *runs) as ledger:
        assert ledger.last_plan("nf-7c1e", HERE.origin, HERE.account_id, "default") == "[2]"


def test_persons_are_told_by_run(tmp_path: Path) -> None:
    runs = (a_run(), a_run(id="run-2", person="jo"), a_run(id="run-3", project_id="other"))
    with a_ledger(tmp_path, *runs) as ledger:
        assert ledger.persons("nf-7c1e") == {"run-1": "mira", "run-2": "jo"}


# Seconds


def test_seconds_are_those_from_submitted_to_completed_newest_first(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        finish(ledger, 1, 90.5)
        finish(ledger, 2, 30)
        finish(ledger, 3, 60, model="other")
        seen = ledger.seconds_taken(HERE.origin)
    assert seen == {("text_to_video", "m"): (30.0, 90.5), ("text_to_video", "other"): (60.0,)}


def test_seconds_are_kept_of_the_newest_fifty(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        for take in range(1, 53):
            finish(ledger, take, take)
        seen = ledger.seconds_taken(HERE.origin)
    assert seen == {("text_to_video", "m"): tuple(float(take) for take in range(52, 2, -1))}


def test_task_whose_end_another_run_saw_tells_no_seconds(tmp_path: Path) -> None:
    with a_ledger(tmp_path, a_run(), a_run(id="run-2")) as ledger:
        finish(ledger, 1, 90_000, seen_by=a_run(id="run-2"))
        assert ledger.seconds_taken(HERE.origin) == {}


def test_task_that_ended_before_it_began_tells_no_seconds(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        finish(ledger, 1, -3600)
        assert ledger.seconds_taken(HERE.origin) == {}


def test_seconds_of_another_origin_are_left_out(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        finish(ledger, 1, 30)
        assert ledger.seconds_taken("http://127.0.0.1:1") == {}
