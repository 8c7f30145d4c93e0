"""When tasks are looked at: first about when tasks like them were done, then less and less often, within one budget."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import anyio
import pytest
from trio.testing import MockClock

from kling_render.rendering.waits import Waits

from .conftest import kill

if TYPE_CHECKING:
    from .conftest import Studio

WALK = ("text_to_video", "kling-3.0")
TALK = ("ai_avatar", "kling-avatar")


def run(function: Callable[[], Awaitable[None]]) -> None:
    """Run on virtual time."""
    anyio.run(function, backend="trio", backend_options={"clock": MockClock(autojump_threshold=0)})


def times_of(waits: Waits, looks: int, *, begin: float = 0.0) -> list[float]:
    """When so many looks, all wanted at once, have their turn."""
    times: list[float] = []

    async def work() -> None:
        async def look() -> None:
            await waits.turn()
            times.append(anyio.current_time())

        await anyio.sleep(begin)
        async with anyio.create_task_group() as tasks:
            for _ in range(looks):
                tasks.start_soon(look)

    run(work)
    return sorted(times)


# The first look


def test_first_look_at_an_unknown_kind_comes_after_the_interval() -> None:
    assert Waits(2.0, 10).first(WALK, 0.0) == pytest.approx(2.0)


def test_first_look_comes_shortly_before_the_quickest_of_its_kind_was_done() -> None:
    assert Waits(2.0, 10, {WALK: (80.0, 60.0, 100.0)}).first(WALK, 0.0) == pytest.approx(54.0)


def test_first_look_takes_off_what_has_passed_since_the_submission() -> None:
    assert Waits(2.0, 10, {WALK: (60.0,)}).first(WALK, 50.0) == pytest.approx(4.0)


def test_first_look_at_an_old_task_comes_at_once() -> None:
    assert Waits(2.0, 10, {WALK: (60.0,)}).first(WALK, 500.0) == 0.0


def test_kinds_are_told_apart() -> None:
    waits = Waits(2.0, 10, {TALK: (300.0,)})
    assert [waits.first(WALK, 0.0), waits.first(TALK, 0.0)] == pytest.approx([2.0, 270.0])


def test_duration_that_was_learned_counts_from_then_on() -> None:
    waits = Waits(2.0, 10, {WALK: (100.0,)})
    waits.learn(WALK, 40.0)
    assert waits.first(WALK, 0.0) == pytest.approx(36.0)


def test_old_durations_are_forgotten() -> None:
    waits = Waits(2.0, 10, {WALK: (1.0,)})
    for _ in range(50):
        waits.learn(WALK, 100.0)
    assert waits.first(WALK, 0.0) == pytest.approx(90.0)


# The following ones


def test_pauses_begin_with_the_interval_and_grow_by_a_quarter_up_to_five_times_it() -> None:
    waits, pauses = Waits(2.0, 10), [0.0]
    for _ in range(12):
        pauses.append(waits.following(pauses[-1]))
    assert pauses[1:4] == [2.0, 2.5, 3.125]
    assert (sorted(pauses), pauses[-1]) == (pauses, 10.0)


# The budget


def test_looks_at_a_thousand_tasks_share_one_budget() -> None:
    times = times_of(Waits(2.0, 10), 1000)
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert [min(gaps), max(gaps)] == pytest.approx([0.1, 0.1])


def test_first_look_after_a_rest_has_its_turn_at_once() -> None:
    assert times_of(Waits(2.0, 10), 1, begin=50.0) == [pytest.approx(50.0)]


def test_rest_saves_up_no_turns() -> None:
    times = times_of(Waits(2.0, 10), 20, begin=50.0)
    assert times[-1] - times[0] == pytest.approx(1.9)


def test_endless_budget_makes_nobody_wait() -> None:
    assert times_of(Waits(2.0, float("inf")), 100) == [0.0] * 100


# In a render


def looks(studio: Studio) -> int:
    return len(studio.door.of_kind("poll"))


def test_render_of_many_takes_keeps_to_its_looks_per_second(studio: Studio) -> None:
    studio.shoot("walk", walk="takes = 30")
    at: list[float] = []

    async def note(request: object, forward: object) -> object:
        at.append(anyio.current_time())
        return await forward(request)  # type: ignore[operator]

    studio.breaks("poll", note, times=1000)  # type: ignore[arg-type]
    studio.render(concurrency=30, polls_per_second=2)
    gaps = [later - earlier for earlier, later in itertools.pairwise(sorted(at))]
    assert min(gaps) >= 0.5 - 1e-6


def test_next_run_looks_less_often_at_tasks_whose_length_it_knows(studio: Studio) -> None:
    studio.shoot("walk")
    studio.render()
    learning = looks(studio)
    studio.shoot("walk", "run")
    studio.render()
    assert looks(studio) - learning < learning


def test_task_of_an_earlier_run_is_looked_at_at_once(studio: Studio) -> None:
    studio.shoot("walk", "run")
    studio.render_until("poll", kill())
    studio.sleep(hours=1)
    before = studio.start
    studio.render()
    first = next(each.at for each in studio.events if each.kind == "completed")
    assert first is not None
    assert (first - before).total_seconds() < 3
