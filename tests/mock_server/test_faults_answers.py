"""Requests that are refused, and answers that get lost or spoiled, at every door."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import anyio
import httpx
import pytest

from mock_server import Config, Fault, Simulator, create_app, running_server
from mock_server.doors.hang_up import BrokenConnectionError

from .visitors import CUT, DROPPED, Visitor

if TYPE_CHECKING:
    from tests.mock_server.conftest import Caller

KEY = {"authorization": "Bearer key-1"}


# Refusals


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_refusal_tells_to_wait_in_seconds(visitor: Visitor, status: int) -> None:
    visitor.simulator.plan_fault(Fault("refusal", status=status, retry_after=7))
    answer = visitor.create()
    assert (answer.status_code, answer.headers["retry-after"]) == (status, "7")
    assert visitor.simulator.tasks == ()


def test_refusal_tells_to_wait_until_a_date(visitor: Visitor) -> None:
    visitor.simulator.plan_fault(Fault("refusal", status=429, retry_after=90, retry_after_as_date=True))
    began = visitor.simulator.now
    told = parsedate_to_datetime(visitor.create().headers["retry-after"])
    assert timedelta(seconds=90) <= told - began < timedelta(seconds=100)


def test_date_to_wait_for_is_of_the_clients_clock_although_the_server_is_fast() -> None:
    with running_server(speed=1_000) as server, httpx.Client(base_url=server.url, trust_env=False) as client:
        server.simulator.advance(server.simulator.now + timedelta(hours=5))
        server.simulator.plan_fault(Fault("refusal", status=429, retry_after=30_000, retry_after_as_date=True))
        told = parsedate_to_datetime(client.get("/api/v1/me", headers=KEY).headers["retry-after"])
        assert timedelta(seconds=25) < told - datetime.now(UTC) < timedelta(seconds=32)


def test_date_to_wait_for_is_never_too_early(caller: Caller) -> None:
    caller.now += timedelta(milliseconds=1)
    caller.simulator.plan_fault(Fault("refusal", retry_after=1, retry_after_as_date=True))
    assert caller.create().headers["retry-after"] == "Mon, 03 Aug 2026 12:00:02 GMT"


def test_gateway_refuses_with_a_page(visitor: Visitor) -> None:
    visitor.simulator.plan_fault(Fault("refusal", status=502, html=True, retry_after=3))
    answer = visitor.create()
    assert (answer.status_code, answer.headers["retry-after"]) == (502, "3")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>502 Bad Gateway</h1>" in answer.text


def test_refusal_is_worded_as_told(visitor: Visitor) -> None:
    visitor.simulator.plan_fault(Fault("refusal", status=422, code="content_moderated", text="not this prompt"))
    assert visitor.create().json()["error"] == {"code": "content_moderated", "message": "not this prompt"}


def test_gateway_that_gives_up_waiting_leaves_a_task_behind(visitor: Visitor) -> None:
    visitor.simulator.plan_fault(Fault("refusal", status=504, commits=True))
    assert visitor.create().status_code == 504
    (task,) = visitor.simulator.tasks
    assert visitor.create().json()["id"] == task.id


def test_conflict_names_no_task_and_makes_none(visitor: Visitor) -> None:
    visitor.simulator.plan_fault(Fault("refusal", status=409))
    answer = visitor.create()
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "idempotency_conflict")
    assert "x-runapi-task-id" not in answer.headers
    assert visitor.simulator.tasks == ()


def test_conflict_names_the_task_that_was_made(visitor: Visitor) -> None:
    visitor.simulator.plan_fault(Fault("refusal", status=409, commits=True, names_task=True))
    answer = visitor.create()
    (task,) = visitor.simulator.tasks
    assert (answer.status_code, answer.headers["x-runapi-task-id"]) == (409, task.id)


# Connections


def test_dropped_request_makes_nothing(visitor: Visitor) -> None:
    visitor.simulator.plan_fault("drop_request", endpoint="create")
    with pytest.raises(httpx.RemoteProtocolError, match=DROPPED):
        visitor.create()
    assert visitor.simulator.tasks == ()
    assert visitor.create().status_code == 200


def test_dropped_answer_leaves_its_task_behind(visitor: Visitor) -> None:
    visitor.simulator.plan_fault("drop_answer", times=2, endpoint="create")
    for _ in range(2):
        with pytest.raises(httpx.RemoteProtocolError, match=DROPPED):
            visitor.create()
    (task,) = visitor.simulator.tasks
    assert visitor.create().json()["id"] == task.id
    assert len(visitor.simulator.tasks) == 1


def test_cut_answer_breaks_off_in_its_body(visitor: Visitor) -> None:
    visitor.simulator.plan_fault("cut_answer", endpoint="create")
    with pytest.raises(httpx.RemoteProtocolError, match=CUT):
        visitor.create()
    assert len(visitor.simulator.tasks) == 1
    assert visitor.create().status_code == 200


def test_answer_without_a_body_cannot_be_cut(visitor: Visitor) -> None:
    etag = visitor.get("/api/v1/price_schedules").headers["etag"]
    visitor.simulator.plan_fault("cut_answer")
    assert visitor.get("/api/v1/price_schedules", if_none_match=etag).status_code == 304
    with pytest.raises(httpx.RemoteProtocolError, match=CUT):
        visitor.get("/api/v1/price_schedules")


def test_slow_answer_comes_in_pieces_with_pauses() -> None:
    fault = Fault("slow_answer", pieces=4, pause_seconds=0.03)
    with running_server() as server, httpx.Client(base_url=server.url, trust_env=False) as client:
        server.simulator.plan_fault(fault, endpoint="price_schedules")
        began = time.monotonic()
        with client.stream("GET", "/api/v1/price_schedules") as response:
            pieces = list(response.iter_raw())
        assert time.monotonic() - began >= 0.09
    assert len(pieces) == 4
    assert "price_schedules" in json.loads(b"".join(pieces))


def test_slow_answer_is_whole_in_the_end(visitor: Visitor) -> None:
    visitor.simulator.plan_fault(Fault("slow_answer", pause_seconds=0.001), endpoint="create")
    assert visitor.create().json()["status"] == "pending"


def test_application_under_another_server_breaks_the_answer_off() -> None:
    async def ask() -> None:
        simulator = Simulator()
        simulator.plan_fault("drop_answer")
        transport = httpx.ASGITransport(create_app(simulator))
        async with httpx.AsyncClient(transport=transport, base_url="http://mock.test") as client:
            with pytest.raises(BrokenConnectionError, match="disconnected without sending"):
                await client.get("/api/v1/me", headers=KEY)

    anyio.run(ask)


def test_broken_connections_leave_nothing_in_the_servers_log(caplog: pytest.LogCaptureFixture) -> None:
    with running_server(Config()) as server, httpx.Client(base_url=server.url, trust_env=False) as client:
        for kind in ("drop_request", "drop_answer", "cut_answer"):
            server.simulator.plan_fault(Fault(kind))
            with pytest.raises(httpx.RemoteProtocolError, match=r"disconnected|closed connection"):
                client.get("/api/v1/me", headers=KEY)
        assert client.get("/api/v1/me", headers=KEY).status_code == 200
    assert [record for record in caplog.records if record.name.startswith("uvicorn")] == []


# Bodies


def test_malformed_json_ends_in_its_middle(visitor: Visitor) -> None:
    visitor.simulator.plan_fault("malformed_json", endpoint="create")
    answer = visitor.create()
    (task,) = visitor.simulator.tasks
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.headers["x-runapi-task-id"] == task.id
    with pytest.raises(ValueError, match=r"Unterminated|Expecting|delimiter"):
        answer.json()


def test_page_in_place_of_an_answer_knows_nothing_of_the_task(visitor: Visitor) -> None:
    visitor.simulator.plan_fault("html_answer", endpoint="create")
    answer = visitor.create()
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.text.startswith("<!DOCTYPE html>")
    assert "x-runapi-task-id" not in answer.headers
    assert len(visitor.simulator.tasks) == 1


def test_right_answer_is_said_to_be_text(visitor: Visitor) -> None:
    visitor.simulator.plan_fault("wrong_content_type", endpoint="create")
    answer = visitor.create()
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.json()["id"] == visitor.simulator.tasks[0].id


def test_doubled_answer_holds_its_document_twice(visitor: Visitor) -> None:
    visitor.simulator.plan_fault("doubled_answer", endpoint="create")
    text = visitor.create().text
    assert text[: len(text) // 2] == text[len(text) // 2 :]
    assert json.loads(text[: len(text) // 2])["status"] == "pending"


def test_stale_answer_repeats_the_poll_before(visitor: Visitor) -> None:
    task_id = visitor.created()
    visitor.simulator.plan_fault("stale_answer", times=2)
    before = visitor.poll(task_id)
    visitor.wait(121)
    assert [visitor.poll(task_id).content for _ in range(2)] == [before.content] * 2
    assert visitor.poll(task_id).json()["status"] == "completed"


def test_first_poll_of_a_task_cannot_be_stale(visitor: Visitor) -> None:
    visitor.simulator.plan_fault("stale_answer", rate=1)
    visitor.poll(visitor.created("take-1"))
    second = visitor.created("take-2")
    visitor.wait(121)
    assert visitor.poll(second).json()["status"] == "completed"
