"""Takes of the lock that become rows of a ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kling_render.ledger import State, locked_takes
from tests.ledger.conftest import A_CLIP, FREE, HERE, NOW, a_ledger, a_locked_take, a_run, an_intent, rows


def test_adopted_take_is_elsewhere_with_all_that_the_lock_knows(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        adopted = ledger.adopt(a_run(), a_locked_take(), NOW)
        assert ledger.snapshot("nf-7c1e", HERE).attempts == (adopted,)
    seen = (adopted.state, adopted.task_id, adopted.settled_micro_usd, adopted.clip, adopted.url_expires_at)
    assert seen == (State.ELSEWHERE, "t-1", 420_000, A_CLIP, NOW + timedelta(days=7))


@pytest.mark.parametrize("changes", [{}, {"clip": None, "settled_micro_usd": None, "url_expires_at": None}])
def test_adopting_twice_is_adopting_once(tmp_path: Path, changes: dict[str, Any]) -> None:
    with a_ledger(tmp_path) as ledger:
        first = ledger.adopt(a_run(), a_locked_take(**changes), NOW)
        assert ledger.adopt(a_run(), a_locked_take(**changes), NOW + timedelta(days=1)) == first
        assert rows(ledger, "SELECT state, detail FROM history") == [("elsewhere", "t-1")]


def test_adopting_leaves_an_attempt_of_its_own_as_it_is(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        own = ledger.record(a_run(), ledger.reserve(a_run(), an_intent(), FREE, NOW), State.FAILED, NOW)
        assert ledger.adopt(a_run(), a_locked_take(), NOW) == own


def test_adopted_take_goes_on_like_any_other(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        adopted = ledger.adopt(a_run(), a_locked_take(clip=None), NOW)
        ledger.record(a_run(), adopted, State.DOWNLOADED, NOW, clip=A_CLIP)
        (attempt,) = ledger.snapshot("nf-7c1e", HERE).attempts
    assert attempt == replace(adopted, state=State.DOWNLOADED, clip=A_CLIP)


def test_adopted_take_stands_in_the_books_under_who_bought_it(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        ledger.adopt(a_run(), a_locked_take(person="jo", profile="draft"), NOW)
        (entry,) = ledger.entries("nf-7c1e")
    assert (entry.person, entry.profile, entry.client, entry.task_id) == ("jo", "draft", "ACME", "t-1")


def test_adopted_take_is_written_back_to_the_lock_as_it_was(tmp_path: Path) -> None:
    locked = a_locked_take(person="jo", profile="draft")
    with a_ledger(tmp_path) as ledger:
        ledger.adopt(a_run(), locked, NOW)
        snapshot, persons = ledger.snapshot("nf-7c1e", HERE), ledger.persons("nf-7c1e")
    assert locked_takes(snapshot, "nf-7c1e", persons) == (locked,)


def test_adopted_takes_of_several_people_keep_their_buyers(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        for take, person in enumerate(("jo", "mira", "jo"), 1):
            ledger.adopt(a_run(), a_locked_take(take=take, person=person), NOW)
        seen = [entry.person for entry in ledger.entries("nf-7c1e")]
    assert seen == ["jo", "mira", "jo"]


def test_buyer_elsewhere_is_no_run_of_this_ledger(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        ledger.adopt(a_run(), a_locked_take(person="jo"), NOW)
        assert [run.id for run in ledger.runs("nf-7c1e", HERE.origin, HERE.account_id)] == ["run-1"]
