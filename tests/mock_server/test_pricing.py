from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_server.core.config import Config

if TYPE_CHECKING:
    from tests.mock_server.conftest import Caller

SCHEDULES = "/api/v1/price_schedules"
A_QUOTE = {"service": "kling", "action": "text_to_video", "model": "kling-3.0"}


def test_schedules_need_no_key_and_have_the_published_shape(caller: Caller) -> None:
    shown = caller.send("GET", f"{SCHEDULES}?action=text_to_video&model=kling-v3-turbo-text-to-video", key=None).json
    assert shown["as_of"] == "2026-07-28"
    assert shown["price_schedules"] == [
        {
            "service": "kling",
            "action": "text_to_video",
            "model": "kling-v3-turbo-text-to-video",
            "pricing_status": "published",
            "catalog_status": "active",
            "currency": "USD",
            "billing_unit": "second",
            "billing_strategy": "per_unit",
            "unit_price_cents": 22.5,
            "billing_config": {"key": "output_resolution", "overrides": {"720p": 18, "1080p": 22.5}},
        }
    ]


def test_filters_narrow_and_unknown_values_leave_nothing(caller: Caller) -> None:
    everything = caller.send("GET", SCHEDULES).json["price_schedules"]
    assert caller.send("GET", f"{SCHEDULES}?service=kling").json["price_schedules"] == everything
    assert {each["action"] for each in everything} >= {"text_to_video", "image_to_video"}
    assert caller.send("GET", f"{SCHEDULES}?service=veo").json["price_schedules"] == []


def test_known_etag_gets_304_without_a_body(caller: Caller) -> None:
    etag = caller.send("GET", SCHEDULES).headers["etag"]
    answer = caller.send("GET", SCHEDULES, headers={"if-none-match": f'"other", W/{etag}'})
    assert (answer.status, answer.response.body, answer.headers["etag"]) == (304, b"", etag)


def test_other_filter_has_another_etag(caller: Caller) -> None:
    etag = caller.send("GET", SCHEDULES).headers["etag"]
    assert caller.send("GET", f"{SCHEDULES}?model=kling-3.0", headers={"if-none-match": etag}).status == 200


def test_quote_tells_the_reservation_and_creates_nothing(caller: Caller) -> None:
    body = {**A_QUOTE, "params": {"duration_seconds": 10, "output_resolution": "1080p", "enable_sound": True}}
    quote = caller.send("POST", "/api/v1/price_quotes", body, key=None).json["price_quote"]
    assert quote == {
        **A_QUOTE,
        "pricing_status": "published",
        "currency": "USD",
        "reservation_amount_cents": 270,
        "estimate_basis": "10 s at 27 cents per second",
        "as_of": "2026-07-28",
    }
    assert caller.simulator.tasks == ()


def test_quote_rounds_half_a_cent_up(caller: Caller) -> None:
    body = {**A_QUOTE, "model": "kling-v3-turbo-text-to-video", "params": {"output_resolution": "1080p"}}
    quote = caller.send("POST", "/api/v1/price_quotes", body).json["price_quote"]
    assert quote["reservation_amount_cents"] == 113


def test_quote_without_a_published_rate_says_that_it_is_invented(a_caller: type[Caller]) -> None:
    caller = a_caller(Config(unpublished_micro_usd_per_second=125_000))
    body = {**A_QUOTE, "model": "kling-v3-omni-reference"}
    quote = caller.send("POST", "/api/v1/price_quotes", body).json["price_quote"]
    assert quote["pricing_status"] == "unpublished"
    assert quote["reservation_amount_cents"] == 63
    assert quote["estimate_basis"] == "5 s at 12.5 cents per second (invented: no rate is published)"


def test_quote_names_the_field_that_is_wrong(caller: Caller) -> None:
    wrong: dict[str, dict[str, Any]] = {
        "service": {"service": "veo"},
        "action": {"action": ["text_to_video"]},
        "model": {"model": "kling-9"},
        "params": {"params": [1]},
        "duration_seconds": {"params": {"duration_seconds": 99}},
    }
    answers = {
        field: caller.send("POST", "/api/v1/price_quotes", {**A_QUOTE, **change}) for field, change in wrong.items()
    }
    assert {answer.status for answer in answers.values()} == {422}
    assert {field: answer.error["field"] for field, answer in answers.items()} == {field: field for field in wrong}
