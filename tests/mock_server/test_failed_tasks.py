from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from kling_render.catalog import bundled_catalog
from mock_server.core.config import Config
from mock_server.core.latency import bundled_latency
from mock_server.core.messages import Request
from mock_server.core.state import Call, State
from mock_server.core.tasks import Task
from mock_server.core.views import task_response, task_result_response

AT = datetime(2026, 8, 3, 12, 0, tzinfo=UTC)
END = AT + timedelta(seconds=60)
CALL = Call(Request("GET", "/"), {})


@pytest.fixture
def state() -> State:
    """A state with one task that will fail."""
    state = State.opened(Config(), bundled_catalog(), bundled_latency())
    state.advance(AT)
    account = state.accounts.of_key("key-1").digest
    state.add(
        Task(
            id="a",
            account=account,
            action="text_to_video",
            model="kling-3.0",
            seconds=5,
            micro_usd=700_000,
            created_at=AT,
            starts_at=AT,
            completes_at=END,
            error="the prompt was moderated",
            values={"callback_url": "http://127.0.0.1:9/hook"},
        )
    )
    return state


def shown(state: State, *, as_result: bool = False) -> object:
    view = task_result_response if as_result else task_response
    body = view(state, CALL, state.tasks["a"]).body
    assert isinstance(body, bytes)
    return json.loads(body)


def test_task_shows_its_error_only_when_it_has_failed(state: State) -> None:
    before = {"id": "a", "task_id": "a", "status": "processing", "model": "kling-3.0"}
    assert shown(state) == before
    state.advance(END)
    assert shown(state) == {**before, "status": "failed", "error": "the prompt was moderated"}


def test_task_result_of_a_failed_task_has_an_error_and_no_response(state: State) -> None:
    state.advance(END)
    assert shown(state, as_result=True) == {"id": "a", "status": "failed", "error": "the prompt was moderated"}


def test_failed_task_gives_its_reservation_back(state: State) -> None:
    assert state.accounts.of_key("key-1").books.reserved == 700_000
    state.advance(END)
    books = state.accounts.of_key("key-1").books
    assert (books.reserved, books.settled, books.available) == (0, 0, books.start)


def test_failure_is_called_back(state: State) -> None:
    state.advance(END)
    (callback,) = state.outbox.all
    assert json.loads(callback.body) == shown(state)
