from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.mock_server.conftest import Answer, Caller

TURBO = "kling-v2.5-turbo-text-to-video-pro"
OTHER_TURBO = "kling-v2.5-turbo-image-to-video-pro"


def shoot(caller: Caller, **fields: Any) -> str:
    """A task of the extendable model, with these fields on top."""
    return str(caller.create(model=TURBO, **fields).json["id"])


def extend(caller: Caller, task_id: str, *, model: str = TURBO, **fields: Any) -> Answer:
    return caller.send("POST", "/api/v1/kling/extend_video", {"model": model, "source_task_id": task_id, **fields})


def edit(caller: Caller, task_id: str) -> Answer:
    body = {"model": "kling-v3-omni-edit", "prompt": "At night", "aspect_ratio": "auto", "source_task_id": task_id}
    return caller.send("POST", "/api/v1/kling/edit_video", body)


def message(answer: Answer) -> str:
    assert (answer.status, answer.error["field"]) == (422, "source_task_id")
    return str(answer.error["message"])


def test_completed_task_is_extended_at_the_extensions_rate(caller: Caller) -> None:
    task_id = shoot(caller)
    caller.wait(120)
    answer = extend(caller, task_id, mode="pro")
    assert (answer.status, answer.json["status"]) == (200, "pending")
    assert caller.simulator.books("key-1").reserved == 5 * 84_000


def test_extension_is_extended_again(caller: Caller) -> None:
    task_id = shoot(caller)
    caller.wait(120)
    again = extend(caller, task_id).json["id"]
    caller.wait(120)
    assert extend(caller, again).status == 200


@pytest.mark.parametrize("act", [extend, edit])
def test_unknown_source_is_refused(caller: Caller, act: Any) -> None:
    assert message(act(caller, "no-such-task")) == "no task no-such-task in this account"


@pytest.mark.parametrize("act", [extend, edit])
def test_source_of_another_account_is_unknown(caller: Caller, act: Any) -> None:
    task_id = caller.create(key="key-2", model=TURBO).json["id"]
    caller.wait(120)
    assert message(act(caller, task_id)) == f"no task {task_id} in this account"


@pytest.mark.parametrize(("seconds", "status"), [(0, "pending"), (10, "processing")])
@pytest.mark.parametrize("act", [extend, edit])
def test_unfinished_source_is_refused(caller: Caller, act: Any, seconds: int, status: str) -> None:
    task_id = shoot(caller)
    caller.wait(seconds)
    assert message(act(caller, task_id)) == f"task {task_id} is {status}, it must be completed"


def test_extension_with_another_model_than_the_sources_is_refused(caller: Caller) -> None:
    task_id = shoot(caller)
    caller.wait(120)
    assert message(extend(caller, task_id, model=OTHER_TURBO)) == (
        f"task {task_id} was made with {TURBO}, the extension must use the same model, not {OTHER_TURBO}"
    )


def test_edited_video_cannot_be_extended(caller: Caller) -> None:
    task_id = shoot(caller)
    caller.wait(120)
    edited = edit(caller, task_id).json["id"]
    caller.wait(120)
    expected = "was made by edit_video, only videos of text_to_video, image_to_video, extend_video can be extended"
    assert message(extend(caller, edited)) == f"task {edited} {expected}"


PICTURE, VIDEO, SOUND = (f"https://example.com/mira.{ending}" for ending in ("png", "mp4", "mp3"))
OTHER_ACTIONS: dict[str, dict[str, Any]] = {
    "image_to_video": {"model": "kling-3.0", "prompt": "x", "first_frame_image_url": PICTURE},
    "motion_control": {
        "model": "kling-3.0",
        "output_resolution": "720p",
        "source_image_url": PICTURE,
        "reference_video_url": VIDEO,
    },
    "ai_avatar": {
        "model": "kling-ai-avatar-pro",
        "prompt": "x",
        "source_image_url": PICTURE,
        "source_audio_url": SOUND,
    },
    "edit_video": {"model": "kling-v3-omni-edit", "prompt": "x", "aspect_ratio": "auto", "source_video_url": VIDEO},
}


@pytest.mark.parametrize("action", OTHER_ACTIONS)
def test_completed_video_of_any_action_is_edited(caller: Caller, action: str) -> None:
    task_id = caller.send("POST", f"/api/v1/kling/{action}", OTHER_ACTIONS[action]).json["id"]
    caller.wait(600)
    assert edit(caller, task_id).status == 200


def test_extension_and_generation_are_edited(caller: Caller) -> None:
    task_id = shoot(caller)
    caller.wait(120)
    extended = extend(caller, task_id).json["id"]
    caller.wait(120)
    assert [edit(caller, each).status for each in (task_id, extended)] == [200, 200]


@pytest.mark.parametrize("act", [extend, edit])
def test_failed_source_is_refused(caller: Caller, act: Any) -> None:
    caller.simulator.fail_next("moderated")
    task_id = shoot(caller)
    caller.wait(120)
    assert message(act(caller, task_id)) == f"task {task_id} is failed, it must be completed"


@pytest.mark.parametrize("act", [extend, edit])
@pytest.mark.parametrize("model", [None, TURBO])
def test_noted_task_of_another_server_is_taken(caller: Caller, act: Any, model: str | None) -> None:
    caller.simulator.note_task("a-task-elsewhere", model)
    assert act(caller, "a-task-elsewhere").status == 200


def test_noted_model_counts_for_an_extension(caller: Caller) -> None:
    caller.simulator.note_task("a-task-elsewhere", OTHER_TURBO)
    expected = f"was made with {OTHER_TURBO}, the extension must use the same model, not {TURBO}"
    assert message(extend(caller, "a-task-elsewhere")) == f"task a-task-elsewhere {expected}"
    assert edit(caller, "a-task-elsewhere").status == 200


def test_noted_task_is_a_source_and_no_task_of_the_account(caller: Caller) -> None:
    caller.simulator.note_task("a-task-elsewhere")
    assert caller.send("GET", "/api/v1/kling/a-task-elsewhere").status == 404
    assert caller.simulator.tasks == ()


def test_edited_video_may_come_from_elsewhere(caller: Caller) -> None:
    body = {"model": "kling-v3-omni-edit", "prompt": "At night", "aspect_ratio": "auto"}
    url = "https://example.com/walk.mp4"
    assert caller.send("POST", "/api/v1/kling/edit_video", {**body, "source_video_url": url}).status == 200


def test_source_task_where_no_field_takes_one_is_refused_once(caller: Caller) -> None:
    answer = caller.create(source_task_id="x")
    assert [each["field"] for each in answer.error["details"]] == ["source_task_id"]
