"""RunAPI's own SDK, unmodified and over HTTP, runs a task of every action to its end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from runapi.kling import KlingClient, ValidationError

from mock_server import Config, media, running_server
from mock_server.core.messages import Request, Response
from mock_server.doors.server import RunningServer

from .samples import a_png, a_wav, an_mp4

IMAGE = "https://media.example/mira.png"
VIDEO = "https://media.example/steps.mp4"
AUDIO = "https://media.example/voice.wav"
TEXT_TURBO = "kling-v2.5-turbo-text-to-video-pro"
IMAGE_TURBO = "kling-v2.5-turbo-image-to-video-pro"
DANCE = {"source_image_url": IMAGE, "reference_video_url": VIDEO, "output_resolution": "720p"}
SONG = {"prompt": "She sings", "source_image_url": IMAGE, "source_audio_url": AUDIO}
EDIT = {"prompt": "Make it night", "aspect_ratio": "auto", "source_video_url": VIDEO}

ACTIONS: list[tuple[str, str, dict[str, Any], float]] = [
    ("text_to_video", "kling-3.0", {"prompt": "A ferry", "enable_sound": True, "output_resolution": "1080p"}, 1.35),
    ("text_to_video", "kling-3.0", {"multi_shots": True, "multi_prompt": [
        {"prompt": "A horn", "duration_seconds": 3}, {"prompt": "A quay", "duration_seconds": 4},
    ]}, 0.98),
    ("text_to_video", "kling-o1", {"prompt": "A ferry"}, 0.375),
    ("image_to_video", "kling-3.0", {"prompt": "She turns", "first_frame_image_url": IMAGE}, 0.7),
    ("image_to_video", "kling-v3-turbo-image-to-video", {"prompt": "x", "first_frame_image_url": IMAGE}, 0.9),
    ("motion_control", "kling-3.0", DANCE, 1.0),
    ("motion_control", "kling-v2.6", {**DANCE, "character_orientation": "video"}, 1.0),
    ("ai_avatar", "kling-ai-avatar-pro", SONG, 0.8),
    ("ai_avatar", "kling-v1-avatar-standard", SONG, 0.4),
    ("edit_video", "kling-v3-omni-edit", EDIT, 1.0),
    ("edit_video", "kling-v3-omni-reference", {
        **EDIT, "aspect_ratio": "16:9", "duration_seconds": 8, "reference_image_urls": [IMAGE],
    }, 1.6),
]  # fmt: skip
"""Action, model, fields, and what it costs in USD: 5 s where the file elsewhere is not known."""


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    """A server on which every task is done by the time its creation is answered."""
    with running_server(Config(api_keys=("key-1",))) as running, pytest.MonkeyPatch.context() as patch:
        handle = running.simulator.handle

        def hurry(request: Request, at: datetime) -> Response:
            response = handle(request, at)
            if request.method == "POST" and "/kling/" in request.path:
                running.simulator.advance(running.simulator.now + timedelta(minutes=10))
            return response

        patch.setattr(running.simulator, "handle", hurry)
        patch.setattr(media, "encode", lambda spec: spec.model.encode())
        yield running


@pytest.fixture
def client(server: RunningServer) -> Iterator[Any]:
    client = KlingClient(api_key="key-1", base_url=server.url, max_retries=0)
    yield client
    client._http.close()


def content_of(result: Any) -> bytes:
    """The clip of a completed task."""
    with httpx.Client(trust_env=False) as downloads:
        return downloads.get(result.videos[0].url).content


@pytest.mark.parametrize(("action", "model", "fields", "usd"), ACTIONS, ids=lambda value: str(value)[:30])
def test_sdk_runs_every_action_to_its_clip(
    client: Any, action: str, model: str, fields: dict[str, Any], usd: float
) -> None:
    result = getattr(client, action).run(model=model, **fields)
    assert (result.status, result.usage.cost) == ("completed", usd)
    assert content_of(result) == model.encode()


@pytest.mark.parametrize(
    ("action", "model", "fields"),
    [("text_to_video", TEXT_TURBO, {}), ("image_to_video", IMAGE_TURBO, {"first_frame_image_url": IMAGE})],
)
@pytest.mark.parametrize(("mode", "usd"), [({}, 0.21), ({"mode": "pro"}, 0.42)])
def test_sdk_extends_a_completed_task(
    client: Any, action: str, model: str, fields: dict[str, Any], mode: dict[str, str], usd: float
) -> None:
    source = getattr(client, action).run(model=model, prompt="A ferry", **fields)
    extended = client.extend_video.run(model=model, source_task_id=source.id, **mode)
    assert (extended.status, extended.usage.cost) == ("completed", usd)
    assert content_of(extended) == model.encode()


def test_sdk_cannot_extend_with_another_model_than_the_sources(client: Any) -> None:
    source = client.text_to_video.run(model=TEXT_TURBO, prompt="A ferry")
    with pytest.raises(ValidationError, match="the extension must use the same model") as caught:
        client.extend_video.create(model=IMAGE_TURBO, source_task_id=source.id)
    assert caught.value.status == 422


def test_sdk_edits_a_completed_task(client: Any) -> None:
    source = client.text_to_video.run(model="kling-3.0", prompt="A ferry")
    edited = client.edit_video.run(
        model="kling-v3-omni-edit", prompt="Make it night", aspect_ratio="auto", source_task_id=source.id
    )
    assert (edited.status, content_of(edited)) == ("completed", b"kling-v3-omni-edit")


def test_sdk_pays_for_the_length_of_the_video_it_uploaded(client: Any, tmp_path: Path) -> None:
    (tmp_path / "mira.png").write_bytes(a_png())
    (tmp_path / "steps.mp4").write_bytes(an_mp4(4))
    result = client.motion_control.run(
        model="kling-3.0",
        output_resolution="1080p",
        source_image_url=client.files.create(file=tmp_path / "mira.png").url,
        reference_video_url=client.files.create(file=tmp_path / "steps.mp4").url,
    )
    assert result.usage.cost == 4 * 0.27


def test_sdk_pays_for_the_length_of_the_sound_it_uploaded_rounded_up(client: Any, tmp_path: Path) -> None:
    (tmp_path / "mira.png").write_bytes(a_png())
    (tmp_path / "voice.wav").write_bytes(a_wav(2.3))
    result = client.ai_avatar.run(
        model="kling-ai-avatar-standard",
        prompt="She sings",
        source_image_url=client.files.create(file=tmp_path / "mira.png").url,
        source_audio_url=client.files.create(file=tmp_path / "voice.wav").url,
    )
    assert result.usage.cost == 3 * 0.08


def test_sdk_sees_what_its_tasks_cost_in_its_balance(client: Any) -> None:
    before = client.account.balance()
    client.text_to_video.run(model="kling-3.0", prompt="A ferry")
    after = client.account.balance()
    assert (before.balance_cents - after.balance_cents, after.spent_cents_total - before.spent_cents_total) == (70, 70)


def test_sdk_gets_every_schedule_of_the_catalog(client: Any) -> None:
    listed = client.pricing.list_schedules(service="kling").price_schedules
    assert {each.action for each in listed} == {
        "text_to_video", "image_to_video", "motion_control", "ai_avatar", "extend_video", "edit_video",
    }  # fmt: skip
    silent = [(each.action, each.model) for each in listed if each.pricing_status != "published"]
    assert ("motion_control", "kling-v2.6") in silent
    assert ("edit_video", "kling-v3-omni-edit") in silent


@pytest.mark.parametrize(
    ("action", "model", "params", "cents"),
    [
        ("text_to_video", "kling-3.0", {"duration_seconds": 10, "enable_sound": True}, 200),
        ("text_to_video", "kling-o1", {}, 38),
        ("extend_video", TEXT_TURBO, {"mode": "pro"}, 42),
        ("ai_avatar", "kling-ai-avatar-pro", {}, 80),
    ],
)
def test_sdk_gets_a_quote_in_whole_cents(
    client: Any, action: str, model: str, params: dict[str, Any], cents: int
) -> None:
    quote = client.pricing.create_quote("kling", action, model, params).price_quote
    assert (quote.reservation_amount_cents, quote.currency, quote.model) == (cents, "USD", model)
