"""The sums behind the caps: always what the attempts themselves count, whoever wrote them."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kling_render.errors import BudgetError
from kling_render.ledger import Caps, State
from kling_render.ledger.store import Ledger
from tests.ledger.conftest import FREE, HERE, NOW, a_ledger, a_locked_take, a_run, an_intent, rows

TRANSITIONS = st.lists(
    st.tuples(st.integers(1, 4), st.sampled_from(list(State)), st.none() | st.integers(0, 90)), max_size=12
)


@given(TRANSITIONS)
@settings(max_examples=25, deadline=None)
def test_sums_are_those_of_the_attempts_after_any_transitions(transitions: list[tuple[int, State, int | None]]) -> None:
    with tempfile.TemporaryDirectory() as folder, a_ledger(Path(folder)) as ledger:
        attempts = {take: ledger.reserve(a_run(), an_intent(take), FREE, NOW) for take in range(1, 5)}
        for take, state, settled in transitions:
            ledger.record(a_run(), attempts[take], state, NOW, settled_micro_usd=settled)
        counted = ledger.snapshot("nf-7c1e", HERE).counted_micro_usd()
        assert rows(ledger, "SELECT sum(micro_usd) FROM spending") == [(counted,)]


@pytest.mark.parametrize("state", list(State))
def test_sums_count_each_state_as_attempts_do(tmp_path: Path, state: State) -> None:
    with a_ledger(tmp_path) as ledger:
        attempt = ledger.reserve(a_run(), an_intent(), FREE, NOW)
        counted = ledger.record(a_run(), attempt, state, NOW).counted_micro_usd
        assert rows(ledger, "SELECT micro_usd FROM spending") == [(counted,)]


def test_attempt_that_is_opened_again_counts_for_its_new_run_and_day_alone(tmp_path: Path) -> None:
    with a_ledger(tmp_path, a_run(), a_run(id="run-2")) as ledger:
        ledger.record(a_run(), ledger.reserve(a_run(), an_intent(), FREE, NOW), State.RELEASED, NOW)
        ledger.reserve(a_run(id="run-2"), an_intent(), FREE, NOW + timedelta(days=1))
        seen = rows(ledger, "SELECT run_id, day, micro_usd FROM spending WHERE micro_usd <> 0")
    assert seen == [("run-2", "2026-08-02", 40)]


def test_sums_follow_rows_that_another_program_removed(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        ledger.reserve(a_run(), an_intent(), FREE, NOW)
        with closing(sqlite3.connect(ledger.path)) as connection, connection:
            connection.execute("DELETE FROM attempts")
        assert rows(ledger, "SELECT sum(micro_usd) FROM spending") == [(0,)]


def test_cap_counts_a_settlement_that_another_process_wrote(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as first, Ledger(first.path) as second:
        attempt = first.reserve(a_run(), an_intent(1), Caps(project=100), NOW)
        second.record(a_run(), attempt, State.COMPLETED, NOW, settled_micro_usd=61)
        with pytest.raises(BudgetError, match="max_usd = "):
            first.reserve(a_run(), an_intent(2), Caps(project=100), NOW)


def test_adopted_take_counts_for_the_project_and_its_day_but_not_for_the_run(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        ledger.adopt(a_run(), a_locked_take(settled_micro_usd=60, created_at=NOW - timedelta(hours=1)), NOW)
        for caps, name in ((Caps(project=99), "max_usd"), (Caps(day=99), "max_usd_per_day")):
            with pytest.raises(BudgetError, match=f" {name} = "):
                ledger.reserve(a_run(), an_intent(2), caps, NOW)
        assert ledger.reserve(a_run(), an_intent(2), Caps(project=100, run=40, day=100), NOW).id
