"""Places for tasks in flight: as many as there are, in the order of asking."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio
import pytest
from trio.testing import MockClock

from kling_render.rendering.slots import Slots


def run(function: Callable[[], Awaitable[None]]) -> None:
    """Run on virtual time."""
    anyio.run(function, backend="trio", backend_options={"clock": MockClock(autojump_threshold=0)})


@pytest.mark.parametrize("count", [1, 3])
def test_no_more_places_are_given_out_than_there_are(count: int) -> None:
    at_work: list[int] = []
    most: list[int] = []

    async def work() -> None:
        slots = Slots(count)

        async def use(number: int) -> None:
            with await slots.taken():
                at_work.append(number)
                most.append(len(at_work))
                await anyio.sleep(1)
                at_work.remove(number)

        async with anyio.create_task_group() as tasks:
            for number in range(10):
                tasks.start_soon(use, number)

    run(work)
    assert max(most) == count


def test_who_asks_first_is_served_first() -> None:
    served: list[int] = []

    async def work() -> None:
        slots = Slots(1)

        async def use(number: int) -> None:
            await anyio.sleep(number)  # asks after those with lower numbers
            with await slots.taken():
                served.append(number)
                await anyio.sleep(100)

        async with anyio.create_task_group() as tasks:
            for number in (4, 2, 0, 3, 1):
                tasks.start_soon(use, number)

    run(work)
    assert served == [0, 1, 2, 3, 4]


def test_place_that_was_given_back_early_is_not_given_back_again() -> None:
    free: list[bool] = []

    async def work() -> None:
        slots = Slots(1)
        with await slots.taken() as slot:
            slot.release()
        await slots.taken()
        with anyio.move_on_after(1) as scope:
            await slots.taken()
        free.append(not scope.cancelled_caught)

    run(work)
    assert free == [False]


def test_place_of_a_step_that_failed_is_free_again() -> None:
    served: list[str] = []

    async def work() -> None:
        slots = Slots(1)
        with pytest.raises(ValueError, match="trouble"), await slots.taken():
            raise ValueError("trouble")
        with anyio.fail_after(1), await slots.taken():
            served.append("the next")

    run(work)
    assert served == ["the next"]


def test_who_gives_up_waiting_takes_no_place() -> None:
    served: list[str] = []

    async def work() -> None:
        slots = Slots(1)
        with await slots.taken(), anyio.move_on_after(1):
            await slots.taken()
        with anyio.fail_after(1), await slots.taken():
            served.append("the next")

    run(work)
    assert served == ["the next"]


def test_of_those_who_ask_at_one_moment_the_lowest_rank_is_served_first() -> None:
    served: list[int] = []

    async def work() -> None:
        slots, start = Slots(1), anyio.Event()

        async def use(number: int) -> None:
            await start.wait()
            with await slots.taken(number):
                served.append(number)
                await anyio.sleep(1)

        async with anyio.create_task_group() as tasks:
            for number in (4, 2, 0, 3, 1):
                tasks.start_soon(use, number)
            await anyio.sleep(1)
            start.set()

    for _ in range(5):  # the event loop wakes tasks in another order each time
        served.clear()
        run(work)
        assert served == [0, 1, 2, 3, 4]


def test_who_leaves_while_waiting_takes_no_place_along() -> None:
    async def work() -> None:
        slots = Slots(1)
        held = await slots.taken()
        with anyio.move_on_after(1):
            await slots.taken()
        held.release()
        with anyio.fail_after(1):
            (await slots.taken()).release()

    run(work)
