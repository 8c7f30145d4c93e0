"""The same seeded run leaves the same journal: at every door, in every process, beside any other simulator."""

from __future__ import annotations

import itertools
import sys
from collections import Counter, deque
from typing import Any

import pytest

from . import seeded_run, visitors

PINNED = "34588402e2b6e9b6909b0899a340d8bf71d923c57a53f96890f8850128e981b5"
"""Of the run with seed 7; another only when the scenario, the contract or what the journal shows has changed."""
OPENED = (visitors.over_http, visitors.through_asgi, visitors.in_process, visitors.through_respx)


@pytest.fixture(autouse=True)
def _quick_clips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_server.media.encode", lambda spec: visitors.CLIP)


def a_journal(opened: Any, seed: int = 7) -> list[dict[str, Any]]:
    with opened(seeded_run.a_config(seed), "key-1") as visitor:
        return seeded_run.run(visitor)


@pytest.mark.parametrize("opened", OPENED, ids=visitors.DOORS)
def test_run_leaves_the_pinned_journal(opened: Any) -> None:
    assert seeded_run.digest(a_journal(opened)) == PINNED


@pytest.mark.parametrize("opened", OPENED[1:], ids=visitors.DOORS[1:])
def test_run_leaves_the_journal_of_the_http_door(opened: Any) -> None:
    assert a_journal(opened) == a_journal(visitors.over_http)


def test_run_meets_a_bad_day_indeed() -> None:
    shown = a_journal(visitors.in_process)
    fates = Counter(entry["fault"] for entry in shown)
    assert {"refusal", "drop_answer", "cut_answer"} <= set(fates)


def test_simulators_side_by_side_leave_the_journals_of_simulators_alone() -> None:
    with (
        visitors.in_process(seeded_run.a_config(7), "key-1") as one,
        visitors.through_respx(seeded_run.a_config(8), "key-1") as other,
    ):
        for _ in itertools.zip_longest(seeded_run.steps(one), seeded_run.steps(other)):
            pass
        journals = seeded_run.journal(one), seeded_run.journal(other)
    assert seeded_run.digest(journals[0]) == PINNED
    assert journals[1] == a_journal(visitors.in_process, seed=8)


def test_run_changes_nothing_in_any_module() -> None:
    a_journal(visitors.in_process)  # what loads late is loaded
    before = containers()
    a_journal(visitors.in_process, seed=8)
    assert containers() == before


def containers() -> dict[str, str]:
    """Everything in the modules of the mock server that could be changed in place."""
    modules = {name: module for name, module in sys.modules.items() if name.startswith("mock_server")}
    return {
        f"{name}.{word}": repr(value)
        for name, module in modules.items()
        for word, value in vars(module).items()
        if isinstance(value, dict | list | set | deque | bytearray) and not word.startswith("__")
    }
