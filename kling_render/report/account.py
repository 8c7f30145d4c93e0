"""The account behind the API key, for people and as JSON."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kling_render.catalog import exact_usd, format_usd, micro_from_cents
from kling_render.report.console import console
from kling_render.settings import DEFAULT_BASE_URL

if TYPE_CHECKING:
    from kling_render.runapi import Account, Balance


def print_account(account: Account, balance: Balance, origin: str) -> None:
    """Print who, where, balance and what was spent, all as the server says it."""
    out = console()
    who = " ".join(part for part in (account.name, f"<{account.email}>" if account.email else "") if part)
    out.print(f"account   {account.account_name or account.account_id} ({account.account_id})")
    out.print(f"user      {who or account.user_id}")
    note = "" if origin == DEFAULT_BASE_URL else "  (not RunAPI itself)"
    out.print(f"server    {origin}{note}", style="" if not note else "yellow")
    bonus = f", {_usd(balance.bonus_balance_cents)} of it bonus" if balance.bonus_balance_cents else ""
    out.print(f"balance   {_usd(balance.balance_cents)}{bonus}")
    out.print(f"spent     {_usd(balance.spent_cents_today)} today, {_usd(balance.spent_cents_total)} in all")


def account_json(account: Account, balance: Balance, origin: str) -> dict[str, Any]:
    """The account as JSON; amounts are decimal texts in USD, as the server rounded them."""
    return {
        "schema": 1,
        "origin": origin,
        "account": {"id": account.account_id, "name": account.account_name},
        "user": {"id": account.user_id, "name": account.name, "email": account.email},
        "balance_usd": _exact(balance.balance_cents),
        "paid_balance_usd": _exact(balance.paid_balance_cents),
        "bonus_balance_usd": _exact(balance.bonus_balance_cents),
        "spent_today_usd": _exact(balance.spent_cents_today),
        "spent_total_usd": _exact(balance.spent_cents_total),
    }


def _usd(cents: int) -> str:
    return format_usd(micro_from_cents(Decimal(cents)))


def _exact(cents: int) -> str | None:
    return exact_usd(micro_from_cents(Decimal(cents)))
