"""The account and its money as typed values, and everything that is neither."""

from decimal import Decimal
from typing import Any

import httpx
import pytest

from kling_render.errors import UnintelligibleAnswerError
from kling_render.runapi import Account, Balance, parse_account, parse_balance

HEADERS = httpx.Headers({"X-Request-Id": "req-1"})
KEY = "rk-live-5ecret"


# The account


def a_user(**fields: Any) -> dict[str, Any]:
    return {"id": 7, "name": "Ida", "email": "ida@example.org", "account": {"id": 9, "name": "Studio"}, **fields}


def test_an_account_is_read_with_ids_as_text() -> None:
    assert parse_account(a_user(), {}) == Account("7", "9", "Ida", "ida@example.org", "Studio")


def test_an_account_without_names_has_empty_ones() -> None:
    assert parse_account({"id": "u", "account": {"id": "a"}}, {}) == Account("u", "a", "", "", "")


def test_the_names_of_an_account_are_short_printable_and_without_the_key() -> None:
    name = f"\x1b]0;{KEY}\x07" + "x" * 100_000
    account = parse_account(a_user(name=name, email=name, account={"id": 9, "name": name}), {}, key=KEY)

    for text in (account.name, account.email, account.account_name):
        assert text.startswith("]0;[API key] x")
        assert text.isprintable()
        assert len(text) == 500


@pytest.mark.parametrize(
    ("payload", "trouble"),
    [
        ("Ida", "the answer is not an object"),
        (a_user(account=None), "account is not an object"),
        (a_user(account={"name": "Studio"}), "id is missing"),
        (a_user(id=None), "id is missing"),
    ],
)
def test_an_account_without_ids_is_unintelligible(payload: object, trouble: str) -> None:
    with pytest.raises(UnintelligibleAnswerError, match=f"about the account cannot be read: {trouble}") as caught:
        parse_account(payload, HEADERS)

    assert caught.value.request_id == "req-1"


# The balance


def a_balance(**fields: object) -> dict[str, object]:
    names = ("balance_cents", "paid_balance_cents", "bonus_balance_cents", "spent_cents_today", "spent_cents_total")
    return {**dict(zip(names, (5000, 4000, 1000, 12, 345), strict=True)), **fields}


def test_a_balance_is_read_in_cents() -> None:
    assert parse_balance(a_balance(currency="USD"), {}) == Balance(5000, 4000, 1000, 12, 345)


def test_a_fraction_of_a_cent_is_rounded_half_up() -> None:
    assert parse_balance(a_balance(balance_cents=Decimal("10.5")), {}).balance_cents == 11


def test_an_overdrawn_balance_is_negative() -> None:
    assert parse_balance(a_balance(balance_cents=-3), {}).balance_cents == -3


@pytest.mark.parametrize("amount", [None, True, "much", float("nan"), {}])
def test_a_balance_without_an_amount_is_unintelligible(amount: object) -> None:
    with pytest.raises(UnintelligibleAnswerError, match="balance cannot be read: spent_cents_today is not an amount"):
        parse_balance(a_balance(spent_cents_today=amount), HEADERS)
