"""A render's own view of the ledger: as the ledger would say it, without asking."""

from __future__ import annotations

from dataclasses import replace

from kling_render.ledger import Attempt, Snapshot, State
from kling_render.rendering.live import Live

from ..ledger.conftest import HERE, an_attempt

FIRST = an_attempt(state=State.FAILED)
SECOND = an_attempt(id=2, attempt=2, state=State.SUBMITTED)
OTHER = an_attempt(id=3, take=2)


def a_live(*attempts: Attempt) -> Live:
    return Live(Snapshot(HERE, attempts, "nf-7c1e"))


def test_view_begins_with_the_snapshot() -> None:
    assert a_live(FIRST, OTHER).snapshot == Snapshot(HERE, (FIRST, OTHER), "nf-7c1e")


def test_transition_takes_the_place_of_the_one_before() -> None:
    live = a_live(FIRST, SECOND)
    done = replace(SECOND, state=State.DOWNLOADED)
    live.note(done)
    assert (live.snapshot.attempts, live.latest("f" * 64, 1)) == ((FIRST, done), done)


def test_newest_attempt_at_a_take_is_the_latest() -> None:
    live = a_live(FIRST)
    live.note(SECOND)
    assert live.latest("f" * 64, 1) == SECOND


def test_late_word_of_an_earlier_attempt_does_not_hide_the_newest() -> None:
    live = a_live(SECOND)
    live.note(FIRST)
    assert (live.latest("f" * 64, 1), live.snapshot.latest("f" * 64, 1)) == (SECOND, SECOND)


def test_takes_of_a_request_are_told_by_number() -> None:
    live = a_live(OTHER, FIRST)
    live.note(SECOND)
    assert live.takes_of("f" * 64) == (SECOND, OTHER)


def test_request_that_nobody_made_has_no_takes() -> None:
    live = a_live(FIRST)
    assert (live.takes_of("0" * 64), live.latest("0" * 64, 1), live.latest("f" * 64, 7)) == ((), None, None)
