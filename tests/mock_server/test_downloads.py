from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mock_server.core.config import Config
from mock_server.media import ClipSpec, Cut

from .samples import a_png

if TYPE_CHECKING:
    from tests.mock_server.conftest import Caller


def test_result_url_works_without_a_key(caller: Caller) -> None:
    answer = caller.send("GET", _url(caller), key=None)
    assert (answer.status, answer.headers["content-type"]) == (200, "video/mp4")
    assert isinstance(answer.response.body, ClipSpec)


def test_head_of_a_result_is_answered_like_get(caller: Caller) -> None:
    assert caller.send("HEAD", _url(caller), key=None).status == 200


@pytest.mark.parametrize("ending", ["", "?sig=", "?sig=0123", "?other=1"])
def test_wrong_signature_is_forbidden(caller: Caller, ending: str) -> None:
    assert caller.send("GET", _url(caller).partition("?")[0] + ending, key=None).status == 403


def test_result_expires_after_seven_days(caller: Caller) -> None:
    url = _url(caller)
    caller.wait(7 * 86_400 - 120)
    assert caller.send("GET", url).status == 200
    caller.wait(120)
    answer = caller.send("GET", url)
    assert (answer.status, answer.error["code"]) == (410, "expired")


@pytest.mark.parametrize("file", ["no-such-task.mp4", "no-such-task"])
def test_unknown_clip_is_not_found(caller: Caller, file: str) -> None:
    assert caller.send("GET", f"/media/{file}?sig=1").status == 404


def test_configured_life_of_a_result_replaces_the_catalogs(a_caller: type[Caller]) -> None:
    caller = a_caller(Config(url_days=1))
    url = _url(caller)
    caller.wait(86_401)
    assert caller.send("GET", url).error["message"] == "this URL lived 1 days and has expired"


def test_clip_of_an_unfinished_task_is_not_found(caller: Caller) -> None:
    url = _url(caller)
    unfinished = caller.create().json["id"]
    assert caller.send("GET", url.replace(url.split("/")[-1].split(".")[0], unfinished)).status == 404


def test_clip_shows_the_request(caller: Caller) -> None:
    clip = _clip(caller, duration_seconds=10, aspect_ratio="9:16", enable_sound=True, output_resolution="1080p")
    assert clip.cuts == (Cut("A ferry at dawn", 10),)
    assert (clip.model, clip.price, clip.sound) == ("kling-3.0", "$2.70", True)
    assert clip.width < clip.height
    assert (clip.title, clip.take) == ("kling-3.0", "")


def test_clip_of_a_bare_request_has_the_defaults(caller: Caller) -> None:
    clip = _clip(caller)
    assert clip.cuts == (Cut("A ferry at dawn", 5),)
    assert clip.sound is False
    assert clip.width / clip.height == pytest.approx(16 / 9, rel=0.01)


def test_clip_of_a_sequence_has_a_cut_per_shot(caller: Caller) -> None:
    shots = [{"prompt": "quay", "duration_seconds": 3}, {"prompt": "deck", "duration_seconds": 4}]
    clip = _clip(caller, prompt=None, multi_shots=True, multi_prompt=shots)
    assert clip.cuts == (Cut("quay", 3), Cut("deck", 4))


def test_automatic_sequence_is_one_cut_of_the_prompt(caller: Caller) -> None:
    clip = _clip(caller, multi_shots=True, shot_type="automatic", duration_seconds=8)
    assert clip.cuts == (Cut("A ferry at dawn", 8),)


@pytest.mark.parametrize(
    ("name", "title", "take"),
    [
        ("walk%5Blens%3D50mm%5D%232;a=1;n=3f9c", "walk[lens=50mm]", "take 2"),
        ("de%2C9%3A16%2Fwalk%2312;a=3;n=00ff", "de,9:16/walk", "take 12"),
        ("h%C3%A4fen%231;a=1;n=a", "häfen", "take 1"),
        ("walk;a=1;n=a", "walk", ""),
        ("a%00b%231;a=1;n=a", "a b", "take 1"),
        ("walk%231", "kling-3.0", ""),
        ("anything else", "kling-3.0", ""),
    ],
)
def test_client_request_id_titles_the_clip(caller: Caller, name: str, title: str, take: str) -> None:
    caller.create(headers={"x-client-request-id": name})
    caller.wait(120)
    clip = _body(caller, caller.poll(caller.simulator.tasks[0].id).json["videos"][0]["url"])
    assert (clip.title, clip.take) == (title, take)


def test_two_takes_of_one_request_have_different_clips(caller: Caller) -> None:
    assert _clip(caller).seed != _clip(caller).seed


def test_hosted_file_is_served_by_its_content(caller: Caller) -> None:
    url = caller.simulator.host_file("frames/dusk 1.png", b"picture")
    assert url.startswith("https://runapi.ai/uploads/")
    assert url.endswith("/dusk%201.png")
    assert caller.simulator.host_file("frames/dusk 1.png", b"picture") == url
    answer = caller.send("GET", url, key=None)
    assert (answer.status, answer.headers["content-type"], answer.response.body) == (200, "image/png", b"picture")


def test_unknown_hosted_file_is_not_found(caller: Caller) -> None:
    assert caller.send("GET", "/uploads/00/x.png").status == 404


def test_hosted_frames_are_shown_in_the_clip(caller: Caller) -> None:
    first, last = (caller.simulator.host_file(f"{side}.png", a_png(side, 300)) for side in (300, 400))
    clip = _clip(caller, first_frame_image_url=first, last_frame_image_url=last)
    assert (clip.first_frame, clip.last_frame) == (a_png(300, 300), a_png(400, 300))


@pytest.mark.parametrize("url", ["https://example.com/a.png", "https://example.com/uploads/0/a.png"])
def test_frame_from_elsewhere_is_left_out(caller: Caller, url: str) -> None:
    assert _clip(caller, first_frame_image_url=url).first_frame is None


def test_hosting_without_a_base_url_is_refused(a_caller: type[Caller]) -> None:
    with pytest.raises(ValueError, match=r"host_file needs Config\.base_url"):
        a_caller(Config(base_url=None)).simulator.host_file("a.png", b"")


@pytest.mark.parametrize(
    ("host", "start"),
    [
        ("127.0.0.1:8100", "http://127.0.0.1:8100/media/"),
        ("[::1]:80", "http://[::1]:80/media/"),
        ("<x>", "http://localhost/"),
    ],
)
def test_without_a_base_url_results_name_the_host_of_the_request(a_caller: type[Caller], host: str, start: str) -> None:
    caller = a_caller(Config(base_url=None))
    task_id = caller.create().json["id"]
    caller.wait(120)
    shown = caller.send("GET", f"/api/v1/kling/{task_id}", headers={"host": host}).json
    assert shown["videos"][0]["url"].startswith(start)


def _url(caller: Caller) -> str:
    return str(caller.finish()["videos"][0]["url"])


def _clip(caller: Caller, **fields: object) -> ClipSpec:
    return _body(caller, caller.finish(**fields)["videos"][0]["url"])


def _body(caller: Caller, url: str) -> ClipSpec:
    body = caller.send("GET", url, key=None).response.body
    assert isinstance(body, ClipSpec)
    return body
