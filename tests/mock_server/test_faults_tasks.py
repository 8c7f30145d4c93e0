"""Tasks that fail, are moderated, never end, or are in a status that nobody knows, at every door."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mock_server import Fault

from .visitors import PRICE, Visitor

if TYPE_CHECKING:
    from tests.mock_server.conftest import Caller

YEAR = 365 * 86_400


def test_failed_task_says_why_in_a_text(visitor: Visitor) -> None:
    visitor.simulator.plan_fault(Fault("task_failure", text="the model is overloaded"))
    task_id = visitor.created()
    visitor.wait(121)
    shown = visitor.poll(task_id).json()
    assert (shown["status"], shown["error"]) == ("failed", "the model is overloaded")


def test_failed_task_says_that_it_was_told_to_where_no_text_is(visitor: Visitor) -> None:
    visitor.simulator.plan_fault("task_failure")
    task_id = visitor.created()
    visitor.wait(121)
    assert visitor.poll(task_id).json()["error"] == "the mock server was told to fail this task"


def test_moderated_task_fails_with_a_code(visitor: Visitor) -> None:
    visitor.simulator.plan_fault("moderation")
    task_id = visitor.created()
    visitor.wait(121)
    error = {"code": "content_moderated", "message": "the prompt was refused by content moderation"}
    shown = [visitor.poll(task_id).json(), visitor.get(f"/api/v1/tasks/{task_id}").json()]
    assert [(each["status"], each["error"]) for each in shown] == [("failed", error)] * 2


def test_moderation_is_worded_as_told(visitor: Visitor) -> None:
    visitor.simulator.plan_fault(Fault("moderation", code="nsfw", text="first_frame_image_url was refused"))
    task_id = visitor.created()
    visitor.wait(121)
    error = {"code": "nsfw", "message": "first_frame_image_url was refused"}
    assert visitor.poll(task_id).json()["error"] == error


def test_stuck_task_never_ends_and_keeps_its_reservation(visitor: Visitor) -> None:
    visitor.simulator.plan_fault("stuck_task")
    task_id = visitor.created()
    visitor.wait(YEAR)
    assert visitor.poll(task_id).json()["status"] == "processing"
    assert visitor.simulator.books("key-1").reserved == PRICE
    assert visitor.simulator.next_event is None


def test_sibling_of_a_stuck_task_completes(visitor: Visitor) -> None:
    visitor.simulator.plan_fault("stuck_task")
    visitor.created("take-1")
    sibling = visitor.created("take-2")
    visitor.wait(121)
    assert visitor.poll(sibling).json()["status"] == "completed"


def test_unknown_status_is_shown_to_some_polls(visitor: Visitor) -> None:
    visitor.simulator.plan_fault(Fault("unknown_status", polls=2))
    created = visitor.create().json()
    visitor.wait(121)
    shown = [visitor.poll(created["id"]).json() for _ in range(3)]
    assert created["status"] == "pending"
    assert [each["status"] for each in shown] == ["paused", "paused", "completed"]
    assert ["videos" in each for each in shown] == [False, False, True]


def test_unknown_status_for_good_is_a_task_that_never_ends(visitor: Visitor) -> None:
    visitor.simulator.plan_fault(Fault("unknown_status", shown_status="queued_for_review"))
    task_id = visitor.created()
    visitor.wait(YEAR)
    shown = [visitor.poll(task_id).json(), visitor.get(f"/api/v1/tasks/{task_id}").json()]
    assert [each["status"] for each in shown] == ["queued_for_review"] * 2
    assert "response" not in shown[1]
    assert visitor.simulator.books("key-1").reserved == PRICE


def test_fault_of_a_task_is_not_used_up_by_a_replay_or_a_refusal(visitor: Visitor) -> None:
    visitor.created("take-1")
    visitor.simulator.plan_fault("task_failure")
    visitor.created("take-1")
    assert visitor.create("take-2", duration_seconds=1).status_code == 422
    task_id = visitor.created("take-3")
    visitor.wait(121)
    assert visitor.poll(task_id).json()["status"] == "failed"


def test_task_whose_answer_is_lost_has_its_own_fault_too(visitor: Visitor) -> None:
    visitor.simulator.plan_fault("moderation")
    visitor.simulator.plan_fault(Fault("refusal", status=502, commits=True), endpoint="create")
    assert visitor.create().status_code == 502
    visitor.wait(121)
    assert visitor.poll(visitor.created()).json()["status"] == "failed"
    assert visitor.simulator.faults_met == {"moderation": 1, "refusal": 1}


@pytest.mark.parametrize("kind", ["task_failure", "stuck_task"])
def test_rate_strikes_that_share_of_tasks(caller: Caller, kind: str) -> None:
    caller.simulator.plan_fault(Fault(kind), rate=0.5)  # type: ignore[arg-type] # a parameter is a plain text
    for _ in range(60):
        caller.create()
    assert 18 <= caller.simulator.faults_met[kind] <= 42
