"""The pure side of the ledger: which attempt counts, and how much."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kling_render.ledger import BOUGHT_STATES, OPEN_STATES, Identity, Snapshot, State
from tests.ledger.conftest import A_CLIP, HERE, a_locked_take, an_attempt

NOW = datetime(2026, 8, 1, 12, 0, tzinfo=UTC)
AN_ATTEMPT = an_attempt(
    reserved_micro_usd=700_000, settled_micro_usd=None, created_at=NOW, clip=None, url_expires_at=None
)


@pytest.mark.parametrize(
    ("state", "counted"),
    [
        (State.INTENT, 700_000),
        (State.SUBMITTED, 700_000),
        (State.PROCESSING, 700_000),
        (State.COMPLETED, 700_000),
        (State.DOWNLOADED, 700_000),
        (State.UNKNOWN, 700_000),
        (State.ABANDONED, 700_000),
        (State.EXPIRED, 700_000),
        (State.ELSEWHERE, 700_000),
        (State.FAILED, 0),
        (State.MODERATED, 0),
        (State.RELEASED, 0),
    ],
)
def test_reservation_counts_while_it_is_or_may_be_charged(state: State, counted: int) -> None:
    assert replace(AN_ATTEMPT, state=state).counted_micro_usd == counted


@pytest.mark.parametrize("state", list(State))
def test_settled_amount_counts_in_every_state(state: State) -> None:
    assert replace(AN_ATTEMPT, state=state, settled_micro_usd=650_000).counted_micro_usd == 650_000


def test_settled_for_nothing_counts_nothing() -> None:
    assert replace(AN_ATTEMPT, settled_micro_usd=0).counted_micro_usd == 0


def test_latest_is_the_newest_attempt_at_this_request_and_take() -> None:
    first = replace(AN_ATTEMPT, state=State.FAILED)
    second = replace(AN_ATTEMPT, id=2, attempt=2)
    other_take = replace(AN_ATTEMPT, id=3, take=2)
    snapshot = Snapshot(attempts=(first, second, other_take))
    assert snapshot.latest("f" * 64, 1) is second


@pytest.mark.parametrize(("fingerprint", "take"), [("e" * 64, 1), ("f" * 64, 2)])
def test_latest_of_another_request_or_take_is_none(fingerprint: str, take: int) -> None:
    assert Snapshot(attempts=(AN_ATTEMPT,)).latest(fingerprint, take) is None


@pytest.mark.parametrize("state", list(State))
def test_address_was_bought_before_only_with_a_paid_clip(state: State) -> None:
    snapshot = Snapshot(attempts=(replace(AN_ATTEMPT, state=state),))
    assert snapshot.bought_before("walk#1", AN_ATTEMPT.profile) is (state in BOUGHT_STATES)


def test_paid_clip_of_another_address_does_not_count_for_this_one() -> None:
    assert not Snapshot(attempts=(AN_ATTEMPT,)).bought_before("walk#2", AN_ATTEMPT.profile)


def test_paid_clip_of_another_profile_does_not_count_for_this_one() -> None:
    assert not Snapshot(attempts=(AN_ATTEMPT,)).bought_before("walk#1", "another")


@pytest.mark.parametrize("state", list(State))
def test_open_are_the_attempts_that_a_render_goes_on_with(state: State) -> None:
    attempt = replace(AN_ATTEMPT, state=state)
    assert Snapshot(attempts=(attempt,)).open == ((attempt,) if state in OPEN_STATES else ())


def test_attempt_that_was_followed_by_another_is_not_open() -> None:
    stale, newest = replace(AN_ATTEMPT, state=State.INTENT), replace(AN_ATTEMPT, id=2, attempt=2)
    assert Snapshot(attempts=(stale, newest)).open == ()


def test_counted_amount_is_the_sum_over_all_attempts_by_default() -> None:
    failed = replace(AN_ATTEMPT, id=2, state=State.FAILED)
    unknown = replace(AN_ATTEMPT, id=3, state=State.UNKNOWN, reserved_micro_usd=50)
    assert Snapshot(attempts=(AN_ATTEMPT, failed, unknown)).counted_micro_usd() == 700_050


def test_counted_amount_of_chosen_attempts_leaves_the_others_out() -> None:
    other = replace(AN_ATTEMPT, id=2, take=2, reserved_micro_usd=50)
    assert Snapshot(attempts=(AN_ATTEMPT, other)).counted_micro_usd([other]) == 50


def test_open_are_the_states_that_a_render_goes_on_with() -> None:
    assert sorted(OPEN_STATES) == ["completed", "elsewhere", "intent", "processing", "submitted"]


def test_bought_are_the_states_with_a_paid_clip() -> None:
    assert sorted(BOUGHT_STATES) == ["completed", "downloaded", "elsewhere", "expired"]


def test_takes_of_a_request_are_the_newest_attempts_by_take_number() -> None:
    third, first = replace(AN_ATTEMPT, id=1, take=3), replace(AN_ATTEMPT, id=2, state=State.FAILED)
    again, other = replace(AN_ATTEMPT, id=3, attempt=2), replace(AN_ATTEMPT, id=4, fingerprint="e" * 64)
    assert Snapshot(attempts=(third, first, other, again)).takes_of("f" * 64) == (again, third)


def test_takes_of_an_unknown_request_are_none() -> None:
    assert Snapshot(attempts=(AN_ATTEMPT,)).takes_of("e" * 64) == ()


def test_locked_take_that_the_ledger_does_not_know_is_elsewhere() -> None:
    snapshot = Snapshot(HERE, (), "nf-7c1e").with_locked([a_locked_take()])
    (attempt,) = snapshot.attempts
    assert (attempt.id, attempt.state, attempt.task_id, attempt.clip) == (0, State.ELSEWHERE, "t-1", A_CLIP)
    assert (attempt.counted_micro_usd, attempt.is_open, attempt.key, attempt.body) == (420_000, True, "", b"")


def test_locked_take_that_the_ledger_knows_changes_nothing() -> None:
    snapshot = Snapshot(HERE, (replace(AN_ATTEMPT, state=State.FAILED),), "nf-7c1e")
    assert snapshot.with_locked([a_locked_take()]) is snapshot


@pytest.mark.parametrize(
    "other",
    [{"project_id": "other"}, {"origin": "http://127.0.0.1:1"}, {"account_id": "8"}],
)
def test_locked_take_of_another_project_origin_or_account_is_left_out(other: dict[str, str]) -> None:
    assert Snapshot(HERE, (), "nf-7c1e").with_locked([a_locked_take(**other)]).attempts == ()


def test_snapshot_of_nobody_takes_nothing_from_the_lock() -> None:
    assert Snapshot(project_id="nf-7c1e").with_locked([a_locked_take()]).attempts == ()


def test_later_attempt_in_the_lock_is_newer_than_an_earlier_one_in_the_ledger() -> None:
    failed = replace(AN_ATTEMPT, state=State.FAILED)
    snapshot = Snapshot(HERE, (failed,), "nf-7c1e").with_locked([a_locked_take(attempt=2)])
    latest = snapshot.latest("f" * 64, 1)
    assert latest is not None
    assert (latest.attempt, latest.state) == (2, State.ELSEWHERE)


def test_later_attempt_in_the_ledger_is_newer_than_an_earlier_one_in_the_lock() -> None:
    second = replace(AN_ATTEMPT, attempt=2)
    snapshot = Snapshot(HERE, (second,), "nf-7c1e").with_locked([a_locked_take()])
    assert snapshot.latest("f" * 64, 1) is second


def test_identity_is_origin_and_account_whatever_the_account_is_called() -> None:
    assert Identity("https://runapi.ai", "7", "Studio") == Identity("https://runapi.ai", "7", "Renamed")
