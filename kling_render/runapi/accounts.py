"""Whom the key belongs to, and the money of the account it spends from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kling_render.runapi.reading import UnreadableError, amount, id_text, mapping, reading, shifted, text


@dataclass(frozen=True)
class Account:
    """Whom the key belongs to, and which account it spends from."""

    user_id: str
    account_id: str
    name: str
    email: str
    account_name: str


@dataclass(frozen=True)
class Balance:
    """The account's money in US cents, rounded by the server."""

    balance_cents: int
    paid_balance_cents: int
    bonus_balance_cents: int
    spent_cents_today: int
    spent_cents_total: int


def parse_account(payload: object, headers: Mapping[str, str], *, key: str = "") -> Account:
    """Read the answer of `/api/v1/me`; names and the address may be missing, the ids may not.

    The API key, where given, is blanked in the names.
    """
    with reading("the account", headers):
        user = mapping(payload, "the answer")
        account = mapping(user.get("account"), "account")
        return Account(
            user_id=_required_id(user, "id"),
            account_id=_required_id(account, "id"),
            name=text(user.get("name"), key),
            email=text(user.get("email"), key),
            account_name=text(account.get("name"), key),
        )


def parse_balance(payload: object, headers: Mapping[str, str]) -> Balance:
    """Read the answer of `/api/v1/me/balance`; all five amounts must be there."""
    with reading("the balance", headers):
        fields = mapping(payload, "the answer")
        return Balance(**{name: _cents(fields, name) for name in Balance.__dataclass_fields__})


def _required_id(fields: Mapping[str, object], name: str) -> str:
    if not (found := id_text(fields.get(name))):
        raise UnreadableError(f"{name} is missing")
    return found


def _cents(fields: Mapping[str, object], name: str) -> int:
    found = amount(fields.get(name))
    if found is None:
        raise UnreadableError(f"{name} is not an amount")
    return shifted(found, 0)
