from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mock_server.core.control import is_control
from mock_server.core.messages import Request
from mock_server.core.simulator import Simulator

if TYPE_CHECKING:
    from tests.mock_server.conftest import Caller

AT = datetime(2026, 8, 3, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(["model", "prompt", "duration_seconds", "multi_shots", "multi_prompt", "kling_elements", "x"])
MODELS = st.sampled_from(["kling-3.0", "kling-v3-omni", "kling-v3-omni-reference", "no-such-model"])


def test_unknown_route_names_near_ones(caller: Caller) -> None:
    answer = caller.send("GET", "/api/v1/me/balanse")
    assert (answer.status, answer.error["code"]) == (404, "not_found")
    assert "near: GET /api/v1/me/balance" in answer.error["message"]


def test_route_far_from_all_gets_the_whole_list(caller: Caller) -> None:
    assert "routes: POST /api/v1/kling/{action}, " in caller.send("GET", "/nowhere").error["message"]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", "/api/v1/me", "GET, HEAD"),
        ("GET", "/api/v1/price_quotes", "POST"),
        ("GET", "/api/v1/kling/text_to_video", "POST"),
        ("DELETE", "/api/v1/kling/text_to_video", "POST, GET, HEAD"),
    ],
)
def test_wrong_method_names_the_right_ones(caller: Caller, method: str, path: str, allow: str) -> None:
    answer = caller.send(method, path)
    assert (answer.status, answer.error["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == allow


def test_every_answer_has_its_own_request_id(caller: Caller) -> None:
    ids = [caller.send("GET", path).headers["x-request-id"] for path in ("/nowhere", "/api/v1/me", "/api/v1/me")]
    assert len(set(ids)) == 3


def test_two_simulators_share_nothing(a_caller: type[Caller]) -> None:
    first, second = a_caller(), a_caller()
    task_id = first.create().json["id"]
    assert second.poll(task_id).status == 404
    assert second.simulator.books("key-1").reserved == 0


def test_time_without_requests_settles_due_tasks(caller: Caller) -> None:
    caller.create()
    caller.wait(120)
    caller.simulator.advance(caller.now)
    assert caller.simulator.books("key-1").settled == 700_000
    assert caller.simulator.now == caller.now


@given(
    method=st.text(), path=st.text(), query=st.text(), headers=st.dictionaries(st.text(), st.text()), body=st.binary()
)
def test_random_requests_are_answered(method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> None:
    assume(not is_control(path))
    assert Simulator().handle(Request(method, path, query, headers, body), AT).status >= 400


@given(body=st.binary(max_size=200), path=st.sampled_from(["/api/v1/kling/text_to_video", "/api/v1/price_quotes"]))
def test_random_bytes_as_json_are_refused(a_caller: type[Caller], body: bytes, path: str) -> None:
    assert a_caller().send("POST", path, body).status in (400, 422)


@given(fields=st.dictionaries(FIELDS, JSON), model=MODELS | JSON)
def test_random_fields_are_accepted_or_refused(a_caller: type[Caller], fields: dict[str, Any], model: Any) -> None:
    body = {**fields, "model": model}
    quote = {"service": "kling", "action": "text_to_video", "params": body}
    assert a_caller().send("POST", "/api/v1/kling/text_to_video", body).status in (200, 400, 422)
    assert a_caller().send("POST", "/api/v1/price_quotes", quote).status in (200, 400, 422)


@given(value=st.text(max_size=600))
def test_random_header_values_are_answered(a_caller: type[Caller], value: str) -> None:
    names = ("authorization", "idempotency-key", "x-client-request-id", "host", "if-none-match", "range")
    headers = dict.fromkeys(names, value)
    assert a_caller().send("GET", "/api/v1/price_schedules", headers=headers).status in (200, 304, 400)
    assert a_caller().create(headers=headers).status in (200, 400, 401)
