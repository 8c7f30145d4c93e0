"""Keys, URLs and balances that end before their time, at every door."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from .samples import a_png
from .visitors import CLIP, PRICE, Visitor

if TYPE_CHECKING:
    from tests.mock_server.conftest import Caller


def an_upload(visitor: Visitor) -> str:
    """The URL of a picture that was uploaded."""
    source = {"type": "base64", "data": base64.b64encode(a_png()).decode()}
    return str(visitor.post("/api/v1/files", json={"source": source, "file_name": "a.png"}).json()["url"])


def test_forgotten_key_makes_another_task(visitor: Visitor) -> None:
    first = visitor.created()
    visitor.simulator.forget_keys()
    assert visitor.created() != first
    assert visitor.simulator.books("key-1").reserved == 2 * PRICE


def test_key_that_is_used_after_the_forgetting_is_remembered(visitor: Visitor) -> None:
    visitor.created()
    visitor.simulator.forget_keys()
    assert visitor.created() == visitor.created()


def test_expired_upload_is_gone_and_cannot_be_used(visitor: Visitor) -> None:
    url = an_upload(visitor)
    assert visitor.create("take-1", first_frame_image_url=url).status_code == 200
    visitor.simulator.expire_uploads()
    assert visitor.get(url).status_code == 410
    refused = visitor.create("take-2", first_frame_image_url=url)
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "first_frame_image_url")
    assert visitor.get(an_upload(visitor)).status_code == 200


def test_key_replays_although_its_upload_has_expired(visitor: Visitor) -> None:
    url = an_upload(visitor)
    first = visitor.create(first_frame_image_url=url).json()["id"]
    visitor.simulator.expire_uploads()
    assert visitor.create(first_frame_image_url=url).json()["id"] == first


def test_hosted_file_does_not_expire(caller: Caller) -> None:
    url = caller.simulator.host_file("a.png", a_png())
    caller.simulator.expire_uploads()
    assert caller.send("GET", url).status == 200


def test_expired_result_lives_on_under_a_fresh_url(visitor: Visitor) -> None:
    old = visitor.finished_url()
    visitor.simulator.expire_results()
    gone = visitor.get(old)
    assert (gone.status_code, gone.json()["error"]["code"]) == (410, "expired")
    fresh = str(visitor.poll(visitor.simulator.tasks[0].id).json()["videos"][0]["url"])
    assert fresh != old
    assert visitor.get(fresh).content == CLIP
    assert visitor.get(old).status_code == 410


def test_result_expires_as_often_as_it_is_told_to(visitor: Visitor) -> None:
    urls = [visitor.finished_url()]
    for _ in range(2):
        visitor.simulator.expire_results()
        urls.append(str(visitor.poll(visitor.simulator.tasks[0].id).json()["videos"][0]["url"]))
    assert [visitor.get(url).status_code for url in urls] == [410, 410, 200]


def test_removed_result_is_gone_under_every_url(visitor: Visitor) -> None:
    url = visitor.finished_url("take-1")
    visitor.simulator.remove_results()
    again = str(visitor.poll(visitor.simulator.tasks[0].id).json()["videos"][0]["url"])
    assert [visitor.get(each).status_code for each in (url, again)] == [410, 410]


def test_result_of_a_later_task_is_not_removed(visitor: Visitor) -> None:
    task_id = visitor.created("take-1")
    visitor.simulator.remove_results()
    visitor.wait(121)
    assert visitor.get(visitor.poll(task_id).json()["videos"][0]["url"]).content == CLIP


def test_credit_runs_out_midway(visitor: Visitor) -> None:
    visitor.created("take-1")
    visitor.simulator.set_balance("key-1", PRICE)
    visitor.created("take-2")
    refused = visitor.create("take-3")
    assert (refused.status_code, refused.json()["error"]["code"]) == (402, "insufficient_credits")
    visitor.wait(121)
    books = visitor.simulator.books("key-1")
    assert (books.available, books.reserved, books.settled) == (0, 0, 2 * PRICE)
    assert books.is_balanced()


def test_topped_up_credit_is_there_at_once(visitor: Visitor) -> None:
    visitor.simulator.set_balance("key-1", 0)
    assert visitor.create().status_code == 402
    visitor.simulator.set_balance("key-1", 1_230_000)
    assert visitor.get("/api/v1/me/balance").json()["balance_cents"] == 123
    assert visitor.create().status_code == 200


def test_balance_of_another_account_stays(caller: Caller) -> None:
    caller.simulator.set_balance("key-2", 0)
    assert caller.create().status == 200


def test_negative_balance_is_a_value_error(caller: Caller) -> None:
    with pytest.raises(ValueError, match="must not be negative, not -1"):
        caller.simulator.set_balance("key-1", -1)
