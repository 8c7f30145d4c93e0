"""The question before money is spent."""

from __future__ import annotations

import click

from kling_render.catalog import format_usd
from kling_render.rendering.consent import Proposal
from kling_render.report.console import console
from kling_render.report.plan import print_plan


def ask(proposal: Proposal) -> bool:
    """Show what would be bought, where and from whose account; whether the answer was yes."""
    print_plan(proposal.plan, err=True)
    out = console(err=True)
    account, balance = proposal.account, proposal.balance
    names = " / ".join(dict.fromkeys((account.account_name, account.name)))
    out.print(f"account: {names}, balance {format_usd(balance.balance_cents * 10_000)}")
    due = proposal.plan.due
    question = f"Buy {len(due)} take{'' if len(due) == 1 else 's'} for {format_usd(proposal.plan.due_micro_usd)}"
    if unanswered := proposal.plan.snapshot.unanswered:
        price = format_usd(proposal.plan.snapshot.counted_micro_usd(unanswered))
        question += f", and repeat {len(unanswered)} unanswered (no new cost if they arrived, else {price})"
    return click.confirm(f"{question}?", default=False, err=True)
