"""A colleague's clone has the project file and takes.lock: it fetches what still lives, and buys nothing."""

from __future__ import annotations

import json
import shutil
import signal
from datetime import timedelta
from pathlib import Path

import pytest

from .location import KEY, TAKE_MICRO_USD, Location, wait_until

SHOTS = tuple(f"walk-{number}" for number in range(1, 13))
SOME_MISSING = 7
INTERRUPTED = 130


@pytest.fixture
def film(location: Location) -> Location:
    """A film of twelve shots that somebody has rendered."""
    location.write(*SHOTS)
    location.render()
    return location


def cloned(film: Location, folder: Path) -> Location:
    """What the repository has of it: the project file and the lock."""
    clone = film.moved_to(folder, with_ledger=False)
    (lock,) = film.folder.glob("renders-*/takes.lock")
    target = folder / lock.relative_to(film.folder)
    target.parent.mkdir()
    shutil.copy(lock, target)
    film.heard.clear()
    return clone


def test_fresh_clone_downloads_every_clip_and_asks_for_none(film: Location, tmp_path: Path) -> None:
    clone = cloned(film, tmp_path / "clone")
    exit_code, out, err = clone.start(verbose=True).wait()
    assert (exit_code, out, clone.creates) == (0, "0", 0), err
    assert "takes.lock knows 12 takes: they are fetched, not bought again" in err
    clone.assert_delivered_and_paid_once(clips=len(SHOTS))
    assert [path.read_bytes() for path in clone.clips()] == [path.read_bytes() for path in film.clips()]


def test_fresh_clone_says_the_same_in_its_lock(film: Location, tmp_path: Path) -> None:
    clone = cloned(film, tmp_path / "clone")
    clone.render()
    (before,), (after,) = (each.folder.glob("renders-*/takes.lock") for each in (film, clone))
    assert after.read_bytes() == before.read_bytes()


def test_fresh_clone_fetches_what_still_lives_and_buys_nothing_of_what_is_gone(
    location: Location, tmp_path: Path
) -> None:
    location.write(*SHOTS[:4])
    location.render()
    location.server.simulator.remove_results()
    location.write(*SHOTS)
    location.render()
    clone = cloned(location, tmp_path / "clone")
    exit_code, out, err = clone.start().wait()
    assert (exit_code, out, clone.creates) == (SOME_MISSING, "0", 0), err
    assert len(clone.clips()) == len(SHOTS) - 4
    assert location.server.simulator.books(KEY).settled == len(SHOTS) * TAKE_MICRO_USD


def test_fresh_clone_finishes_what_is_in_flight(slow: Location, tmp_path: Path) -> None:
    slow.write(*SHOTS[:4])
    first = slow.start()
    wait_until(lambda: len(slow.server.simulator.tasks) == 4)
    first.signal(signal.SIGTERM)
    assert first.wait()[0] == INTERRUPTED
    clone = cloned(slow, tmp_path / "clone")
    second = clone.start()
    clone.pass_time(lambda: second.has_ended)
    exit_code, out, err = second.wait()
    assert (exit_code, out, clone.creates) == (0, "0", 0), err
    clone.assert_delivered_and_paid_once(clips=4)


def test_fresh_clone_after_seven_days_buys_nothing(film: Location, tmp_path: Path) -> None:
    clone = cloned(film, tmp_path / "clone")
    simulator = film.server.simulator
    simulator.advance(simulator.now + timedelta(days=8))
    exit_code, out, err = clone.start().wait()
    assert (exit_code, out, clone.creates, clone.clips()) == (SOME_MISSING, "0", 0, []), err


def test_lock_that_was_merged_by_hand_stops_the_clone_before_it_buys(film: Location, tmp_path: Path) -> None:
    clone = cloned(film, tmp_path / "clone")
    (lock,) = clone.folder.glob("renders-*/takes.lock")
    lock.write_text("<<<<<<< ours\n" + lock.read_text("utf-8"), "utf-8")
    exit_code, _, err = clone.start().wait()
    assert exit_code != 0
    assert "a merge of git was not finished here" in err
    assert clone.creates == 0


def test_manifest_of_a_fresh_clone_names_what_was_paid(film: Location, tmp_path: Path) -> None:
    clone = cloned(film, tmp_path / "clone")
    clone.render()
    (path,) = clone.folder.glob("renders-*/default/manifest.json")
    takes = json.loads(path.read_text("utf-8"))["takes"]
    assert {take["settled_usd"] for take in takes} == {"0.42"}
