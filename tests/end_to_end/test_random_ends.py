"""Renders of twelve takes that are ended at random moments, again and again: what remains is whole, and paid once.

The moments are seeded: each is a number of requests that the server has seen, and some milliseconds more.
`pytest -s -m "soak or not soak" tests/end_to_end/test_random_ends.py` runs every round, and prints what they came to.
"""

from __future__ import annotations

import itertools
import random
import shutil
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from mock_server.core.messages import Request, Response

from ..mock_server.samples import a_png
from .location import Location, Started, wait_until

SHOTS = tuple(f"walk-{number}" for number in range(1, 13))
MOST_ENDS = 5
REQUESTS = 40
"""About as many as a render of twelve takes makes at the least."""
LONGEST_GOODBYE_SECONDS = 5.0
INTERRUPTED = 130
CHAIN = ("wake", "rise", "look", "turn", "leave")
PICTURE = 'first_frame_image_url = "dusk.png"\n'
FRAME = 'first_frame_image_url = {{ shot = "{}", frame = "last" }}\n'
SOFT_ENDS = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture
def film(location: Location) -> Location:
    """A film of twelve short shots."""
    location.write(*SHOTS)
    return location


@pytest.fixture
def linked(location: Location) -> Location:
    """Twelve takes: four begin with a picture, five each where the one before ends, three are of one shot."""
    location.write()
    pictured = (f"[shot.walk-{number}]\nprompt = 'She walks {number}'\n{PICTURE}" for number in range(4))
    followed = (
        f"[shot.{after}]\nprompt = 'She {after}s'\n{FRAME.format(before)}"
        for before, after in itertools.pairwise(CHAIN)
    )
    first, last = f"[shot.{CHAIN[0]}]\nprompt = 'She {CHAIN[0]}s'\n", "[shot.rest]\nprompt = 'She rests'\ntakes = 3\n"
    with (location.folder / "project.toml").open("a", encoding="utf-8") as file:
        file.writelines((first, *followed, *pictured, last))
    (location.folder / "dusk.png").write_bytes(a_png())
    return location


@dataclass
class Tally:
    """What the rounds with one signal came to."""

    rounds: int = 0
    ended: int = 0
    in_flight: int = 0
    lost: int = 0
    goodbyes: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        longest = f"longest goodbye {max(self.goodbyes, default=0):.2f} s"
        return (
            f"{self.rounds} rounds, {self.ended} renders ended, {self.in_flight} of them with takes bought and not "
            f"all delivered, something lost in {self.lost} rounds, {longest}, billed twice: 0"
        )


Tallies = dict[signal.Signals, Tally]


@pytest.fixture(scope="module")
def tallies() -> Iterator[Tallies]:
    """Where rounds are counted to be printed."""
    counted: Tallies = defaultdict(Tally)
    yield counted
    sys.stdout.write("\n" + "".join(f"{number.name}: {tally}\n" for number, tally in counted.items()))


def end_at_random(film: Location, dice: random.Random, number: signal.Signals, within: int, tally: Tally) -> bool:
    """Start a render and end it within so many requests; whether it was ended, rather than over already.

    An interrupted one says so with its exit code, soon.
    """
    last = len(film.heard) + dice.randint(1, within)
    started = film.start(arguments=("render", str(film.folder), "--yes"))
    wait_until(lambda: len(film.heard) >= last or started.has_ended)
    time.sleep(dice.uniform(0, 0.02))
    started.signal(number)
    asked = time.monotonic()
    exit_code, _, err = started.wait()
    tally.goodbyes.append(time.monotonic() - asked)
    assert exit_code in (0, -signal.SIGKILL if number is signal.SIGKILL else INTERRUPTED), err
    assert tally.goodbyes[-1] < LONGEST_GOODBYE_SECONDS
    is_ended = exit_code != 0
    tally.ended += is_ended
    tally.in_flight += is_ended and len(film.clips()) < len(SHOTS) and bool(film.server.simulator.tasks)
    return is_ended


def lose_something(film: Location, dice: random.Random, folder: Path) -> Location:
    """The ledger is deleted, or the project goes on elsewhere: copied whole, or the project file alone."""
    what = dice.choice(("ledger", "ledger and lock", "copy", "project file"))
    if what == "copy":
        return film.moved_to(folder, with_ledger=True)
    if what == "project file":
        return film.moved_to(folder, with_ledger=False)
    shutil.rmtree(film.folder / ".kling-render", ignore_errors=True)
    if what == "ledger and lock":
        for lock in film.folder.rglob("takes.lock"):
            lock.unlink()
    return film


def survive(film: Location, seed: int, number: signal.Signals, tally: Tally) -> None:
    """One round: up to five ends at random moments, then to the end; in a quarter of the rounds something is lost."""
    dice = random.Random(f"{number.name} {seed}")  # noqa: S311 - repeatable
    ends = dice.randint(1, MOST_ENDS)
    lost_after = dice.randint(1, ends) if seed % 4 == 0 else None
    ended = 0
    for count in range(1, ends + 1):
        ended += end_at_random(film, dice, number, REQUESTS if ended else REQUESTS // 2, tally)
        if count == lost_after:
            film = lose_something(film, dice, film.folder.with_name("elsewhere"))
            tally.lost += 1
    assert ended
    film.render()
    film.assert_delivered_and_paid_once(clips=len(SHOTS))
    tally.rounds += 1


@pytest.mark.parametrize("seed", range(20))
def test_render_killed_at_random_moments_is_finished_and_paid_once(film: Location, seed: int, tallies: Tallies) -> None:
    survive(film, seed, signal.SIGKILL, tallies[signal.SIGKILL])


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(20, 120))
def test_render_killed_at_many_random_moments_is_finished_and_paid_once(
    film: Location, seed: int, tallies: Tallies
) -> None:
    survive(film, seed, signal.SIGKILL, tallies[signal.SIGKILL])


@pytest.mark.parametrize("seed", range(2))
def test_linked_takes_killed_at_random_moments_are_finished_and_paid_once(
    linked: Location, seed: int, tallies: Tallies
) -> None:
    survive(linked, seed, signal.SIGKILL, tallies[signal.SIGKILL])


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 40))
def test_linked_takes_killed_at_many_random_moments_are_finished_and_paid_once(
    linked: Location, seed: int, tallies: Tallies
) -> None:
    survive(linked, seed, signal.SIGKILL, tallies[signal.SIGKILL])


@pytest.mark.parametrize("number", SOFT_ENDS, ids=lambda each: each.name)
@pytest.mark.parametrize("seed", range(4))
def test_render_interrupted_at_random_moments_is_finished_and_paid_once(
    film: Location, seed: int, number: signal.Signals, tallies: Tallies
) -> None:
    survive(film, seed, number, tallies[number])


@pytest.mark.soak
@pytest.mark.parametrize("number", SOFT_ENDS, ids=lambda each: each.name)
@pytest.mark.parametrize("seed", range(4, 54))
def test_render_interrupted_at_many_random_moments_is_finished_and_paid_once(
    film: Location, seed: int, number: signal.Signals, tallies: Tallies
) -> None:
    survive(film, seed, number, tallies[number])


@pytest.mark.parametrize("number", SOFT_ENDS, ids=lambda each: each.name)
def test_render_interrupted_before_it_submits_exits_130(
    film: Location, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    running: list[Started] = []
    handle = film.server.simulator.handle

    def interrupt(request: Request, at: datetime) -> Response:
        if request.path.endswith("/price_quotes"):
            running[0].signal(number)
            running[0].wait()
        return handle(request, at)

    monkeypatch.setattr(film.server.simulator, "handle", interrupt)
    running.append(film.start(arguments=("render", str(film.folder), "--yes")))
    exit_code, _, err = running[0].wait()
    assert (exit_code, film.server.simulator.tasks) == (INTERRUPTED, ())
    assert "Interrupted. Whatever was submitted is kept" in err
