from __future__ import annotations

from typing import TYPE_CHECKING

from mock_server.core.config import Config

if TYPE_CHECKING:
    from tests.mock_server.conftest import Caller

KEYED = {"idempotency-key": "take-1"}


def test_same_key_and_input_give_the_same_task_and_one_charge(caller: Caller) -> None:
    first, second = caller.create(headers=KEYED), caller.create(headers=KEYED)
    assert (second.status, second.json) == (200, first.json)
    assert caller.simulator.books("key-1").reserved == 700_000


def test_order_of_fields_does_not_make_another_input(caller: Caller) -> None:
    url = "/api/v1/kling/text_to_video"
    first = caller.send("POST", url, b'{"model": "kling-3.0", "prompt": "x"}', headers=KEYED)
    second = caller.send("POST", url, b'{"prompt":"\\u0078","model":"kling-3.0"}', headers=KEYED)
    assert second.json["id"] == first.json["id"]


def test_other_input_is_a_conflict_that_names_the_task(caller: Caller) -> None:
    first = caller.create(headers=KEYED)
    answer = caller.create(headers=KEYED, duration_seconds=10)
    assert (answer.status, answer.error["code"]) == (409, "idempotency_conflict")
    assert answer.headers["x-runapi-task-id"] == first.json["id"]


def test_other_action_is_a_conflict(caller: Caller) -> None:
    caller.create(headers=KEYED)
    body = {"model": "kling-3.0", "prompt": "A ferry at dawn"}
    assert caller.send("POST", "/api/v1/kling/image_to_video", body, headers=KEYED).status == 409


def test_replay_comes_before_validation(caller: Caller) -> None:
    caller.create(headers=KEYED)
    assert caller.create(headers=KEYED, duration_seconds=99).status == 409


def test_replay_after_completion_answers_with_the_completed_task(caller: Caller) -> None:
    caller.create(headers=KEYED)
    caller.wait(120)
    answer = caller.create(headers=KEYED)
    assert answer.json["status"] == "completed"
    assert answer.json["usage"] == {"cost": 0.7}
    assert caller.simulator.books("key-1").settled == 700_000


def test_refused_request_leaves_the_key_free(caller: Caller) -> None:
    assert caller.create(headers=KEYED, duration_seconds=99).status == 422
    assert caller.create(headers=KEYED).status == 200


def test_another_account_has_its_own_keys(caller: Caller) -> None:
    first = caller.create(headers=KEYED)
    second = caller.create(key="key-2", headers=KEYED, duration_seconds=10)
    assert second.status == 200
    assert second.json["id"] != first.json["id"]


def test_forgotten_key_makes_a_new_task(a_caller: type[Caller]) -> None:
    caller = a_caller(Config(retain_keys_seconds=60))
    first = caller.create(headers=KEYED).json["id"]
    caller.wait(60)
    assert caller.create(headers=KEYED).json["id"] == first
    caller.wait(1)
    assert caller.create(headers=KEYED).json["id"] != first
    assert len(caller.simulator.tasks) == 2


def test_blank_key_is_no_key(caller: Caller) -> None:
    blank = {"idempotency-key": " "}
    assert caller.create(headers=blank).json["id"] != caller.create(headers=blank).json["id"]


def test_key_over_512_characters_is_refused(caller: Caller) -> None:
    assert caller.create(headers={"idempotency-key": "k" * 512}).status == 200
    answer = caller.create(headers={"idempotency-key": "k" * 513})
    assert answer.status == 400
    assert answer.error["message"] == "Idempotency-Key has 513 characters, at most 512 are allowed"
