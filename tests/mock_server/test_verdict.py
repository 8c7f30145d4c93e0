"""The verdict: each carelessness is found in a client that has it, and none in one that has not."""

from __future__ import annotations

import pytest

from mock_server import Config, Fault, Simulator
from mock_server.core.verdict import Finding

from .conftest import Caller

PRICE = 700_000


def found(simulator: Simulator) -> list[tuple[str, int]]:
    return [(each.code, each.micro_usd) for each in simulator.verdict().findings]


def only(simulator: Simulator) -> Finding:
    (finding,) = simulator.verdict().findings
    return finding


def keyed(key: str) -> dict[str, str]:
    return {"idempotency-key": key}


def fetch(caller: Caller, task_id: str, key: str | None = None) -> None:
    """Poll a finished task and download its clip."""
    caller.wait(120)
    assert caller.send("GET", caller.poll(task_id).json["videos"][0]["url"], key=key).status == 200


# Clean


def test_careful_client_is_clean(caller: Caller) -> None:
    caller.simulator.plan_fault("drop_answer", endpoint="create")
    caller.create(headers=keyed("take-1"))
    caller.wait(1)
    fetch(caller, caller.create(headers=keyed("take-1")).json["id"])
    assert caller.simulator.verdict().is_clean
    assert caller.simulator.verdict().lines() == ["verdict: clean"]


def test_two_takes_of_one_prompt_are_no_repetition(caller: Caller) -> None:
    for name in ("take-1", "take-2"):
        fetch(caller, caller.create(headers=keyed(name)).json["id"])
    assert found(caller.simulator) == []


def test_takes_that_overtake_a_lost_answer_are_no_repetition(caller: Caller) -> None:
    caller.simulator.plan_fault("drop_answer", endpoint="create")
    for name in ("take-1", "take-2", "take-1"):
        task = caller.create(headers=keyed(name))
        caller.wait(1)
    fetch(caller, task.json["id"])
    fetch(caller, caller.create(headers=keyed("take-2")).json["id"])
    assert found(caller.simulator) == []


def test_task_that_nobody_saw_completed_may_still_be_fetched(caller: Caller) -> None:
    caller.create(headers=keyed("take-1"))
    caller.wait(300)
    assert found(caller.simulator) == []


# Paid twice


@pytest.mark.parametrize("fault", ["drop_answer", "cut_answer", "malformed_json", "html_answer"])
@pytest.mark.parametrize("second", [{}, keyed("another")])
def test_purchase_repeated_after_an_unknown_result_is_billed_twice(
    caller: Caller, fault: str, second: dict[str, str]
) -> None:
    caller.simulator.plan_fault(fault, endpoint="create")  # type: ignore[arg-type]
    caller.create(headers=keyed("take-1"))
    caller.create(headers=second)
    assert found(caller.simulator) == [("double_billed", PRICE)]
    assert only(caller.simulator).requests == (1, 2)


def test_gateway_that_gave_up_after_the_commit_makes_a_second_bill(caller: Caller) -> None:
    caller.simulator.plan_fault(Fault("refusal", status=504, commits=True, names_task=True), endpoint="create")
    caller.create()
    caller.create()
    assert found(caller.simulator) == [("double_billed", PRICE)]


def test_same_name_for_two_tasks_is_billed_twice(caller: Caller) -> None:
    name = {"x-client-request-id": "shot-7"}
    caller.create(headers={**keyed("a"), **name})
    caller.create(headers={**keyed("b"), **name})
    assert found(caller.simulator) == [("double_billed", PRICE)]
    assert "shot-7" in only(caller.simulator).text


def test_shot_that_was_edited_and_bought_again_is_billed_once_each(caller: Caller) -> None:
    name = {"x-client-request-id": "walk%231;a=1;n=abc"}
    fetch(caller, caller.create(headers={**keyed("a"), **name}).json["id"])
    fetch(caller, caller.create(headers={**keyed("b"), **name}, prompt="The same shot, edited").json["id"])
    assert found(caller.simulator) == []


def test_failed_task_bought_anew_is_billed_once(caller: Caller) -> None:
    caller.simulator.plan_fault("task_failure")
    caller.create(headers={**keyed("a"), "x-client-request-id": "shot-7"})
    caller.wait(200)
    fetch(caller, caller.create(headers={**keyed("b"), "x-client-request-id": "shot-7"}).json["id"])
    assert found(caller.simulator) == []


# Nearly paid twice


def test_create_repeated_without_a_key_is_told_though_nothing_was_committed(caller: Caller) -> None:
    caller.simulator.plan_fault("drop_request", endpoint="create")
    caller.create()
    caller.create()
    assert found(caller.simulator) == [("repeated_without_key", 0)]


def test_create_repeated_under_a_new_key_is_told_though_nothing_was_committed(caller: Caller) -> None:
    caller.simulator.refuse_next(503)
    caller.create(headers=keyed("a"))
    caller.create(headers=keyed("b"))
    assert found(caller.simulator) == [("repeated_with_new_key", 0)]


# In a hurry


@pytest.mark.parametrize("as_date", [False, True])
def test_request_repeated_before_retry_after_is_told(caller: Caller, as_date: bool) -> None:
    fault = Fault("refusal", status=429, retry_after=10, retry_after_as_date=as_date)
    caller.simulator.plan_fault(fault, endpoint="create")
    caller.create(headers=keyed("a"))
    caller.wait(3)
    caller.create(headers=keyed("a"))
    assert found(caller.simulator) == [("retry_after_ignored", 0)]


def test_request_repeated_after_retry_after_is_right(caller: Caller) -> None:
    caller.simulator.refuse_next(429, retry_after=10)
    caller.create(headers=keyed("a"))
    caller.wait(10)
    caller.create(headers=keyed("a"))
    assert found(caller.simulator) == []


def test_retry_after_counts_in_the_clients_own_seconds() -> None:
    caller = Caller(Config(speed=100))
    caller.simulator.refuse_next(429, retry_after=1000)  # ten of the client's seconds
    caller.create(headers=keyed("a"))
    caller.wait(1000)
    caller.create(headers=keyed("a"))
    assert found(caller.simulator) == []


def test_storm_of_retries_is_told(caller: Caller) -> None:
    caller.simulator.refuse_next(503, times=8)
    for _ in range(9):
        caller.create(headers=keyed("a"))
        caller.wait(0.01)
    assert found(caller.simulator) == [("retry_storm", 0)]


def test_retries_with_growing_pauses_are_no_storm(caller: Caller) -> None:
    caller.simulator.refuse_next(503, times=8)
    for number in range(9):
        caller.create(headers=keyed("a"))
        caller.wait(0.5 * 2**number)
    assert found(caller.simulator) == []


def test_polls_without_a_pause_are_told(caller: Caller) -> None:
    task_id = caller.create(headers=keyed("a")).json["id"]
    for _ in range(20):
        caller.poll(task_id)
        caller.wait(0.1)
    assert found(caller.simulator) == [("polled_too_fast", 0)]


def test_polls_every_two_seconds_are_right(caller: Caller) -> None:
    task_id = caller.create(headers=keyed("a")).json["id"]
    for _ in range(10):
        caller.poll(task_id)
        caller.wait(2)
    assert found(caller.simulator) == []


# Clips


def test_paid_clip_that_is_never_fetched_is_told_with_its_price(caller: Caller) -> None:
    caller.finish()
    assert found(caller.simulator) == [("never_downloaded", PRICE)]


def test_clip_whose_download_broke_off_is_not_fetched(caller: Caller) -> None:
    url = caller.finish()["videos"][0]["url"]
    caller.simulator.plan_fault("cut_answer", endpoint="clip")
    caller.send("GET", url, key=None)
    assert found(caller.simulator) == [("never_downloaded", PRICE)]


def test_clip_that_died_on_the_server_is_told(caller: Caller) -> None:
    caller.create()
    caller.wait(8 * 24 * 3600)
    caller.simulator.advance(caller.now)
    assert found(caller.simulator) == [("left_to_expire", PRICE)]


def test_task_whose_answer_was_lost_and_that_nobody_asked_about_is_lost(caller: Caller) -> None:
    caller.simulator.plan_fault("drop_answer", endpoint="create")
    caller.create(headers=keyed("a"))
    assert found(caller.simulator) == [("never_downloaded", PRICE)]


# Secrets


def test_key_sent_with_a_download_is_told(caller: Caller) -> None:
    fetch(caller, caller.create(headers=keyed("a")).json["id"], key="key-1")
    assert found(caller.simulator) == [("key_sent_to_media", 0)]


def test_key_sent_with_an_upload_is_told(caller: Caller) -> None:
    prepared = caller.prepare("quay.png", b"bytes").json
    caller.put(prepared, b"bytes", authorization="Bearer key-1")
    assert found(caller.simulator) == [("key_sent_to_media", 0)]


def test_key_in_an_address_is_told(caller: Caller) -> None:
    caller.send("GET", "/api/v1/me?api_key=secret-key", key="secret-key")
    assert found(caller.simulator) == [("key_sent_to_media", 0)]


# The whole


def test_findings_come_gravest_first_with_advice_once_for_each_kind(caller: Caller) -> None:
    caller.simulator.plan_fault("drop_answer", endpoint="create")
    caller.create()
    task_id = caller.create().json["id"]
    caller.wait(200)
    caller.poll(task_id)
    verdict = caller.simulator.verdict()
    assert [each.code for each in verdict.findings] == ["double_billed", "never_downloaded"]
    assert verdict.wasted_micro_usd == 2 * PRICE
    assert verdict.lines()[0] == "verdict: 2 found, $1.40 wasted"
    assert len(verdict.lines()) == 5


def test_findings_that_are_allowed_are_left_out(caller: Caller) -> None:
    caller.finish()
    assert caller.simulator.verdict().without(["never_downloaded"]).is_clean


def test_verdict_over_a_part_of_the_journal_says_so() -> None:
    caller = Caller(Config(journal_entries=3))
    for _ in range(5):
        caller.send("GET", "/api/v1/me")
        caller.wait(1)
    assert only(caller.simulator).text == "the first 2 requests are not in the journal any more"


def test_accounts_are_judged_apart(caller: Caller) -> None:
    caller.simulator.plan_fault("drop_answer", endpoint="create")
    caller.create(key="key-1")
    caller.create(key="key-2")
    assert found(caller.simulator) == [("never_downloaded", PRICE)]  # and nothing is billed twice


def test_task_that_is_known_from_a_header_needs_no_repetition(caller: Caller) -> None:
    caller.simulator.plan_fault("malformed_json", endpoint="create")
    task_id = caller.create(headers=keyed("a")).headers["x-runapi-task-id"]
    fetch(caller, task_id)
    fetch(caller, caller.create(headers=keyed("b")).json["id"])
    assert found(caller.simulator) == []


def test_takes_of_one_prompt_do_not_wait_for_each_other(caller: Caller) -> None:
    caller.simulator.refuse_next(429, retry_after=10)
    for name in ("a", "b"):
        caller.create(headers=keyed(name))
    assert found(caller.simulator) == []
