from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mock_server.core.config import Config

if TYPE_CHECKING:
    from tests.mock_server.conftest import Caller


def test_task_goes_from_pending_over_processing_to_completed(caller: Caller) -> None:
    task_id = caller.create().json["id"]
    seen = []
    for _ in range(13):
        seen.append(caller.poll(task_id).json["status"])
        caller.wait(10)
    assert seen[0] == "pending"
    assert seen[-1] == "completed"
    assert list(dict.fromkeys(seen)) == ["pending", "processing", "completed"]


def test_earlier_time_counts_as_the_latest_seen(caller: Caller) -> None:
    task_id = caller.finish()["id"]
    caller.wait(-3_600)
    assert caller.poll(task_id).json["status"] == "completed"


def test_completed_task_has_its_video_and_its_exact_cost(caller: Caller) -> None:
    task = caller.finish(model="kling-v3-turbo-text-to-video", duration_seconds=3, output_resolution="1080p")
    assert task["usage"] == {"cost": 0.675}
    assert [list(video) for video in task["videos"]] == [["url"]]
    assert task["videos"][0]["url"].startswith(f"https://runapi.ai/media/{task['id']}.mp4?sig=")


def test_unfinished_task_shows_neither_video_nor_cost(caller: Caller) -> None:
    task_id = caller.create().json["id"]
    caller.wait(10)
    shown = caller.poll(task_id).json
    assert shown == {"id": task_id, "task_id": task_id, "status": "processing", "model": "kling-3.0"}


@pytest.mark.parametrize("path", ["/api/v1/kling/text_to_video/{id}", "/api/v1/kling/{id}"])
def test_task_is_found_with_and_without_its_action(caller: Caller, path: str) -> None:
    task = caller.finish()
    answer = caller.send("GET", path.format(id=task["id"]))
    assert answer.json == task
    assert answer.headers["x-runapi-task-id"] == task["id"]


def test_task_result_carries_the_response_once_completed(caller: Caller) -> None:
    task_id = caller.create().json["id"]
    url = f"/api/v1/tasks/{task_id}"
    assert caller.send("GET", url).json == {"id": task_id, "status": "pending"}
    caller.wait(120)
    response = caller.send("GET", url).json["response"]
    assert (response["status"], response["content_type"]) == (200, "application/json")
    assert response["headers"] == {"X-RunAPI-Task-Id": task_id}
    assert response["body"] == caller.poll(task_id).json


PATHS = ["/api/v1/kling/text_to_video/{id}", "/api/v1/kling/{id}", "/api/v1/tasks/{id}"]


@pytest.mark.parametrize("path", PATHS)
def test_task_of_another_account_is_not_found(caller: Caller, path: str) -> None:
    task_id = caller.create().json["id"]
    assert caller.send("GET", path.format(id=task_id), key="key-2").status == 404


@pytest.mark.parametrize("path", PATHS)
def test_task_needs_a_key(caller: Caller, path: str) -> None:
    task_id = caller.create().json["id"]
    assert caller.send("GET", path.format(id=task_id), key=None).status == 401


def test_task_under_another_action_is_not_found(caller: Caller) -> None:
    task_id = caller.create().json["id"]
    assert caller.send("GET", f"/api/v1/kling/image_to_video/{task_id}").status == 404


@pytest.mark.parametrize("path", PATHS)
def test_poll_of_an_unfinished_task_says_when_to_ask_again_if_so_configured(a_caller: type[Caller], path: str) -> None:
    caller = a_caller(Config(poll_retry_after_seconds=3))
    created = caller.create()
    url = path.format(id=created.json["id"])
    assert "retry-after" not in created.headers
    assert caller.send("GET", url).headers["retry-after"] == "3"
    caller.wait(120)
    assert "retry-after" not in caller.send("GET", url).headers


def test_me_shows_numeric_ids_that_belong_to_the_key(caller: Caller) -> None:
    shown = caller.send("GET", "/api/v1/me").json
    assert {type(shown["id"]), type(shown["account"]["id"])} == {int}
    assert set(shown) == {"id", "name", "email", "account"}
    assert caller.send("GET", "/api/v1/me").json == shown
    assert caller.send("GET", "/api/v1/me", key="key-2").json["account"]["id"] != shown["account"]["id"]


def test_balance_shows_reservations_as_gone_and_settlements_as_spent(caller: Caller) -> None:
    caller.create()
    assert _balance(caller) == (9_930, 0, 0)
    caller.wait(120)
    assert _balance(caller) == (9_930, 70, 70)


def test_spent_today_starts_anew_at_midnight_utc(caller: Caller) -> None:
    caller.finish()
    caller.wait(12 * 3_600)
    assert _balance(caller) == (9_930, 0, 70)


def test_cents_are_rounded_half_up(a_caller: type[Caller]) -> None:
    caller = a_caller(Config(balance_micro_usd=1_005_000))
    assert _balance(caller)[0] == 101


def _balance(caller: Caller) -> tuple[int, int, int]:
    shown = caller.send("GET", "/api/v1/me/balance").json
    assert shown["paid_balance_cents"] + shown["bonus_balance_cents"] == shown["balance_cents"]
    return shown["balance_cents"], shown["spent_cents_today"], shown["spent_cents_total"]
