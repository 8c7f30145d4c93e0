"""Waiting for a task: how long, how often, and how it may end."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import httpx
import pytest

from kling_render.errors import ApiError, PollTimeoutError
from kling_render.ledger import State
from kling_render.rendering.failures import TaskFailedError, TaskLostError

from .conftest import SHOT_MICRO_USD, Act, Answer, answer, fail_task, no_connection, raw, refuse

if TYPE_CHECKING:
    from .conftest import Studio


def test_task_that_fails_releases_its_reservation(studio: Studio) -> None:
    studio.shoot("walk")
    studio.breaks("poll", fail_task("the model gave up"))
    outcome = studio.render()
    attempt = studio.attempt("walk#1")
    assert isinstance(outcome.problems["walk#1"], TaskFailedError)
    assert (outcome.exit_code, attempt.state, attempt.counted_micro_usd) == (7, State.FAILED, 0)
    assert attempt.error == "the model gave up"


def test_task_that_fails_at_a_price_counts_that_price(studio: Studio) -> None:
    studio.shoot("walk")

    async def fail(request: httpx.Request, _: Answer) -> httpx.Response:
        task_id = request.url.path.rpartition("/")[2]
        return httpx.Response(200, json={"id": task_id, "status": "failed", "usage": {"cost": 0.1}})

    studio.breaks("poll", fail)
    studio.render()
    assert studio.attempt("walk#1").counted_micro_usd == 100_000


def test_siblings_of_a_failed_task_are_delivered(studio: Studio) -> None:
    studio.shoot("walk", "run", "rest")
    studio.breaks("poll", fail_task())
    outcome = studio.render(concurrency=1)
    assert (outcome.exit_code, outcome.undelivered, len(studio.clips())) == (7, ("walk#1",), 2)


def test_failed_task_is_not_bought_again_by_itself(studio: Studio) -> None:
    studio.shoot("walk")
    studio.breaks("poll", fail_task())
    studio.render()
    studio.mended().render()
    assert len(studio.door.of_kind("create")) == 1


def test_wait_that_is_over_leaves_the_task_open(studio: Studio) -> None:
    studio.shoot("walk")
    outcome = studio.render(poll_timeout_seconds=10)
    assert isinstance(outcome.problems["walk#1"], PollTimeoutError)
    assert (outcome.exit_code, studio.attempt("walk#1").state) == (5, State.PROCESSING)


def test_task_that_was_left_open_is_delivered_by_the_next_run(studio: Studio) -> None:
    studio.shoot("walk")
    studio.render(poll_timeout_seconds=10)
    outcome = studio.render()
    assert (outcome.exit_code, outcome.submitted) == (0, ())
    assert (studio.settled(), len(studio.door.of_kind("create"))) == (SHOT_MICRO_USD, 1)


def test_wait_that_is_over_for_one_take_does_not_end_the_next_one(studio: Studio) -> None:
    studio.shoot("walk", "run", "rest")
    outcome = studio.render(poll_timeout_seconds=10, concurrency=1)
    assert (outcome.exit_code, len(outcome.problems)) == (5, 3)


def test_pause_between_polls_grows_up_to_five_times_the_interval(studio: Studio) -> None:
    studio.shoot("walk")
    times: list[float] = []

    async def stay(request: httpx.Request, _: Answer) -> httpx.Response:
        times.append(studio.now().timestamp())
        task_id = request.url.path.rpartition("/")[2]
        return httpx.Response(200, json={"id": task_id, "status": "processing"})

    studio.breaks("poll", stay, times=30)
    studio.render(poll_interval_seconds=2, poll_timeout_seconds=100)
    waited = times[:-1]  # the last wait ends with the patience
    pauses = [later - earlier for earlier, later in itertools.pairwise(waited)]
    assert pauses[0] == pytest.approx(2, abs=0.1)
    assert max(pauses) == pytest.approx(10, abs=0.1)
    assert pauses == pytest.approx(sorted(pauses), abs=0.01)


def test_server_that_asks_for_patience_gets_it(studio: Studio) -> None:
    studio.shoot("walk")
    times: list[float] = []

    async def ask(request: httpx.Request, _: Answer) -> httpx.Response:
        times.append(studio.now().timestamp())
        task_id = request.url.path.rpartition("/")[2]
        waiting = {"id": task_id, "status": "processing"}
        return httpx.Response(200, json=waiting, headers={"Retry-After": "45"})

    studio.breaks("poll", ask, times=2)
    studio.render(poll_interval_seconds=1)
    assert times[1] - times[0] == pytest.approx(45, abs=0.1)


@pytest.mark.parametrize(
    ("act", "exit_code"),
    [
        (no_connection(), 11),
        (raw(200, b"<html>", "text/html"), 11),
        (answer(200, {"id": "t", "status": 3}), 11),
        (refuse(500), 11),
        (refuse(401), 10),
        (refuse(429), 6),
    ],
)
def test_poll_without_a_useful_answer_leaves_the_task_open(studio: Studio, act: Act, exit_code: int) -> None:
    studio.shoot("walk")
    studio.breaks("poll", act, times=99)
    outcome = studio.render()
    assert isinstance(outcome.problems["walk#1"], ApiError)
    assert (outcome.exit_code, studio.attempt("walk#1").state) == (exit_code, State.SUBMITTED)


def test_task_that_the_server_no_longer_knows_stays_open_and_is_not_bought_again(studio: Studio) -> None:
    studio.shoot("walk")
    studio.breaks("poll", refuse(404), times=2)
    studio.render()
    outcome = studio.render()
    assert isinstance(outcome.problems["walk#1"], TaskLostError)
    assert (outcome.exit_code, studio.attempt("walk#1").state) == (7, State.SUBMITTED)
    assert len(studio.door.of_kind("create")) == 1


def test_connection_that_comes_back_between_polls_is_not_noticed(studio: Studio) -> None:
    studio.shoot("walk")
    studio.breaks("poll", no_connection(), skip=1, times=3)
    assert studio.render(retries=4).exit_code == 0
