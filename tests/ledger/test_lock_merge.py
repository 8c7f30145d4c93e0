"""What a ledger writes to the lock, and what it leaves as it stands there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kling_render.ledger import (
    Identity,
    LockedTake,
    Snapshot,
    State,
    format_lock,
    locked_identity,
    locked_takes,
    merged_lock,
    refused_tasks,
)
from tests.ledger.conftest import HERE, NOW, a_locked_take, an_attempt
from tests.ledger.test_lock_file import LOCKS

PERSONS = {"run-1": "mira"}


def a_snapshot(*states: State, **changes: object) -> Snapshot:
    return Snapshot(HERE, tuple(replace(an_attempt(**changes), state=state) for state in states), "nf-7c1e")


# What a ledger knows


def test_downloaded_attempt_stands_in_the_lock_with_all_that_is_known() -> None:
    assert locked_takes(a_snapshot(State.DOWNLOADED), "nf-7c1e", PERSONS) == (a_locked_take(),)


@pytest.mark.parametrize(
    ("state", "is_paid"),
    [
        (State.SUBMITTED, False),
        (State.PROCESSING, False),
        (State.ELSEWHERE, False),
        (State.UNKNOWN, False),
        (State.ABANDONED, False),
        (State.COMPLETED, True),
        (State.DOWNLOADED, True),
        (State.EXPIRED, True),
        (State.INTENT, None),
        (State.FAILED, None),
        (State.MODERATED, None),
        (State.RELEASED, None),
    ],
)
def test_attempt_with_a_task_is_open_until_it_is_completed(state: State, is_paid: bool | None) -> None:
    takes = locked_takes(a_snapshot(state, settled_micro_usd=None, clip=None), "nf-7c1e", PERSONS)
    assert [take.is_paid for take in takes] == ([] if is_paid is None else [is_paid])


def test_settled_attempt_elsewhere_stays_paid() -> None:
    (take,) = locked_takes(a_snapshot(State.ELSEWHERE, clip=None), "nf-7c1e", PERSONS)
    assert take.is_paid


@pytest.mark.parametrize("state", list(State))
def test_attempt_without_a_task_is_not_in_the_lock(state: State) -> None:
    assert locked_takes(a_snapshot(state, task_id=None), "nf-7c1e", PERSONS) == ()


def test_attempt_that_only_the_lock_knows_is_not_written_anew() -> None:
    snapshot = Snapshot(HERE, (), "nf-7c1e").with_locked([a_locked_take(person="jo")])
    assert locked_takes(snapshot, "nf-7c1e", PERSONS) == ()


def test_attempt_of_an_unknown_run_has_no_person() -> None:
    (take,) = locked_takes(a_snapshot(State.DOWNLOADED), "nf-7c1e", {})
    assert take.person == ""


def test_snapshot_of_nobody_has_nothing_for_the_lock() -> None:
    assert locked_takes(Snapshot(), "nf-7c1e", PERSONS) == ()
    assert refused_tasks(Snapshot()) == frozenset()


@pytest.mark.parametrize("state", list(State))
def test_refused_are_the_tasks_that_came_to_nothing(state: State) -> None:
    refused = state in (State.FAILED, State.MODERATED, State.RELEASED)
    assert refused_tasks(a_snapshot(state)) == ({(HERE.origin, "t-1")} if refused else set())


# Merging


def test_lines_that_the_ledger_knows_nothing_of_stay() -> None:
    existing = [
        a_locked_take(),
        a_locked_take(account_id="8"),
        a_locked_take(project_id="other"),
        a_locked_take(origin="http://127.0.0.1:1"),
    ]
    assert merged_lock(existing, []) == tuple(existing)


def test_own_line_takes_the_place_of_an_older_one() -> None:
    old = a_locked_take(is_paid=False, settled_micro_usd=None, clip=None)
    assert merged_lock([old], [a_locked_take()]) == (a_locked_take(),)


def test_own_line_holds_where_both_know_as_much() -> None:
    assert merged_lock([a_locked_take(title="old")], [a_locked_take()]) == (a_locked_take(),)


def test_ledger_that_was_built_anew_takes_nothing_back() -> None:
    own = a_locked_take(is_paid=False, settled_micro_usd=None, clip=None, person="jo")
    assert merged_lock([a_locked_take()], [own]) == (a_locked_take(),)


def test_own_line_with_another_task_holds() -> None:
    own = a_locked_take(task_id="t-2", is_paid=False)
    assert merged_lock([a_locked_take()], [own]) == (own,)


def test_line_of_a_refused_task_goes() -> None:
    assert merged_lock([a_locked_take(is_paid=False)], [], {(HERE.origin, "t-1")}) == ()


@pytest.mark.parametrize("refused", [("http://127.0.0.1:1", "t-1"), (HERE.origin, "t-2")])
def test_line_of_another_task_than_the_refused_one_stays(refused: tuple[str, str]) -> None:
    assert merged_lock([a_locked_take()], [], {refused}) == (a_locked_take(),)


@given(LOCKS, LOCKS)
@settings(max_examples=100, deadline=None)
def test_merging_twice_is_merging_once(existing: list[LockedTake], own: list[LockedTake]) -> None:
    once = merged_lock(existing, own)
    assert merged_lock(once, own) == once


@given(LOCKS, LOCKS, st.integers(0, 6))
@settings(max_examples=100, deadline=None)
def test_edits_of_different_takes_merge_alike_in_either_order(
    existing: list[LockedTake], edits: list[LockedTake], middle: int
) -> None:
    one, other = edits[:middle], edits[middle:]
    first = merged_lock(merged_lock(existing, one), other)
    second = merged_lock(merged_lock(existing, other), one)
    assert format_lock(first) == format_lock(second)


# Who bought


def test_account_of_the_newest_line_at_an_origin_is_that_of_a_clone_without_a_ledger() -> None:
    takes = [
        a_locked_take(account_id="8", created_at=NOW + timedelta(days=1)),
        a_locked_take(),
        a_locked_take(account_id="9", created_at=NOW + timedelta(days=2), project_id="other"),
    ]
    assert locked_identity(takes, "nf-7c1e", HERE.origin) == Identity(HERE.origin, "8")


def test_account_of_another_origin_is_not_known_from_the_lock() -> None:
    assert locked_identity([a_locked_take()], "nf-7c1e", "http://127.0.0.1:1") is None
