"""Ctrl-C and SIGTERM during a render: nothing more is submitted, and no id that has arrived is lost."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest

from kling_render.ledger import State, read_lock
from kling_render.rendering.interrupts import listening

from .chained import on_frame_of
from .conftest import SHOT_MICRO_USD, Act, Answer, refuse

if TYPE_CHECKING:
    from .conftest import Studio

both_signals = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])


def interrupted(*, times: int = 1, answer_after: float = 0.0, number: int = signal.SIGINT) -> Act:
    """The server acts, the process gets so many signals, then the answer comes, some time later."""

    async def act(request: httpx.Request, forward: Answer) -> httpx.Response:
        response = await forward(request)
        for _ in range(times):
            signal.raise_signal(number)
            await anyio.sleep(0.1)
        await anyio.sleep(answer_after)
        return response

    return act


def late(seconds: float) -> Act:
    """The server acts, its answer comes late."""
    return interrupted(times=0, answer_after=seconds)


def states(studio: Studio) -> dict[str, State]:
    return {each.address: each.state for each in studio.snapshot().attempts}


def seconds_to_the_end(studio: Studio) -> float:
    """How long the run went on after it was told to stop."""
    at = {event.kind: event.at for event in studio.events}
    stopped, finished = at["stopped"], at["finished"]
    assert stopped is not None
    assert finished is not None
    return (finished - stopped).total_seconds()


# The first one


@both_signals
def test_interrupt_ends_the_run_with_130_and_says_how_to_go_on(studio: Studio, number: int) -> None:
    studio.breaks("poll", interrupted(number=number))
    outcome = studio.render()
    assert (outcome.exit_code, outcome.is_interrupted, outcome.problems) == (130, True, {})
    assert outcome.halt is not None
    assert outcome.halt.hint == "The same command goes on."


def test_interrupt_while_an_answer_is_under_way_waits_for_it_and_writes_the_id(studio: Studio) -> None:
    studio.shoot("walk")
    studio.breaks("create", interrupted(answer_after=3))
    outcome = studio.render()
    attempt = studio.attempt("walk#1")
    assert (outcome.exit_code, attempt.state) == (130, State.SUBMITTED)
    assert attempt.task_id in {task.id for task in studio.simulator._state.tasks.values()}


def test_interrupt_waits_for_all_answers_that_are_under_way(studio: Studio) -> None:
    studio.shoot("walk", "run", "rest")
    studio.breaks("create", late(2), times=2)
    studio.breaks("create", interrupted(answer_after=1))
    studio.render(concurrency=3)
    assert states(studio) == dict.fromkeys(("walk#1", "run#1", "rest#1"), State.SUBMITTED)


def test_interrupt_submits_nothing_more(studio: Studio) -> None:
    studio.shoot("walk", "run", "rest")
    studio.breaks("create", interrupted(answer_after=2))
    studio.render(concurrency=1)
    assert (states(studio), len(studio.door.of_kind("create"))) == ({"walk#1": State.SUBMITTED}, 1)


def test_interrupt_while_tasks_are_polled_ends_at_once_and_leaves_them_open(studio: Studio) -> None:
    studio.breaks("poll", interrupted())
    studio.render()
    assert seconds_to_the_end(studio) < 1
    assert set(states(studio).values()) == {State.SUBMITTED}


def test_answer_that_does_not_come_is_given_up_within_five_seconds(studio: Studio) -> None:
    studio.shoot("walk")
    studio.breaks("create", interrupted(answer_after=30))
    studio.render()
    assert 3 < seconds_to_the_end(studio) < 5
    assert states(studio) == {"walk#1": State.INTENT}


def test_interrupted_chain_says_nothing_of_what_was_not_begun(studio: Studio) -> None:
    studio.shoot("walk", "sit", sit=on_frame_of("walk"))
    studio.breaks("poll", interrupted())
    outcome = studio.render()
    assert (outcome.exit_code, outcome.problems, states(studio)) == (130, {}, {"walk#1": State.SUBMITTED})


def test_interrupted_run_leaves_manifest_and_lock_as_things_stand(studio: Studio) -> None:
    studio.shoot("walk")
    studio.breaks("poll", interrupted())
    studio.render()
    (line,) = read_lock(studio.folder / "takes.lock")
    assert (line.task_id, line.is_paid) == (studio.attempt("walk#1").task_id, False)
    assert [take["state"] for take in studio.manifest()["takes"]] == ["submitted"]


def test_interrupt_during_a_download_leaves_the_take_completed(studio: Studio) -> None:
    studio.shoot("walk")
    studio.breaks("clip", interrupted(answer_after=1))
    studio.render()
    assert (states(studio), studio.clips()) == ({"walk#1": State.COMPLETED}, [])


@pytest.mark.parametrize("kind", ["create", "poll", "clip"])
@pytest.mark.parametrize("times", [1, 2])
def test_interrupted_film_is_delivered_by_the_next_run_and_paid_once(studio: Studio, kind: str, times: int) -> None:
    studio.breaks(kind, interrupted(times=times, answer_after=10))
    studio.render()
    assert studio.mended().render().exit_code == 0
    assert (len(studio.clips()), studio.parts(), studio.settled()) == (2, [], 2 * SHOT_MICRO_USD)


# The second one


@both_signals
def test_second_interrupt_waits_for_no_answer(studio: Studio, number: int) -> None:
    studio.shoot("walk")
    studio.breaks("create", interrupted(times=2, answer_after=3, number=number))
    outcome = studio.render()
    assert seconds_to_the_end(studio) < 1
    assert (outcome.exit_code, states(studio)) == (130, {"walk#1": State.INTENT})


def test_second_interrupt_loses_no_id_that_has_arrived(studio: Studio) -> None:
    studio.shoot("walk", "run")
    studio.breaks("create", interrupted(times=2, answer_after=30), containing=b"runs")
    studio.render(concurrency=2)
    assert states(studio) == {"walk#1": State.SUBMITTED, "run#1": State.INTENT}


def test_interrupts_are_told_once(studio: Studio) -> None:
    studio.breaks("create", interrupted(times=3, answer_after=3))
    studio.render()
    assert [each.message for each in studio.events if each.kind == "stopped"] == [
        "nothing more is submitted: interrupted"
    ]


def test_interrupt_counts_before_an_earlier_reason_to_stop(studio: Studio) -> None:
    studio.breaks("create", refuse(402))
    studio.breaks("poll", interrupted())
    assert studio.render(concurrency=2).exit_code == 130


# Listening


def test_signals_mean_after_a_render_what_they_meant_before(studio: Studio) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    studio.breaks("poll", interrupted())
    studio.render()
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_render_in_another_thread_leaves_signals_alone() -> None:
    seen: list[Any] = []

    async def listen() -> None:
        async with listening(lambda: None):
            seen.append(signal.getsignal(signal.SIGINT))

    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=anyio.run, args=[listen])
    thread.start()
    thread.join()
    assert seen == [before]


@both_signals
def test_handler_of_the_program_is_back_after_a_render_has_listened(number: int) -> None:
    heard: list[int] = []
    before = signal.signal(number, lambda number, frame: heard.append(number))

    async def listen() -> None:
        async with listening(lambda: None):
            pass

    try:
        anyio.run(listen)
        signal.raise_signal(number)
    finally:
        signal.signal(number, before)
    assert heard == [number]
