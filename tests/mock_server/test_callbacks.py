from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.core.callbacks import Attempt, Callback, Outbox
from mock_server.core.config import Config

if TYPE_CHECKING:
    from tests.mock_server.conftest import Caller

URL = "http://127.0.0.1:9/hook"
AT = datetime(2026, 8, 3, 12, 0, tzinfo=UTC)


def a_callback(task_id: str = "a", seconds: float = 0) -> Callback:
    due_at = AT + timedelta(seconds=seconds)
    return Callback(task_id, URL, b"{}", ended_at=due_at, due_at=due_at)


def fail(outbox: Outbox, seconds: float, status: int | None = 500) -> Callback:
    return outbox.record("a", Attempt(AT + timedelta(seconds=seconds), status))


def test_task_that_ends_leaves_its_envelope_in_the_outbox(caller: Caller) -> None:
    task = caller.finish(callback_url=URL)
    (callback,) = caller.simulator.callbacks
    assert (callback.task_id, callback.url, callback.outcome) == (task["id"], URL, "waiting")
    assert json.loads(callback.body) == task
    assert callback.due_at == callback.ended_at == caller.simulator.tasks[0].completes_at


def test_task_without_a_callback_url_leaves_nothing(caller: Caller) -> None:
    caller.finish()
    caller.finish(callback_url="")
    assert caller.simulator.callbacks == ()


def test_unfinished_task_calls_nobody_back(caller: Caller) -> None:
    caller.create(callback_url=URL)
    assert caller.simulator.callbacks == ()
    assert caller.simulator.due_callback(caller.now) is None


def test_replay_calls_back_once(caller: Caller) -> None:
    for _ in range(2):
        caller.create(callback_url=URL, headers={"idempotency-key": "take-1"})
    caller.wait(120)
    caller.simulator.advance(caller.now)
    assert len(caller.simulator.callbacks) == 1


def test_envelope_names_the_host_that_the_task_was_created_at(a_caller: type[Caller]) -> None:
    caller = a_caller(Config(base_url=None))
    caller.create(callback_url=URL, headers={"host": "127.0.0.1:8787"})
    caller.wait(120)
    caller.simulator.advance(caller.now)
    shown = json.loads(caller.simulator.callbacks[0].body)
    assert shown["videos"][0]["url"].startswith("http://127.0.0.1:8787/media/")


def test_next_event_is_the_next_end_and_then_its_callback(caller: Caller) -> None:
    assert caller.simulator.next_event is None
    caller.create(callback_url=URL)
    ends = caller.simulator.tasks[0].completes_at
    assert caller.simulator.next_event == ends
    callback = caller.simulator.due_callback(ends)
    assert callback is not None
    assert caller.simulator.next_event == ends
    caller.simulator.record_attempt(callback.task_id, Attempt(ends, 503))
    assert caller.simulator.next_event == ends + timedelta(seconds=10)
    caller.simulator.record_attempt(callback.task_id, Attempt(ends, 204))
    assert caller.simulator.next_event is None


def test_watcher_is_told_when_the_next_event_becomes_another(caller: Caller) -> None:
    told: list[datetime | None] = []
    with caller.simulator.watched(lambda: told.append(caller.simulator.next_event)):
        caller.create()
        caller.send("GET", "/api/v1/me")
        caller.wait(120)
        caller.simulator.advance(caller.now)
    caller.create()
    assert told == [caller.simulator.tasks[0].completes_at, None]


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_delivers(status: int) -> None:
    outbox = Outbox([10, 60])
    outbox.add(a_callback())
    assert fail(outbox, 0, status).outcome == "delivered"
    assert outbox.next_due() is None


def test_anything_else_is_tried_again_after_growing_pauses_and_then_given_up() -> None:
    outbox = Outbox([10, 60])
    outbox.add(a_callback())
    assert fail(outbox, 0, 302).due_at == AT + timedelta(seconds=10)
    assert fail(outbox, 11, None).due_at == AT + timedelta(seconds=71)
    given_up = fail(outbox, 71, 500)
    assert (given_up.due_at, given_up.outcome) == (None, "not delivered: answered 500")
    assert [attempt.status for attempt in given_up.attempts] == [302, None, 500]
    assert outbox.all == (given_up,)


def test_final_attempt_is_not_repeated() -> None:
    outbox = Outbox([10, 60])
    outbox.add(a_callback())
    outbox.record("a", Attempt(AT, reason="not loopback", is_final=True))
    assert outbox.next_due() is None
    assert outbox.all[0].outcome == "not delivered: not loopback"


@given(
    ends=st.lists(st.integers(0, 100), min_size=1, max_size=8, unique=True),
    statuses=st.lists(st.sampled_from([200, 404, 503, None]), max_size=24),
)
def test_first_due_comes_first_whatever_was_answered(ends: list[int], statuses: list[int | None]) -> None:
    outbox = Outbox([10, 60])
    for end in ends:
        outbox.add(a_callback(str(end), end))
    for status in statuses:
        waiting = [each for each in outbox.all if each.due_at is not None]
        due = outbox.next_due()
        assert (due is None) == (not waiting)
        if due is None or due.due_at is None:
            break
        assert due.due_at == min(each.due_at for each in waiting if each.due_at)
        outbox.record(due.task_id, Attempt(due.due_at, status))
    assert all(len(each.attempts) <= 3 for each in outbox.all)
