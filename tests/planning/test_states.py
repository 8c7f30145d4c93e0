"""What a render would do about a take, by its newest attempt and by what is wished."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kling_render.ledger import Attempt, State
from kling_render.planning import DUE_STATES, NO_WISHES, STUCK_STATES, TakeState, Wishes, next_number

from ..ledger.conftest import NOW
from ..ledger.conftest import an_attempt as a_row


def state_of(state: State, wishes: Wishes = NO_WISHES, **changes: Any) -> TakeState:
    return wishes.state_of(a_row(state=state, **changes))


def attempt(state: State, number: int = 1) -> Attempt:
    return a_row(state=state, attempt=number)


def test_take_without_an_attempt_is_new() -> None:
    assert NO_WISHES.state_of(None) is TakeState.NEW


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.INTENT, TakeState.IN_FLIGHT),
        (State.SUBMITTED, TakeState.IN_FLIGHT),
        (State.PROCESSING, TakeState.IN_FLIGHT),
        (State.COMPLETED, TakeState.IN_FLIGHT),
        (State.DOWNLOADED, TakeState.BOUGHT),
        (State.FAILED, TakeState.FAILED),
        (State.MODERATED, TakeState.MODERATED),
        (State.RELEASED, TakeState.NEW),
        (State.UNKNOWN, TakeState.UNKNOWN),
        (State.ABANDONED, TakeState.RETRY),
        (State.EXPIRED, TakeState.EXPIRED),
        (State.ELSEWHERE, TakeState.ELSEWHERE),
    ],
    ids=lambda value: value.value,
)
def test_state_of_a_take_is_that_of_its_newest_attempt(state: State, expected: TakeState) -> None:
    assert state_of(state) is expected


def test_every_state_of_the_ledger_has_one_here() -> None:
    assert {state_of(state) for state in State} <= set(TakeState)


@pytest.mark.parametrize("state", sorted(State), ids=lambda state: state.value)
def test_retrying_buys_failed_and_moderated_takes_and_no_others(state: State) -> None:
    retried = state in (State.FAILED, State.MODERATED)
    expected = TakeState.RETRY if retried else state_of(state)
    assert state_of(state, Wishes(retry_failed=True)) is expected


@pytest.mark.parametrize("state", sorted(State), ids=lambda state: state.value)
def test_again_buys_lost_takes_and_no_others(state: State) -> None:
    expected = TakeState.AGAIN if state is State.EXPIRED else state_of(state)
    assert state_of(state, Wishes(again=True)) is expected


@pytest.mark.parametrize("wishes", [NO_WISHES, Wishes(retry_failed=True, again=True)], ids=["none", "all"])
def test_nothing_that_anybody_can_wish_buys_an_unknown_take(wishes: Wishes) -> None:
    assert state_of(State.UNKNOWN, wishes) not in DUE_STATES


@pytest.mark.parametrize(
    ("left", "expected"),
    [(timedelta(seconds=1), TakeState.ELSEWHERE), (timedelta(0), TakeState.EXPIRED), (None, TakeState.ELSEWHERE)],
)
def test_take_elsewhere_is_lost_when_its_url_is_dead(left: timedelta | None, expected: TakeState) -> None:
    expires = None if left is None else NOW + left
    assert state_of(State.ELSEWHERE, Wishes(now=NOW), url_expires_at=expires) is expected


def test_take_elsewhere_whose_url_is_dead_is_bought_again_when_asked_for() -> None:
    assert state_of(State.ELSEWHERE, Wishes(again=True, now=NOW), url_expires_at=NOW) is TakeState.AGAIN


def test_downloaded_take_is_not_lost_when_its_url_is_dead() -> None:
    assert state_of(State.DOWNLOADED, Wishes(again=True, now=NOW), url_expires_at=NOW) is TakeState.BOUGHT


def test_what_is_due_is_not_stuck() -> None:
    assert not DUE_STATES & STUCK_STATES


@pytest.mark.parametrize(
    ("last", "number"),
    [(None, 1), *((attempt(state, 3), 3 if state is State.RELEASED else 4) for state in sorted(State))],
    ids=lambda value: value.state.value if isinstance(value, Attempt) else "",
)
def test_attempt_after_the_newest_has_the_next_number_and_a_released_one_keeps_its_own(
    last: Attempt | None, number: int
) -> None:
    assert next_number(last) == number
