from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.core.books import Books
from mock_server.core.config import Config

if TYPE_CHECKING:
    from tests.mock_server.conftest import Caller

DAY = date(2026, 8, 3)


def test_reservation_moves_from_available_to_reserved() -> None:
    books = Books.opened(100).reserve(30)
    assert (books.available, books.reserved, books.settled) == (70, 30, 0)


def test_settlement_is_spent_on_its_day() -> None:
    books = Books.opened(100).reserve(30).settle(30, DAY)
    assert (books.available, books.reserved, books.settled) == (70, 0, 30)
    assert (books.spent_on(DAY), books.spent_on(date(2026, 8, 4))) == (30, 0)


def test_release_gives_the_reservation_back() -> None:
    books = Books.opened(100).reserve(30).release(30)
    assert (books.available, books.reserved, books.settled) == (100, 0, 0)


def test_movements_beyond_the_limit_are_refused() -> None:
    books = Books.opened(100).reserve(30)
    with pytest.raises(ValueError, match="cannot reserve 71 micro-USD, the limit is 70"):
        books.reserve(71)
    with pytest.raises(ValueError, match="cannot settle 31 micro-USD, the limit is 30"):
        books.settle(31, DAY)
    with pytest.raises(ValueError, match="cannot release 31 micro-USD, the limit is 30"):
        books.release(31)


def test_books_that_lost_money_are_not_balanced() -> None:
    assert not Books(start=100, available=99).is_balanced()
    assert not Books(start=100, available=110, reserved=-10).is_balanced()


MOVES = st.lists(
    st.tuples(st.just("create"), st.integers(3, 15), st.sampled_from(["720p", "1080p", "4k"]), st.integers(0, 3))
    | st.tuples(st.just("wait"), st.integers(0, 200_000), st.just(""), st.just(0)),
    max_size=25,
)


@given(moves=MOVES, balance=st.integers(0, 30_000_000))
def test_books_stay_balanced_over_any_life(
    a_caller: type[Caller], moves: list[tuple[str, int, str, int]], balance: int
) -> None:
    caller = a_caller(Config(balance_micro_usd=balance))
    for verb, amount, resolution, key in moves:
        if verb == "wait":
            caller.wait(amount)
            caller.simulator.advance(caller.now)
        else:
            headers = {"idempotency-key": str(key)} if key else {}
            caller.create(duration_seconds=amount, output_resolution=resolution, headers=headers)
        books = caller.simulator.books("key-1")
        tasks = caller.simulator.tasks
        assert books.is_balanced()
        assert books.settled == sum(task.micro_usd for task in tasks if task.status_at(caller.now) == "completed")
        assert books.reserved == sum(task.micro_usd for task in tasks if task.status_at(caller.now) != "completed")
