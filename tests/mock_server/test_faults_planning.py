"""How faults are told, and which request each of them strikes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mock_server import Config, Fault

if TYPE_CHECKING:
    from tests.mock_server.conftest import Answer, Caller


def statuses(caller: Caller, count: int) -> list[int]:
    """What creates are answered that come one after the other."""
    return [caller.create().status for _ in range(count)]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kind": "drop_anser"}, "unknown fault drop_anser.*drop_answer"),
        ({"status": 399}, "status must be from 400 to 599, not 399"),
        ({"retry_after": -1.0}, "retry_after must not be negative, not -1.0"),
        ({"names_task": True}, "names_task needs commits"),
        ({"pieces": 2}, "pieces means nothing to a refusal"),
        ({"kind": "drop_answer", "status": 500}, "status means nothing to a drop_answer"),
        ({"kind": "slow_answer", "pieces": 1}, "pieces must be at least 2, not 1"),
        ({"kind": "slow_answer", "pause_seconds": -0.5}, "pause_seconds must not be negative, not -0.5"),
        ({"kind": "unknown_status", "polls": 0}, "polls must be at least 1, not 0"),
        ({"kind": "unknown_status", "shown_status": "failed"}, "shown_status must be none of pending.*'failed'"),
        ({"kind": "unknown_status", "shown_status": ""}, "shown_status must be none of pending.*''"),
    ],
)
def test_fault_that_makes_no_sense_is_a_value_error(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Fault(**{"kind": "refusal", **wrong})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"endpoint": "creat"}, "unknown endpoint creat.*create"),
        ({"fault": "stale_answer", "endpoint": "create"}, "a stale_answer cannot strike create"),
        ({"fault": "moderation", "endpoint": "poll"}, "a moderation cannot strike poll"),
        ({"times": 0}, "times must be at least 1, not 0"),
        ({"rate": 0}, "rate must be over 0 and at most 1, not 0"),
        ({"rate": 1.1}, "rate must be over 0 and at most 1, not 1.1"),
        ({"rate": 0.5, "times": 2}, "times or a rate, not both"),
    ],
)
def test_plan_that_makes_no_sense_is_a_value_error(caller: Caller, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        caller.simulator.plan_fault(**{"fault": "drop_answer", **wrong})
    assert caller.simulator.faults_met == {}


def test_fault_strikes_once_unless_told_otherwise(caller: Caller) -> None:
    caller.simulator.plan_fault("refusal", endpoint="create")
    assert statuses(caller, 3) == [503, 200, 200]


def test_faults_strike_in_the_order_in_which_they_were_planned(caller: Caller) -> None:
    caller.simulator.plan_fault(Fault("refusal", status=500), times=2)
    caller.simulator.plan_fault(Fault("refusal", status=429), endpoint="create")
    assert statuses(caller, 4) == [500, 500, 429, 200]


def test_fault_without_an_endpoint_strikes_whichever_comes(caller: Caller) -> None:
    caller.simulator.plan_fault("refusal", times=2)
    assert [caller.send("GET", "/api/v1/me").status, caller.create().status] == [503, 503]


def test_fault_of_polls_strikes_each_of_the_three_ways_to_ask(caller: Caller) -> None:
    task_id = caller.create().json["id"]
    caller.simulator.plan_fault("refusal", endpoint="poll", times=3)
    paths = (f"/api/v1/kling/text_to_video/{task_id}", f"/api/v1/kling/{task_id}", f"/api/v1/tasks/{task_id}")
    assert statuses(caller, 1) == [200]
    assert [caller.send("GET", path).status for path in paths] == [503, 503, 503]


def test_rate_strikes_about_that_share_of_requests(caller: Caller) -> None:
    caller.simulator.plan_fault("refusal", endpoint="balance", rate=0.2)
    struck = [caller.send("GET", "/api/v1/me/balance").status for _ in range(500)].count(503)
    assert 70 <= struck <= 130
    assert caller.simulator.faults_met == {"refusal": struck}


def test_rate_strikes_the_same_requests_for_the_same_seed_alone(a_caller: type[Caller]) -> None:
    def struck(seed: int) -> list[int]:
        caller = a_caller()
        caller.simulator.plan_fault("refusal", rate=0.3, seed=seed)
        return statuses(caller, 40)

    assert struck(1) == struck(1)
    assert struck(1) != struck(2)


def test_rate_follows_the_simulators_seed_where_none_is_told(a_caller: type[Caller]) -> None:
    def struck(seed: int) -> list[int]:
        caller = a_caller(Config(seed=seed))
        caller.simulator.plan_fault("refusal", rate=0.3)
        return statuses(caller, 40)

    assert struck(1) == struck(1)
    assert struck(1) != struck(2)


def test_two_rates_strike_independently(caller: Caller) -> None:
    caller.simulator.plan_fault(Fault("refusal", status=500), rate=0.3)
    caller.simulator.plan_fault(Fault("refusal", status=502), rate=0.3)
    assert {500, 502, 200} == set(statuses(caller, 40))


def test_fault_that_does_not_suit_a_request_waits_for_another(caller: Caller) -> None:
    caller.simulator.plan_fault("malformed_json", endpoint="create")
    assert caller.create(duration_seconds=1).error["code"] == "validation_failed"
    assert not _body(caller.create()).endswith(b"}")


def test_cleared_faults_strike_no_more_and_stay_counted(caller: Caller) -> None:
    caller.simulator.plan_fault("refusal", times=9)
    caller.create()
    caller.simulator.clear_faults()
    assert caller.create().status == 200
    assert caller.simulator.faults_met == {"refusal": 1}


def _body(answer: Answer) -> bytes:
    assert isinstance(answer.response.body, bytes)
    return answer.response.body
