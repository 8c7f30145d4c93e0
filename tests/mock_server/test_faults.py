from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mock_server.core.config import Config

if TYPE_CHECKING:
    from tests.mock_server.conftest import Caller


def ends(caller: Caller, count: int) -> list[str]:
    """How tasks end that are created one after the other."""
    ids = [caller.create().json["id"] for _ in range(count)]
    caller.wait(120)
    return [caller.poll(task_id).json["status"] for task_id in ids]


# Refusals


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "unauthorized"),
        (402, "insufficient_credits"),
        (409, "idempotency_conflict"),
        (429, "rate_limited"),
        (500, "internal_error"),
        (502, "bad_gateway"),
        (503, "service_unavailable"),
        (504, "gateway_timeout"),
        (418, "refused"),
    ],
)
def test_next_create_is_refused_in_the_usual_envelope(caller: Caller, status: int, code: str) -> None:
    caller.simulator.refuse_next(status)
    answer = caller.create(headers={"x-client-request-id": "walk#1"})
    assert (answer.status, answer.error) == (
        status,
        {"code": code, "message": f"the mock server was told to answer {status}"},
    )
    assert len(answer.headers["x-request-id"]) == 36
    assert answer.headers["x-client-request-id"] == "walk#1"
    assert "retry-after" not in answer.headers
    assert caller.create().status == 200


def test_refused_create_commits_nothing(caller: Caller) -> None:
    caller.simulator.refuse_next(503)
    caller.create(headers={"idempotency-key": "take-1"})
    assert caller.simulator.tasks == ()
    assert caller.simulator.books("key-1").reserved == 0
    other_input = caller.create(prompt="Another prompt", headers={"idempotency-key": "take-1"})
    assert other_input.status == 200  # the key was not taken by the request that was refused


def test_replay_is_refused_too_and_its_task_stays(caller: Caller) -> None:
    first = caller.create(headers={"idempotency-key": "take-1"}).json["id"]
    caller.simulator.refuse_next(503)
    assert caller.create(headers={"idempotency-key": "take-1"}).status == 503
    assert caller.create(headers={"idempotency-key": "take-1"}).json["id"] == first


def test_refusals_come_as_often_and_in_the_order_in_which_they_were_planned(caller: Caller) -> None:
    caller.simulator.refuse_next(503, 2)
    caller.simulator.refuse_next(429)
    assert [caller.create().status for _ in range(4)] == [503, 503, 429, 200]


def test_refusal_concerns_its_endpoint_alone(caller: Caller) -> None:
    caller.simulator.refuse_next(502, endpoint="task_of_action")
    task_id = caller.create().json["id"]
    assert caller.send("GET", "/api/v1/me").status == 200
    assert [caller.poll(task_id).status for _ in range(2)] == [502, 200]


def test_upload_that_is_refused_keeps_nothing(caller: Caller) -> None:
    prepared = caller.prepare("a.png", b"picture").json
    caller.simulator.refuse_next(503, endpoint="put_file")
    assert [caller.put(prepared, b"picture").status for _ in range(2)] == [503, 200]


def test_request_that_reaches_no_endpoint_uses_nothing_up(caller: Caller) -> None:
    caller.simulator.refuse_next(503)
    assert caller.send("POST", "/api/v1/kling/text_to_video", b"x" * 1_000_001).status == 413
    assert caller.create().status == 503


@pytest.mark.parametrize(
    ("seconds", "speed", "told"),
    [(0, 1, "0"), (7, 1, "7"), (6.2, 1, "7"), (30, 20, "2"), (1, 1_000, "1"), (3, 0.1, "30"), (2.1, 0.3, "7")],
)
def test_client_is_told_to_wait_in_whole_seconds_of_its_own_clock(
    a_caller: type[Caller], seconds: float, speed: float, told: str
) -> None:
    caller = a_caller(Config(speed=speed))
    caller.simulator.refuse_next(429, retry_after=seconds)
    assert caller.create().headers["retry-after"] == told


def test_pause_between_polls_is_told_in_seconds_of_the_clients_clock(a_caller: type[Caller]) -> None:
    caller = a_caller(Config(speed=2, poll_retry_after_seconds=5))
    assert caller.poll(caller.create().json["id"]).headers["retry-after"] == "3"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"status": 200}, "status must be from 400 to 599, not 200"),
        ({"status": 600}, "status must be from 400 to 599, not 600"),
        ({"times": 0}, "times must be at least 1, not 0"),
        ({"endpoint": "creat"}, "unknown endpoint creat.*create"),
        ({"retry_after": -1}, "retry_after must not be negative, not -1"),
    ],
)
def test_refusal_that_makes_no_sense_is_a_value_error(caller: Caller, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        caller.simulator.refuse_next(**{"status": 503, **wrong})
    assert caller.create().status == 200


# Failures


def test_next_tasks_fail_with_the_text_and_cost_nothing(caller: Caller) -> None:
    caller.simulator.fail_next("the prompt was moderated", 2)
    assert ends(caller, 3) == ["failed", "failed", "completed"]
    failed = caller.simulator.tasks[0]
    assert caller.poll(failed.id).json["error"] == "the prompt was moderated"
    books = caller.simulator.books("key-1")
    assert (books.reserved, books.settled) == (0, 700_000)


def test_failures_come_in_the_order_in_which_they_were_planned(caller: Caller) -> None:
    caller.simulator.fail_next("first")
    caller.simulator.fail_next("second")
    ends(caller, 3)
    assert [task.error for task in caller.simulator.tasks] == ["first", "second", ""]


def test_replay_and_refused_create_use_no_failure_up(a_caller: type[Caller]) -> None:
    caller = a_caller(Config(balance_micro_usd=1_400_000))
    caller.create(headers={"idempotency-key": "take-1"})
    caller.simulator.fail_next("moderated")
    caller.create(headers={"idempotency-key": "take-1"})
    assert caller.create(duration_seconds=15).status == 402
    assert caller.create(duration_seconds=1).status == 422
    assert ends(caller, 1) == ["failed"]


def test_failed_task_has_no_clip(caller: Caller) -> None:
    caller.simulator.fail_next("moderated")
    shown = caller.finish()
    assert "videos" not in shown
    assert caller.send("GET", f"/media/{shown['id']}.mp4").status == 404


def test_failure_is_called_back(caller: Caller) -> None:
    caller.simulator.fail_next("moderated")
    caller.finish(callback_url="http://127.0.0.1:9/hook")
    (callback,) = caller.simulator.callbacks
    shown = json.loads(callback.body)
    assert (shown["status"], shown["error"]) == ("failed", "moderated")


@pytest.mark.parametrize(("error", "times"), [("", 1), ("moderated", 0)])
def test_failure_that_makes_no_sense_is_a_value_error(caller: Caller, error: str, times: int) -> None:
    with pytest.raises(ValueError, match=r"error must say why|times must be at least 1"):
        caller.simulator.fail_next(error, times)


@pytest.mark.parametrize(
    ("every", "expected"),
    [
        (None, ["completed"] * 4),
        (1, ["failed"] * 4),
        (3, ["completed", "completed", "failed", "completed"]),
    ],
)
def test_every_nth_task_fails(a_caller: type[Caller], every: int | None, expected: list[str]) -> None:
    caller = a_caller(Config(fail_every=every))
    assert ends(caller, 4) == expected


def test_task_that_fails_by_its_number_says_so(a_caller: type[Caller]) -> None:
    caller = a_caller(Config(fail_every=2))
    caller.create()
    assert caller.finish()["error"] == "the mock server was told to fail one task in 2"
