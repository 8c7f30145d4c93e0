"""Published prices and quotes: what is asked, with and without a key, and what is no price."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import TypeVar

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from kling_render.errors import KeyMissingError, UnintelligibleAnswerError
from kling_render.runapi import Quote, RunApi, Schedules, parse_quote, parse_schedules

NOW = datetime(2026, 8, 1, 12, 0, tzinfo=UTC)
KEY = "rk-live-5ecret"
HEADERS = httpx.Headers({"X-Request-Id": "req-1"})
ROW = {"service": "kling", "action": "text_to_video", "model": "kling-3.0", "unit_price_cents": 67}
Result = TypeVar("Result")


def schedules(**fields: object) -> dict[str, object]:
    return {"as_of": "2026-07-28", "price_schedules": [ROW], **fields}


def quote(**fields: object) -> dict[str, object]:
    asked = {"service": "kling", "action": "text_to_video", "model": "kling-3.0"}
    said = {"pricing_status": "published", "currency": "USD", "reservation_amount_cents": 84, "estimate_basis": "rate"}
    return {"price_quote": {**asked, **said, "as_of": "2026-07-28", **fields}}


class Server:
    """Gives one answer for ever, after those that come first, and keeps what it was asked."""

    def __init__(self, *answers: httpx.Response) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def run(scenario: Callable[[RunApi], Awaitable[Result]], server: Server, key: str | None = None) -> Result:
    async def main() -> Result:
        transport = httpx.MockTransport(server)
        api_key = None if key is None else SecretStr(key)
        async with RunApi("https://runapi.test", api_key, transport=transport, now=lambda: NOW) as client:
            return await scenario(client)

    return anyio.run(main)


def asking(etag: str | None = None) -> Callable[[RunApi], Awaitable[Schedules | None]]:
    return lambda client: client.price_schedules(etag=etag)


async def quoted(client: RunApi) -> Quote:
    params = {"cfg_scale": Decimal("0.5"), "duration_seconds": Decimal(5), "enable_sound": True, "mode": "pro"}
    return await client.price_quote("text_to_video", "kling-3.0", MappingProxyType({**params, "n": 3}))


# Schedules


def test_schedules_are_read_with_exact_fractions() -> None:
    body = '{"as_of": "2026-07-28", "price_schedules": [{"unit_price_cents": 119.5, "billing_config": {"a": 0.1}}]}'
    server = Server(httpx.Response(200, text=body, headers={"ETag": '"v1"'}))

    rows = ({"unit_price_cents": Decimal("119.5"), "billing_config": {"a": Decimal("0.1")}},)
    assert run(asking(), server) == Schedules('"v1"', "2026-07-28", rows)


def test_schedules_are_those_of_kling_and_asked_for_without_condition() -> None:
    server = Server(httpx.Response(200, json=schedules()))

    run(asking(), server)

    request = server.requests[0]
    assert (request.method, str(request.url)) == ("GET", "https://runapi.test/api/v1/price_schedules?service=kling")
    assert "If-None-Match" not in request.headers


def test_a_known_etag_is_shown_and_unchanged_prices_are_none() -> None:
    server = Server(httpx.Response(304))

    assert run(asking('W/"v1"'), server) is None
    assert server.requests[0].headers["If-None-Match"] == 'W/"v1"'


def test_changed_prices_come_despite_an_etag() -> None:
    found = run(asking('"v1"'), Server(httpx.Response(200, json=schedules(), headers={"ETag": '"v2"'})))

    assert found == Schedules('"v2"', "2026-07-28", (ROW,))


def test_null_is_not_taken_for_unchanged_prices() -> None:
    with pytest.raises(UnintelligibleAnswerError, match="about prices cannot be read: the answer is not an object"):
        run(asking('"v1"'), Server(httpx.Response(200, json=None, text="null")))


def test_unchanged_prices_that_nobody_asked_about_are_unintelligible() -> None:
    with pytest.raises(UnintelligibleAnswerError, match="answered 304"):
        run(asking(), Server(httpx.Response(304)))


@pytest.mark.parametrize("etag", ["", "two words", "é", '"a"\r\nX-Evil: 1'])
def test_an_etag_that_cannot_go_into_a_header_asks_for_everything(etag: str) -> None:
    server = Server(httpx.Response(200, json=schedules()))

    assert run(asking(etag), server) is not None
    assert "If-None-Match" not in server.requests[0].headers


@pytest.mark.parametrize("headers", [{}, {"ETag": ""}, {"ETag": "two words"}])
def test_schedules_without_a_usable_etag_have_none(headers: dict[str, str]) -> None:
    assert parse_schedules(schedules(), httpx.Headers(headers)).etag is None


@pytest.mark.parametrize(
    ("payload", "trouble"),
    [
        ([], "the answer is not an object"),
        (schedules(price_schedules=None), "price_schedules is not a list"),
        (schedules(price_schedules={"a": ROW}), "price_schedules is not a list"),
        (schedules(price_schedules=[ROW, "free"]), "a price schedule is not an object"),
        (schedules(as_of=None), "as_of is missing"),
        (schedules(as_of=20260728), "as_of is missing"),
        (schedules(price_schedules=[{"unit_price_cents": float("nan")}]), "a number that cannot be a price"),
        (schedules(price_schedules=[{"billing_config": {"matrix": [float("inf")]}}]), "cannot be a price"),
        (schedules(price_schedules=[{"unit_price_cents": Decimal("1e999999")}]), "cannot be a price"),
        (schedules(price_schedules=[{"unit_price_cents": 10**5000}]), "cannot be a price"),
    ],
)
def test_schedules_that_make_no_sense_are_unintelligible(payload: object, trouble: str) -> None:
    with pytest.raises(UnintelligibleAnswerError, match=f"about prices cannot be read: .*{trouble}") as caught:
        parse_schedules(payload, HEADERS)

    assert caught.value.request_id == "req-1"


# Quotes


def test_a_quote_asks_with_the_fields_as_json_has_them() -> None:
    server = Server(httpx.Response(200, json=quote()))

    run(quoted, server)

    request = server.requests[0]
    assert (request.method, request.url.path) == ("POST", "/api/v1/price_quotes")
    assert request.headers["Content-Type"] == "application/json"
    assert request.content == (
        b'{"service": "kling", "action": "text_to_video", "model": "kling-3.0", "params": '
        b'{"cfg_scale": 0.5, "duration_seconds": 5, "enable_sound": true, "mode": "pro", "n": 3}}'
    )


def test_a_quote_is_read_whole() -> None:
    assert run(quoted, Server(httpx.Response(200, json=quote()))) == Quote(
        "published", "USD", 840_000, "rate", "2026-07-28"
    )


@pytest.mark.parametrize(
    ("cents", "micro_usd"),
    [
        (84, 840_000),
        (0, 0),
        ("119.5", 1_195_000),
        (Decimal("0.00005"), 1),
        (Decimal("0.00004999999999999999999999999999999999999999999999"), 0),
        (Decimal("12.34565"), 123_457),
        (None, None),
    ],
)
def test_a_reservation_becomes_exact_micro_usd(cents: object, micro_usd: int | None) -> None:
    assert parse_quote(quote(reservation_amount_cents=cents), {}).reservation_micro_usd == micro_usd


def test_a_quote_without_an_amount_or_a_basis_is_unknown_not_free() -> None:
    fields = {"pricing_status": "unpublished", "currency": "USD", "as_of": "2026-07-28"}

    assert parse_quote({"price_quote": fields}, {}) == Quote("unpublished", "USD", None, "", "2026-07-28")


@pytest.mark.parametrize(
    ("payload", "trouble"),
    [
        ({}, "price_quote is not an object"),
        (quote(currency="EUR"), "the currency is 'EUR', not USD"),
        (quote(currency="usd"), "the currency is 'usd', not USD"),
        (quote(currency=None), "it names no currency"),
        (quote(currency=[f"{KEY}"]), "not USD"),
        (quote(reservation_amount_cents="free"), "reservation_amount_cents is not an amount"),
        (quote(reservation_amount_cents=-1), "reservation_amount_cents is not an amount"),
        (quote(reservation_amount_cents=True), "reservation_amount_cents is not an amount"),
        (quote(reservation_amount_cents=float("nan")), "reservation_amount_cents is not an amount"),
        (quote(pricing_status=""), "pricing_status is missing"),
        (quote(as_of=None), "as_of is missing"),
    ],
)
def test_a_quote_that_makes_no_sense_is_unintelligible(payload: object, trouble: str) -> None:
    with pytest.raises(UnintelligibleAnswerError, match=f"about a price cannot be read: .*{trouble}") as caught:
        parse_quote(payload, HEADERS, key=KEY)

    assert caught.value.request_id == "req-1"
    assert KEY not in caught.value.message


def test_a_quote_that_fails_in_passing_is_asked_for_again() -> None:
    server = Server(httpx.Response(503, headers={"Retry-After": "0"}), httpx.Response(200, json=quote()))

    assert run(quoted, server).reservation_micro_usd == 840_000
    assert len(server.requests) == 2


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(value=ANY_JSON, field=st.sampled_from(["currency", "reservation_amount_cents", "pricing_status", "as_of"]))
def test_any_json_is_a_quote_or_unintelligible(value: object, field: str) -> None:
    try:
        found = parse_quote(quote(**{field: value}), {})
    except UnintelligibleAnswerError:
        return
    assert found.currency == "USD"
    assert found.reservation_micro_usd is None or found.reservation_micro_usd >= 0


# The key


@pytest.mark.parametrize(
    ("scenario", "payload"), [(asking(), schedules()), (quoted, quote())], ids=["schedules", "quote"]
)
def test_without_a_key_prices_are_asked_for_without_authorization(
    scenario: Callable[[RunApi], Awaitable[object]], payload: object
) -> None:
    server = Server(httpx.Response(200, json=payload))

    run(scenario, server)

    assert "Authorization" not in server.requests[0].headers


def test_with_a_key_prices_are_those_of_its_account() -> None:
    server = Server(httpx.Response(200, json=schedules()))

    run(asking(), server, KEY)

    assert server.requests[0].headers["Authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    "scenario",
    [
        lambda client: client.create("text_to_video", b"{}", idempotency_key="k", client_request_id=None),
        lambda client: client.task("text_to_video", "t-1"),
        lambda client: client.task_by_id("t-1"),
        lambda client: client.me(),
        lambda client: client.balance(),
        lambda client: client.upload("sky.png", b"png"),
    ],
    ids=["create", "task", "task_by_id", "me", "balance", "upload"],
)
def test_without_a_key_everything_else_is_refused_before_it_is_sent(
    scenario: Callable[[RunApi], Awaitable[object]],
) -> None:
    server = Server(httpx.Response(200, json={}))

    with pytest.raises(KeyMissingError, match="there is no API key") as caught:
        run(scenario, server)

    assert server.requests == []
    assert "RUNAPI_API_KEY" in caught.value.hint


def test_an_echoed_key_does_not_reach_the_words_of_a_price() -> None:
    found = parse_quote(json.loads(json.dumps(quote(estimate_basis=f"rate of {KEY}"))), {}, key=KEY)

    assert found.estimate_basis == "rate of [API key]"
