from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mock_server.core.config import Config

if TYPE_CHECKING:
    from tests.mock_server.conftest import Caller

CREATE = "/api/v1/kling/text_to_video"


def test_valid_request_answers_with_a_pending_task_under_both_id_names(caller: Caller) -> None:
    answer = caller.create()
    task_id = answer.json["id"]
    assert answer.status == 200
    assert answer.json == {"id": task_id, "task_id": task_id, "status": "pending", "model": "kling-3.0"}
    assert answer.headers["x-runapi-task-id"] == task_id


def test_task_ids_are_version_4_uuids(caller: Caller) -> None:
    assert caller.create().json["id"][14] == "4"


def test_equal_seeds_and_requests_give_equal_ids_and_request_ids(a_caller: type[Caller]) -> None:
    first, second = a_caller(Config(seed=7)).create(), a_caller(Config(seed=7)).create()
    assert (first.json, first.headers) == (second.json, second.headers)


def test_another_seed_gives_another_id(a_caller: type[Caller]) -> None:
    assert a_caller(Config(seed=1)).create().json["id"] != a_caller(Config(seed=2)).create().json["id"]


def test_idempotency_key_gives_the_same_id_whatever_came_before(a_caller: type[Caller]) -> None:
    busy, fresh = a_caller(), a_caller()
    busy.create()
    keyed = {"idempotency-key": "take-1"}
    assert busy.create(headers=keyed).json["id"] == fresh.create(headers=keyed).json["id"]


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer ", "Basic key-1", "key-1"])
def test_missing_key_is_refused(caller: Caller, header: str | None) -> None:
    headers = {} if header is None else {"authorization": header}
    answer = caller.send("POST", CREATE, {}, key=None, headers=headers)
    assert (answer.status, answer.error["code"]) == (401, "unauthorized")


def test_wrong_key_is_refused_before_the_body_is_read(a_caller: type[Caller]) -> None:
    strict = a_caller(Config(api_keys=("right",)))
    assert strict.send("POST", CREATE, b"{", key="wrong").status == 401
    assert strict.create(key="right").status == 200


def test_config_does_not_show_its_keys() -> None:
    assert "secret" not in repr(Config(api_keys=("secret",)))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the body is not JSON: Expecting value"),
        (b"{", "the body is not JSON: Expecting property name"),
        (b"[1]", "the body must be a JSON object"),
        (b"\xff", "the body is not JSON: 'utf-8' codec"),
        (b'{"cfg_scale": NaN}', "the body is not JSON: NaN is not a JSON value"),
        (b'{"cfg_scale": 1e999}', "the body is not JSON: Out of range float values"),
        (b'{"prompt": "\\ud800"}', "the body is not JSON: 'utf-8' codec"),
        (b'{"duration_seconds": ' + b"9" * 50 + b"}", "the body is not JSON: a number of 50 digits"),
        (b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}", "the body is nested more than 32 levels deep"),
        (b"[" * 100_000, "the body is not JSON: "),
    ],
)
def test_body_that_is_no_json_object_is_refused(caller: Caller, body: bytes, message: str) -> None:
    answer = caller.send("POST", CREATE, body)
    assert (answer.status, answer.error["code"]) == (400, "invalid_json")
    assert answer.error["message"].startswith(message)


def test_other_content_type_is_refused(caller: Caller) -> None:
    answer = caller.send("POST", CREATE, b"model=x", headers={"content-type": "application/x-www-form-urlencoded"})
    assert answer.status == 415
    assert answer.error["message"] == "Content-Type must be application/json, not application/x-www-form-urlencoded"


def test_body_over_a_megabyte_is_refused(caller: Caller) -> None:
    answer = caller.send("POST", CREATE, b" " * 1_000_001)
    assert (answer.status, answer.error["code"]) == (413, "payload_too_large")


def test_invalid_request_names_the_first_field_and_lists_all(caller: Caller) -> None:
    answer = caller.create(duration_seconds=2, output_resolution="8k")
    assert answer.status == 422
    assert answer.error["code"] == "validation_failed"
    assert answer.error["field"] == "duration_seconds"
    assert answer.error["message"].startswith("duration_seconds = 2 must be from 3 to 15 s")
    assert [each["field"] for each in answer.error["details"]] == ["duration_seconds", "output_resolution"]


def test_warning_does_not_refuse(caller: Caller) -> None:
    assert caller.create(prompt="x" * 2_600).status == 200


def test_unknown_action_is_not_found_and_names_the_near_one(caller: Caller) -> None:
    answer = caller.send("POST", "/api/v1/kling/text_to_vidoe", {})
    assert answer.status == 404
    assert 'did you mean "text_to_video"?' in answer.error["message"]


def test_too_little_credit_is_refused_and_nothing_is_reserved(a_caller: type[Caller]) -> None:
    poor = a_caller(Config(balance_micro_usd=600_000))
    answer = poor.create()
    assert (answer.status, answer.error["code"]) == (402, "insufficient_credits")
    assert answer.error["message"] == "insufficient credits: this task costs $0.70, $0.60 is available"
    assert poor.simulator.books("key-1").available == 600_000


def test_request_at_exactly_the_balance_is_accepted(a_caller: type[Caller]) -> None:
    assert a_caller(Config(balance_micro_usd=700_000)).create().status == 200


def test_sum_of_shots_is_what_a_multi_shot_clip_costs(caller: Caller) -> None:
    shots = [{"prompt": "quay", "duration_seconds": 3}, {"prompt": "deck", "duration_seconds": 4}]
    caller.create(prompt=None, multi_shots=True, multi_prompt=shots, enable_sound=True)
    assert caller.simulator.books("key-1").reserved == 7 * 200_000


def test_unpublished_rate_costs_the_invented_one(a_caller: type[Caller]) -> None:
    caller = a_caller(Config(unpublished_micro_usd_per_second=300_000))
    references = ["https://example.com/a.png"]
    answer = caller.create(model="kling-v3-omni-reference", aspect_ratio="1:1", reference_image_urls=references)
    assert answer.status == 200
    assert caller.simulator.books("key-1").reserved == 5 * 300_000


def test_client_request_id_is_echoed_and_kept(caller: Caller) -> None:
    answer = caller.create(headers={"x-client-request-id": "walk#1"})
    assert answer.headers["x-client-request-id"] == "walk#1"
    assert caller.simulator.tasks[0].client_request_id == "walk#1"


@pytest.mark.parametrize("name", ["x" * 513, "wälk", "a\nb"])
def test_client_request_id_that_is_not_short_printable_ascii_is_refused(caller: Caller, name: str) -> None:
    answer = caller.create(headers={"x-client-request-id": name})
    assert (answer.status, answer.error["code"]) == (400, "invalid_client_request_id")
    assert "x-client-request-id" not in answer.headers
