from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kling_render.catalog import MediaFacts
from mock_server.core.config import Config
from mock_server.core.request_media import media_lookup

from .samples import a_png, a_wav, an_mp4

if TYPE_CHECKING:
    from tests.mock_server.conftest import Answer, Caller

LOOPBACK = "http://127.0.0.1:8787"


def animate(caller: Caller, url: str, **headers: str) -> Answer:
    body = {"model": "kling-3.0", "prompt": "A ferry", "first_frame_image_url": url}
    return caller.send("POST", "/api/v1/kling/image_to_video", body, headers=headers)


def motion(caller: Caller, video: str, **fields: Any) -> Answer:
    picture = caller.upload("mira.png", a_png())["url"]
    body = {
        "model": "kling-3.0",
        "output_resolution": "720p",
        "source_image_url": picture,
        "reference_video_url": video,
    }
    return caller.send("POST", "/api/v1/kling/motion_control", {**body, **fields})


def avatar(caller: Caller, sound: str) -> Answer:
    picture = caller.upload("mira.png", a_png())["url"]
    body = {"model": "kling-ai-avatar-pro", "prompt": "She sings", "source_image_url": picture}
    return caller.send("POST", "/api/v1/kling/ai_avatar", {**body, "source_audio_url": sound})


def reserved(caller: Caller) -> int:
    return caller.simulator.books("key-1").reserved


def test_uploaded_picture_is_taken_and_shown(caller: Caller) -> None:
    task_id = animate(caller, caller.upload("a.png", a_png())["url"]).json["id"]
    caller.wait(3_600)
    url = caller.send("GET", f"/api/v1/kling/{task_id}").json["videos"][0]["url"]
    body: Any = caller.send("GET", url).response.body
    assert body.first_frame == a_png()


def test_expired_upload_is_refused_by_the_field_that_names_it(caller: Caller) -> None:
    url = caller.upload("a.png", a_png())["url"]
    caller.wait(3_600)
    answer = animate(caller, url)
    assert (answer.status, answer.error["field"]) == (422, "first_frame_image_url")
    assert answer.error["message"].startswith("first_frame_image_url: this uploaded file has expired")
    assert reserved(caller) == 0


def test_replay_is_answered_although_its_upload_has_expired(caller: Caller) -> None:
    url = caller.upload("a.png", a_png())["url"]
    first = animate(caller, url, **{"idempotency-key": "take-1"}).json["id"]
    caller.wait(3_600)
    assert animate(caller, url, **{"idempotency-key": "take-1"}).json["id"] == first


def test_unknown_upload_of_this_server_is_refused(caller: Caller) -> None:
    answer = animate(caller, "https://runapi.ai/uploads/0/a.png")
    assert (answer.status, answer.error["field"]) == (422, "first_frame_image_url")
    assert answer.error["message"] == "first_frame_image_url: there is no such uploaded file"


def test_upload_within_a_list_within_a_table_is_named_by_its_path(caller: Caller) -> None:
    elements = [{"name": "Mira", "description": "x", "element_input_urls": ["https://runapi.ai/uploads/0/a.png"] * 2}]
    answer = caller.create(prompt="@Mira walks", kling_elements=elements)
    assert answer.error["field"] == "kling_elements[0].element_input_urls[0]"
    assert len(answer.error["details"]) == 2


@pytest.mark.parametrize("content", [b"words", b"%PDF-1.7 words", a_png()[:100]])
def test_upload_that_is_no_media_is_refused(caller: Caller, content: bytes) -> None:
    answer = animate(caller, caller.upload("a.png", content)["url"])
    assert answer.status == 422
    assert answer.error["message"] == "first_frame_image_url: this uploaded file is not an image"


def test_upload_of_another_kind_is_refused(caller: Caller) -> None:
    answer = animate(caller, caller.upload("a.png", an_mp4())["url"])
    assert (answer.status, answer.error["field"]) == (422, "first_frame_image_url")
    assert "an image" in answer.error["message"]


def test_registered_url_is_taken_unseen(caller: Caller) -> None:
    source = {"source": {"type": "url", "url": "https://example.com/mira.png"}}
    assert animate(caller, caller.send("POST", "/api/v1/files", source).json["url"]).status == 200


def test_upload_on_loopback_counts_as_public(a_caller: type[Caller]) -> None:
    caller = a_caller(Config(base_url=LOOPBACK))
    body = {
        "model": "kling-o1",
        "prompt": "<<<image_1>>> walks",
        "reference_image_urls": [caller.upload("a.png", a_png())["url"]],
    }
    assert body["reference_image_urls"][0].startswith(LOOPBACK)
    assert caller.send("POST", "/api/v1/kling/text_to_video", body).status == 200
    elsewhere = {**body, "reference_image_urls": ["http://127.0.0.1:9/a.png"]}
    assert caller.send("POST", "/api/v1/kling/text_to_video", elsewhere).status == 422


def test_words_that_look_like_a_broken_url_are_words(caller: Caller) -> None:
    assert caller.create(prompt="https://[x").status == 200


def test_own_clip_on_loopback_counts_as_public(a_caller: type[Caller]) -> None:
    caller = a_caller(Config(base_url=LOOPBACK))
    url = caller.finish()["videos"][0]["url"]
    body = {"model": "kling-v3-omni-edit", "prompt": "At night", "aspect_ratio": "auto", "source_video_url": url}
    assert caller.send("POST", "/api/v1/kling/edit_video", body).status == 200


@pytest.mark.parametrize("base", [LOOPBACK, "https://runapi.ai"])
def test_own_clip_is_billed_by_its_length(a_caller: type[Caller], base: str) -> None:
    caller = a_caller(Config(base_url=base, assumed_media_seconds=9))
    url = caller.finish(duration_seconds=4)["videos"][0]["url"]
    assert motion(caller, url).status == 200
    assert reserved(caller) == 4 * 200_000


def test_own_clip_registered_as_an_upload_is_billed_by_its_length(caller: Caller) -> None:
    source = {"type": "url", "url": caller.finish(duration_seconds=4)["videos"][0]["url"]}
    assert motion(caller, caller.send("POST", "/api/v1/files", {"source": source}).json["url"]).status == 200
    assert reserved(caller) == 4 * 200_000


def test_own_clip_is_known_as_the_file_that_it_will_be(caller: Caller) -> None:
    shown = caller.finish(duration_seconds=7, output_resolution="1080p", aspect_ratio="9:16")
    look = media_lookup(caller.simulator._state)
    assert look(shown["videos"][0]["url"]) == MediaFacts("video", "mp4", 0, 1080, 1920, 7)


@pytest.mark.parametrize("is_failing", [True, False], ids=["failed", "unfinished"])
def test_clip_that_is_not_there_is_unknown(caller: Caller, is_failing: bool) -> None:
    if is_failing:
        caller.simulator.fail_next("moderated")
    task_id = caller.create(duration_seconds=4).json["id"]
    caller.wait(120 if is_failing else 1)
    caller.simulator.advance(caller.now)
    assert media_lookup(caller.simulator._state)(f"https://runapi.ai/media/{task_id}.mp4") is None


def test_length_of_an_own_clip_is_judged(caller: Caller) -> None:
    url = caller.finish(duration_seconds=15)["videos"][0]["url"]
    answer = motion(caller, url, model="kling-v2.6", character_orientation="image")
    assert (answer.status, answer.error["field"]) == (422, "reference_video_url")
    assert "lasts 15 s" in answer.error["message"]


def test_own_clip_is_no_picture(caller: Caller) -> None:
    answer = animate(caller, caller.finish()["videos"][0]["url"])
    assert (answer.status, answer.error["field"]) == (422, "first_frame_image_url")


def test_motion_control_costs_the_seconds_of_its_video(caller: Caller) -> None:
    assert motion(caller, caller.upload("dance.mp4", an_mp4(4))["url"]).status == 200
    assert caller.simulator.tasks[0].seconds == 4
    assert reserved(caller) == 4 * 200_000


@pytest.mark.parametrize(("seconds", "billed"), [(1.0, 1), (2.25, 3)])
def test_avatar_costs_the_seconds_of_its_sound_rounded_up(caller: Caller, seconds: float, billed: int) -> None:
    assert avatar(caller, caller.upload("voice.wav", a_wav(seconds))["url"]).status == 200
    assert reserved(caller) == billed * 160_000


def test_noted_length_of_a_file_elsewhere_is_what_counts(caller: Caller) -> None:
    url = "https://example.com/dance.mp4"
    caller.simulator.note_media(url, MediaFacts("video", "mp4", 1_000, 1280, 720, 7.2))
    assert motion(caller, url).status == 200
    assert reserved(caller) == 8 * 200_000


def test_noted_facts_hold_for_the_url_registered_here_too(caller: Caller) -> None:
    url = "https://example.com/dance.mp4"
    caller.simulator.note_media(url, MediaFacts("video", "mp4", 1_000, 1280, 720, 7.2))
    here = caller.send("POST", "/api/v1/files", {"source": {"type": "url", "url": url}}).json["url"]
    assert motion(caller, here).status == 200
    assert caller.simulator.tasks[0].seconds == 8


def test_noted_facts_are_judged(caller: Caller) -> None:
    url = "https://example.com/dance.mp4"
    caller.simulator.note_media(url, MediaFacts("audio", "mp3", 1_000, seconds=7.2))
    answer = motion(caller, url)
    assert (answer.status, answer.error["field"]) == (422, "reference_video_url")


def test_unknown_length_is_the_assumed_one_and_the_quote_says_so(a_caller: type[Caller]) -> None:
    caller = a_caller(Config(assumed_media_seconds=6))
    assert motion(caller, "https://example.com/dance.mp4").status == 200
    assert reserved(caller) == 6 * 200_000
    quote = {"service": "kling", "action": "motion_control", "model": "kling-3.0"}
    params = {"output_resolution": "720p", "reference_video_url": "https://example.com/dance.mp4"}
    shown = caller.send("POST", "/api/v1/price_quotes", {**quote, "params": params}, key=None).json["price_quote"]
    assert shown["reservation_amount_cents"] == 120
    assert shown["estimate_basis"] == "6 s (assumed: the length of its media is not known) at 20 cents per second"


def test_quote_knows_the_length_of_an_upload(caller: Caller) -> None:
    params = {"output_resolution": "1080p", "reference_video_url": caller.upload("a.mp4", an_mp4(3))["url"]}
    quote = {"service": "kling", "action": "motion_control", "model": "kling-3.0", "params": params}
    shown = caller.send("POST", "/api/v1/price_quotes", quote, key=None).json["price_quote"]
    assert (shown["reservation_amount_cents"], shown["estimate_basis"]) == (81, "3 s at 27 cents per second")
