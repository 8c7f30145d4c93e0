"""Two renders of one film at the same time: in one folder one of them works, in two folders both do, for one bill."""

from __future__ import annotations

from pathlib import Path

import pytest

from .location import KEY, TAKE_MICRO_USD, Location, wait_until

SHOTS = tuple(f"walk-{number}" for number in range(1, 13))
LOCKED = 8


@pytest.fixture
def film(slow: Location) -> Location:
    """A film of twelve shots on a server that takes its time."""
    slow.write(*SHOTS)
    return slow


def test_second_render_says_who_holds_the_lock(film: Location) -> None:
    first = film.start()
    wait_until(lambda: len(film.server.simulator.tasks) == 4)
    exit_code, _, err = film.start().wait()
    holder = (first.folder / "pid").read_text()
    first.signal()
    assert exit_code == LOCKED
    assert err.startswith(f"another render of this project is at work: process {holder} on ")
    assert len(film.server.simulator.tasks) == 4


def test_second_render_that_waits_goes_on_where_the_first_was_killed(film: Location) -> None:
    first = film.start()
    wait_until(lambda: len(film.server.simulator.tasks) == 4)
    second = film.start(verbose=True, wait_seconds=60)
    wait_until(lambda: "waiting for another render of this project" in second.printed("err"))
    assert len(film.server.simulator.tasks) == 4
    first.signal()
    film.pass_time(lambda: second.has_ended)
    exit_code, out, err = second.wait()
    assert (exit_code, int(out)) == (0, 8), err
    film.assert_delivered_and_paid_once(clips=len(SHOTS))


def test_render_that_waited_in_vain_says_who_still_holds_the_lock(film: Location) -> None:
    first = film.start()
    wait_until(lambda: len(film.server.simulator.tasks) == 4)
    exit_code, _, err = film.start(wait_seconds=0.1).wait()
    first.signal()
    assert (exit_code, err.endswith(", still after 0.1 s")) == (LOCKED, True)


def test_render_that_waits_for_one_that_finishes_buys_nothing(location: Location) -> None:
    location.write(*SHOTS)
    first = location.start()
    wait_until(lambda: bool(location.server.simulator.tasks))
    exit_code, out, err = location.start(wait_seconds=60).wait()
    assert (exit_code, int(out)) == (0, 0), err
    assert first.wait()[0] == 0
    location.assert_delivered_and_paid_once(clips=len(SHOTS))


def test_two_clones_at_once_share_one_bill(location: Location, tmp_path: Path) -> None:
    location.write(*SHOTS)
    clone = location.moved_to(tmp_path / "clone", with_ledger=False)
    started = [location.start(), clone.start()]
    assert [each.wait()[0] for each in started] == [0, 0]
    for place in (location, clone):
        place.assert_delivered_and_paid_once(clips=len(SHOTS))
    assert location.server.simulator.books(KEY).settled == len(SHOTS) * TAKE_MICRO_USD
    assert location.creates == 2 * len(SHOTS)
