from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.core.config import Config

from .samples import a_png

if TYPE_CHECKING:
    from tests.mock_server.conftest import Caller


def test_file_goes_from_prepare_over_put_and_confirm_to_its_url(caller: Caller) -> None:
    shown = caller.upload("dusk 1.png", a_png())
    url = shown.pop("url")
    assert url.startswith("https://runapi.ai/uploads/")
    assert shown == {
        "file_name": "dusk 1.png",
        "size_bytes": len(a_png()),
        "mime_type": "image/png",
        "created_at": "2026-08-03T12:00:00.000Z",
        "expires_at": "2026-08-03T13:00:00.000Z",
    }
    answer = caller.send("GET", url, key=None)
    assert (answer.status, answer.headers["content-type"], answer.response.body) == (200, "image/png", a_png())


def test_preparation_tells_address_headers_and_signed_id(caller: Caller) -> None:
    shown = caller.prepare("dusk.png", b"picture").json
    assert set(shown) == {"upload_url", "headers", "signed_id"}
    assert shown["upload_url"].startswith("https://runapi.ai/storage/")
    assert shown["headers"] == {"Content-Type": "image/png", "Content-MD5": "VFb8VMdKKXzplJmMKHOzcA=="}


@pytest.mark.parametrize("step", ["prepare", "confirm", "register"])
def test_every_step_but_the_put_needs_a_key(caller: Caller, step: str) -> None:
    prepared = caller.prepare("a.png", b"x").json
    answers = {
        "prepare": caller.prepare("a.png", b"x", key=None),
        "confirm": caller.confirm(prepared, key=None),
        "register": caller.send("POST", "/api/v1/files", {"source": {}}, key=None),
    }
    assert answers[step].status == 401


def test_put_with_the_api_key_is_forbidden(caller: Caller) -> None:
    prepared = caller.prepare("a.png", b"picture").json
    answer = caller.put(prepared, b"picture", authorization="Bearer key-1")
    assert answer.status == 403
    assert answer.error["message"].startswith("the API key must not go to the upload_url")
    assert caller.confirm(prepared).status == 422


def test_second_put_is_a_conflict_and_the_first_file_stays(caller: Caller) -> None:
    prepared = caller.prepare("a.png", b"picture").json
    assert caller.put(prepared, b"picture").status == 200
    answer = caller.put(prepared, b"picture")
    assert (answer.status, answer.error["code"]) == (409, "already_uploaded")
    assert caller.send("GET", caller.confirm(prepared).json["url"]).response.body == b"picture"


@pytest.mark.parametrize("headers", [{"content_type": "image/gif"}, {"content_type": None}, {"content_md5": "x"}])
def test_put_with_other_headers_than_told_is_forbidden(caller: Caller, headers: dict[str, str | None]) -> None:
    prepared = caller.prepare("a.png", b"picture").json
    answer = caller.put(prepared, b"picture", **headers)
    assert (answer.status, answer.error["code"]) == (403, "forbidden")
    assert "as told" in answer.error["message"]


@pytest.mark.parametrize("content", [b"", b"pictur", b"pictures", b"PICTURE"])
def test_other_content_than_announced_is_a_checksum_mismatch(caller: Caller, content: bytes) -> None:
    prepared = caller.prepare("a.png", b"picture").json
    answer = caller.put(prepared, content)
    assert (answer.status, answer.error["code"]) == (422, "checksum_mismatch")
    assert caller.put(prepared, b"picture").status == 200


def test_other_content_length_than_announced_is_a_checksum_mismatch(caller: Caller) -> None:
    prepared = caller.prepare("a.png", b"picture").json
    assert caller.put(prepared, b"picture", content_length="8").error["code"] == "checksum_mismatch"


@pytest.mark.parametrize("change", ["wrong sig", "no sig", "unknown id"])
def test_put_elsewhere_than_told_is_forbidden(caller: Caller, change: str) -> None:
    prepared = caller.prepare("a.png", b"picture").json
    url = prepared["upload_url"]
    changed = {
        "wrong sig": url + "0",
        "no sig": url.split("?")[0],
        "unknown id": url.replace("/storage/", "/storage/0"),
    }
    assert caller.put({**prepared, "upload_url": changed[change]}, b"picture").status == 403


def test_confirmation_before_the_put_is_refused(caller: Caller) -> None:
    answer = caller.confirm(caller.prepare("a.png", b"picture").json)
    assert (answer.status, answer.error["field"]) == (422, "signed_id")
    assert "nothing was put" in answer.error["message"]


def test_second_confirmation_answers_the_same(caller: Caller) -> None:
    prepared = caller.prepare("a.png", b"picture").json
    caller.put(prepared, b"picture")
    first = caller.confirm(prepared).json
    caller.wait(7_200)
    assert caller.confirm(prepared).json == first


@pytest.mark.parametrize("signed_id", ["", "x", "x--y", "--", "ü--ü"])
def test_unknown_signed_id_is_refused(caller: Caller, signed_id: str) -> None:
    assert caller.confirm({"signed_id": signed_id}).status == (404 if signed_id else 422)


def test_another_account_cannot_confirm(caller: Caller) -> None:
    prepared = caller.prepare("a.png", b"picture").json
    caller.put(prepared, b"picture")
    assert caller.confirm(prepared, key="key-2").status == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("filename", ""),
        ("filename", 7),
        ("filename", "x" * 256),
        ("filename", "a\nb.png"),
        ("byte_size", 0),
        ("byte_size", True),
        ("byte_size", "7"),
        ("checksum", "not base64"),
        ("checksum", base64.b64encode(b"short").decode()),
        ("checksum", None),
    ],
)
def test_preparation_names_the_field_that_is_wrong(caller: Caller, field: str, value: Any) -> None:
    answer = caller.prepare("a.png", b"x", **{field: value})
    assert (answer.status, answer.error["field"]) == (422, field)


@pytest.mark.parametrize(("name", "shown"), [("frames/dusk.png", "dusk.png"), ("..", "file"), ("/", "file")])
def test_file_name_is_the_last_part_of_a_path(caller: Caller, name: str, shown: str) -> None:
    answer = caller.upload(name, b"picture")
    assert answer["file_name"] == shown
    assert answer["url"].endswith(f"/{shown}")


def test_file_over_the_limit_is_refused_when_announced_and_when_put(a_caller: type[Caller]) -> None:
    caller = a_caller(Config(max_media_bytes=10))
    assert caller.prepare("a.png", b"x" * 11).status == 413
    prepared = caller.prepare("a.png", b"x" * 10).json
    assert caller.put(prepared, b"x" * 11).status == 413
    assert caller.put(prepared, b"x" * 10).status == 200


def test_file_of_more_than_a_megabyte_is_taken_and_other_bodies_keep_their_limit(caller: Caller) -> None:
    content = b"x" * 1_500_000
    assert caller.upload("a.bin", content)["size_bytes"] == 1_500_000
    assert caller.send("POST", "/api/v1/files/prepare", content).status == 413
    assert caller.send("PUT", "/api/v1/me", content).status == 405


def test_url_of_an_upload_is_gone_after_an_hour(caller: Caller) -> None:
    url = caller.upload("a.png", b"picture")["url"]
    caller.wait(3_599)
    assert caller.send("GET", url).status == 200
    caller.wait(1)
    answer = caller.send("GET", url)
    assert (answer.status, answer.error["code"]) == (410, "expired")
    assert answer.error["message"] == "this URL lived 60 minutes and has expired"


@pytest.mark.parametrize(
    ("speed", "end", "minutes"),
    [(1, "13:00:00.000", "60"), (20, "12:03:00.000", "3"), (0.5, "14:00:00.000", "120")],
)
def test_client_is_told_the_life_that_a_url_has_by_its_own_clock(
    a_caller: type[Caller], speed: float, end: str, minutes: str
) -> None:
    caller = a_caller(Config(speed=speed))
    shown = caller.upload("a.png", b"picture")
    assert (shown["created_at"], shown["expires_at"]) == ("2026-08-03T12:00:00.000Z", f"2026-08-03T{end}Z")
    caller.wait(3_599)
    assert caller.send("GET", shown["url"]).status == 200
    caller.wait(1)
    assert caller.send("GET", shown["url"]).error["message"] == f"this URL lived {minutes} minutes and has expired"


def test_life_is_more_than_nothing_at_the_highest_speed(a_caller: type[Caller]) -> None:
    caller = a_caller(Config(speed=1_000_000))
    shown = caller.upload("a.png", b"picture")
    assert shown["expires_at"] == "2026-08-03T12:00:00.003Z"


@pytest.mark.parametrize("speed", [0, -1, 0.0001, 1_000_001, float("nan"), float("inf")])
def test_speed_at_which_lives_make_no_sense_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match=r"speed must be from 0\.001 to 1,000,000, not"):
        Config(speed=speed)


def test_same_file_uploaded_again_has_its_own_url_and_its_own_hour(caller: Caller) -> None:
    first = caller.upload("a.png", b"picture")["url"]
    caller.wait(3_000)
    second = caller.upload("a.png", b"picture")["url"]
    caller.wait(1_000)
    assert (caller.send("GET", first).status, caller.send("GET", second).status) == (410, 200)


def test_hosted_file_lives_on(caller: Caller) -> None:
    url = caller.simulator.host_file("a.png", b"picture")
    caller.wait(86_400)
    assert caller.send("GET", url).status == 200


STEPS = st.lists(
    st.tuples(st.sampled_from(["prepare", "put", "put wrong", "confirm", "wait"]), st.integers(0, 3)), max_size=30
)


@given(steps=STEPS)
def test_store_stays_consistent_in_any_order_of_steps(a_caller: type[Caller], steps: list[tuple[str, int]]) -> None:
    caller = a_caller()
    prepared: list[Any] = []
    contents = [b"file 0", b"file 1", b"file 0"]
    received: set[int] = set()
    confirmed: dict[int, Any] = {}
    for step, which in steps:
        if step == "prepare" and len(prepared) < len(contents):
            prepared.append(caller.prepare("a.bin", contents[len(prepared)]).json)
        elif step == "wait":
            caller.wait(which * 900)
        elif which < len(prepared):
            content, target = contents[which], prepared[which]
            if step == "put":
                assert caller.put(target, content).status == (409 if which in received else 200)
                received.add(which)
            elif step == "put wrong":
                assert caller.put(target, b"other").status == (409 if which in received else 422)
            else:
                answer = caller.confirm(target)
                assert answer.status == (200 if which in received else 422)
                if which in received:
                    assert confirmed.setdefault(which, answer.json) == answer.json
    assert len({each["url"] for each in confirmed.values()}) == len(confirmed)
    for which, shown in confirmed.items():
        answer = caller.send("GET", shown["url"], key=None)
        is_alive = caller.now.isoformat() < shown["expires_at"].replace(".000Z", "+00:00")
        assert answer.status == (200 if is_alive else 410)
        assert not is_alive or answer.response.body == contents[which]
