"""What a check against server, disk and account has found, for people and as JSON."""

from __future__ import annotations

from typing import Any

from kling_render.bookkeeping import Reconciliation, Verification
from kling_render.catalog import exact_usd, format_usd
from kling_render.report.console import console

_ROUNDING_MICRO_USD = 5_000
"""The server tells whole cents: a rest of half a cent is none."""


def print_verification(found: Verification) -> None:
    """Print what the server says of open tasks, and each clip that is not as it came."""
    out = console()
    for task in found.tasks:
        text = f"{task.attempt.address}  task {task.attempt.task_id}: {task.answer}"
        out.print(text, style="" if task.is_known else "red", soft_wrap=True)
    for file in found.files:
        if file.state != "whole" and file.attempt.clip is not None:
            out.print(f"{file.attempt.address}  {file.attempt.clip.path} is {file.state}", style="red", soft_wrap=True)
    whole = sum(file.state == "whole" for file in found.files)
    out.print(f"verified: {whole} of {len(found.files)} clips are whole, {len(found.tasks)} open tasks asked about")
    if whole < len(found.files):
        out.print("  A missing clip is fetched again by kling-render render; a changed one is left as it is.")


def verification_json(found: Verification) -> dict[str, Any]:
    """The check as JSON."""
    return {
        "clean": found.is_clean,
        "tasks": [
            {
                "address": each.attempt.address,
                "task_id": each.attempt.task_id,
                "answer": each.answer,
                "known": each.is_known,
            }
            for each in found.tasks
        ],
        "files": [
            {
                "address": each.attempt.address,
                "clip": each.attempt.clip.path if each.attempt.clip else None,
                "state": each.state,
            }
            for each in found.files
        ],
    }


def print_reconciliation(found: Reconciliation) -> None:
    """Print the account's sum, ours, and the rest."""
    out = console()
    account = found.account.account_name or found.account.account_id
    out.print(f"account {account} has spent in all   {format_usd(found.account_micro_usd)}")
    out.print(f"charged according to this ledger   {format_usd(found.own_micro_usd)}")
    if found.open_micro_usd:
        out.print(f"reserved for takes under way   {format_usd(found.open_micro_usd)}")
    if found.possibly_micro_usd:
        out.print(f"possibly charged   {format_usd(found.possibly_micro_usd)}")
    rest = found.unexplained_micro_usd
    if abs(rest) <= _ROUNDING_MICRO_USD:
        out.print("unexplained   nothing")
    elif rest > 0:
        out.print(f"unexplained   {format_usd(rest)}: spent by other projects, machines or tools", style="yellow")
    else:
        out.print(f"unexplained   -{format_usd(-rest)}: the server has booked less than it told us", style="yellow")


def reconciliation_json(found: Reconciliation) -> dict[str, Any]:
    """The reconciliation as JSON; amounts are decimal texts in USD."""
    return {
        "account": found.account.account_id,
        "account_spent_usd": exact_usd(found.account_micro_usd),
        "charged_usd": exact_usd(found.own_micro_usd),
        "open_usd": exact_usd(found.open_micro_usd),
        "possibly_charged_usd": exact_usd(found.possibly_micro_usd),
        "unexplained_usd": exact_usd(found.unexplained_micro_usd),
    }
