"""`[render] retries`: a take whose task failed is bought anew, as another attempt, inside the caps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from kling_render.errors import BudgetError
from kling_render.ledger import State
from kling_render.rendering.failures import TaskFailedError

from .conftest import FILM, SHOT_MICRO_USD, Act, Answer, fail_task, lose_answer, no_connection, refuse

if TYPE_CHECKING:
    from .conftest import Studio


def shoot(studio: Studio, *names: str, retries: int = 1, film: str = FILM, **extra: str) -> None:
    """Write a film whose failed takes are bought anew so often."""
    studio.shoot(*names, film=f"{film}[render]\nretries = {retries}\n", **extra)


def fail_and_charge(cost: float = 0.42) -> Act:
    """Answer a poll with a failed task that was charged all the same."""

    async def act(request: httpx.Request, _: Answer) -> httpx.Response:
        task_id = request.url.path.rpartition("/")[2]
        failed: dict[str, Any] = {"id": task_id, "status": "failed", "error": "the model gave up"}
        return httpx.Response(200, json={**failed, "usage": {"cost": cost}})

    return act


def states(studio: Studio) -> list[tuple[int, State]]:
    return [(each.attempt, each.state) for each in studio.snapshot().attempts]


# Bought anew


def test_take_that_fails_once_is_delivered_by_its_second_attempt(studio: Studio) -> None:
    shoot(studio, "walk")
    studio.breaks("poll", fail_task())
    outcome = studio.render()
    assert (outcome.exit_code, outcome.problems, len(studio.clips())) == (0, {}, 1)
    assert states(studio) == [(1, State.FAILED), (2, State.DOWNLOADED)]


def test_second_attempt_has_a_key_and_a_task_of_its_own_and_the_same_bytes(studio: Studio) -> None:
    shoot(studio, "walk")
    studio.breaks("poll", fail_task())
    first, second = studio.render().snapshot.attempts
    assert (first.body, first.fingerprint, first.address) == (second.body, second.fingerprint, second.address)
    assert len({first.key, second.key}) == len({first.task_id, second.task_id}) == 2
    sent = [request.headers["Idempotency-Key"] for request in studio.door.of_kind("create")]
    assert sent == [first.key, second.key]


def test_retry_is_told_with_the_reason(studio: Studio) -> None:
    shoot(studio, "walk")
    studio.breaks("poll", fail_task("too violent"))
    studio.render()
    (retried,) = [event for event in studio.events if event.kind == "retried"]
    assert retried.address == "walk#1"
    assert retried.message.endswith("failed: too violent; it is bought anew")
    assert [event.kind for event in studio.events].count("undelivered") == 0


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_retries_that_are_used_up_leave_a_failed_take(studio: Studio, retries: int) -> None:
    shoot(studio, "walk", retries=retries)
    studio.breaks("poll", fail_task(), times=99)
    outcome = studio.render()
    assert (outcome.exit_code, outcome.undelivered) == (7, ("walk#1",))
    assert isinstance(outcome.problems["walk#1"], TaskFailedError)
    assert states(studio) == [(number, State.FAILED) for number in range(1, retries + 2)]
    assert len(studio.door.of_kind("create")) == retries + 1


def test_without_retries_a_failed_task_stays_failed(studio: Studio) -> None:
    studio.shoot("walk")
    studio.breaks("poll", fail_task())
    assert studio.render().exit_code == 7
    assert studio.mended().render().submitted == ()


def test_siblings_of_a_take_that_fails_again_and_again_are_delivered(studio: Studio) -> None:
    shoot(studio, "walk", "run", retries=2)
    studio.breaks("poll", fail_task(), times=3)
    outcome = studio.render(concurrency=1)
    assert (outcome.exit_code, outcome.undelivered, len(studio.clips())) == (7, ("walk#1",), 1)


def test_every_take_has_its_own_retries(studio: Studio) -> None:
    shoot(studio, "walk", walk="takes = 2")
    studio.breaks("poll", fail_task(), times=2)
    assert studio.render(concurrency=2).exit_code == 0
    assert sorted(each.attempt for each in studio.snapshot().attempts) == [1, 1, 2, 2]


def test_request_that_is_refused_is_not_retried(studio: Studio) -> None:
    shoot(studio, "walk", retries=3)
    studio.breaks("create", refuse(422))
    assert studio.render().exit_code == 7
    assert states(studio) == [(1, State.FAILED)]


def test_poll_that_gets_no_answer_is_not_retried(studio: Studio) -> None:
    shoot(studio, "walk", retries=3)
    studio.breaks("poll", lose_answer(), times=99)
    studio.render()
    assert states(studio) == [(1, State.SUBMITTED)]


def test_failed_takes_of_an_earlier_run_are_bought_only_when_asked_for(studio: Studio) -> None:
    shoot(studio, "walk")
    studio.breaks("poll", fail_task(), times=2)
    studio.render()
    assert studio.mended().render().submitted == ()
    assert studio.render(retry_failed=True).exit_code == 0
    assert states(studio) == [(1, State.FAILED), (2, State.FAILED), (3, State.DOWNLOADED)]


def test_failure_after_the_run_was_stopped_is_told_and_not_retried(studio: Studio) -> None:
    shoot(studio, "walk", "run", retries=2)
    studio.breaks("poll", fail_task())
    studio.breaks("create", no_connection(), skip=1, times=99)
    outcome = studio.render(concurrency=2)
    assert (outcome.exit_code, len(studio.simulator.tasks)) == (11, 1)
    assert {problem.exit_code for problem in outcome.problems.values()} == {7, 11}


def test_failure_of_a_resumed_task_after_the_run_was_stopped_is_told_and_not_retried(studio: Studio) -> None:
    shoot(studio, "walk", "run", retries=2)
    studio.render_until("poll", concurrency=1)
    studio.breaks("poll", fail_task(), skip=2)
    studio.breaks("create", no_connection(), times=99)
    outcome = studio.render(concurrency=2)
    assert isinstance(outcome.problems["walk#1"], TaskFailedError)
    assert states(studio)[0] == (1, State.FAILED)


# Caps


def test_failed_attempt_that_was_not_charged_leaves_its_reservation_to_the_retry(studio: Studio) -> None:
    shoot(studio, "walk", film=FILM.replace("max_usd = 50", "max_usd = 0.42"))
    studio.breaks("poll", fail_task())
    outcome = studio.render()
    assert (outcome.exit_code, outcome.snapshot.counted_micro_usd()) == (0, SHOT_MICRO_USD)


def test_failed_attempt_that_was_charged_counts_beside_the_retry(studio: Studio) -> None:
    shoot(studio, "walk", film=FILM.replace("max_usd = 50", "max_usd = 0.84"))
    studio.breaks("poll", fail_and_charge())
    outcome = studio.render()
    assert (outcome.exit_code, outcome.snapshot.counted_micro_usd()) == (0, 2 * SHOT_MICRO_USD)
    assert outcome.run_micro_usd == 2 * SHOT_MICRO_USD


@pytest.mark.parametrize("cap", ["max_usd", "max_usd_per_run", "max_usd_per_day"])
def test_cap_that_does_not_allow_the_retry_is_noted(studio: Studio, cap: str) -> None:
    shoot(studio, "walk", film=FILM.replace("max_usd = 50", f"{cap} = 0.83"))
    studio.breaks("poll", fail_and_charge())
    outcome = studio.render()
    assert (outcome.exit_code, outcome.undelivered) == (3, ("walk#1",))
    assert isinstance(outcome.problems["walk#1"], BudgetError)
    assert f"would break {cap} = $0.83" in outcome.problems["walk#1"].message
    assert states(studio) == [(1, State.FAILED)]
    assert len(studio.door.of_kind("create")) == 1


def test_worst_case_of_the_plan_is_what_the_retries_can_cost(studio: Studio) -> None:
    shoot(studio, "walk", retries=2)
    studio.breaks("poll", fail_and_charge(), times=99)
    outcome = studio.render()
    assert outcome.snapshot.counted_micro_usd() == outcome.plan.worst_micro_usd == 3 * SHOT_MICRO_USD


# After a crash


@pytest.mark.parametrize("retries", [1, 2])
def test_resumed_task_that_fails_is_bought_anew(studio: Studio, retries: int) -> None:
    shoot(studio, "walk", retries=retries)
    studio.render_until("poll")
    studio.breaks("poll", fail_task(), times=retries)
    outcome = studio.render()
    assert (outcome.exit_code, outcome.undelivered) == (0, ())
    assert [number for number, _ in states(studio)] == list(range(1, retries + 2))


def test_resumed_task_that_fails_is_not_bought_anew_without_retries(studio: Studio) -> None:
    studio.shoot("walk")
    studio.render_until("poll")
    studio.breaks("poll", fail_task())
    assert studio.render().exit_code == 7
    assert states(studio) == [(1, State.FAILED)]


def test_last_retry_that_fails_after_a_crash_is_the_end(studio: Studio) -> None:
    shoot(studio, "walk")
    studio.breaks("poll", fail_task())
    studio.render_until("poll", skip=0)
    assert states(studio) == [(1, State.FAILED), (2, State.SUBMITTED)]
    studio.breaks("poll", fail_task())
    assert studio.render().exit_code == 7
    assert states(studio) == [(1, State.FAILED), (2, State.FAILED)]


def test_resumed_task_of_a_shot_that_is_gone_is_not_bought_anew(studio: Studio) -> None:
    shoot(studio, "walk", retries=3)
    studio.render_until("poll")
    shoot(studio, "run", retries=3)
    studio.breaks("poll", fail_task(), times=1)
    studio.render(concurrency=1)
    assert [(each.address, each.state) for each in studio.snapshot().attempts] == [
        ("walk#1", State.FAILED),
        ("run#1", State.DOWNLOADED),
    ]


def test_resumed_task_that_fails_is_not_bought_anew_where_nobody_agreed_to_anything(studio: Studio) -> None:
    without_cap = FILM.replace("[budget]\nmax_usd = 50\n", "")
    shoot(studio, "walk", film=without_cap)
    studio.render_until("poll", max_micro_usd=SHOT_MICRO_USD)
    studio.breaks("poll", fail_task())
    assert studio.render(confirm=lambda proposal: False).exit_code == 7
    assert states(studio) == [(1, State.FAILED)]


def test_resumed_task_that_fails_is_bought_anew_inside_a_cap(studio: Studio) -> None:
    shoot(studio, "walk")
    studio.render_until("poll")
    studio.breaks("poll", fail_task())
    assert studio.render().exit_code == 0
    assert states(studio) == [(1, State.FAILED), (2, State.DOWNLOADED)]
