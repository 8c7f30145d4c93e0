"""The question before money is spent."""

from __future__ import annotations

import click

from kling_render.catalog import format_usd
from kling_render.planning import TakeState
from kling_render.rendering.consent import Proposal
from kling_render.report.console import console
from kling_render.report.plan import print_plan

_REASONS = {
    TakeState.NEW: "new",
    TakeState.CHANGED: "changed since they were bought",
    TakeState.RETRY: "tried anew after a failure",
    TakeState.AGAIN: "bought again, their clips are lost",
    TakeState.PENDING: "as soon as another shot's clip is there",
}


def show(proposal: Proposal) -> None:
    """Show what would be bought and why, where and from whose account."""
    plan = proposal.plan
    print_plan(plan, err=True)
    out = console(err=True)
    for state, words in _REASONS.items():
        if takes := [each for each in plan.due if each.state is state]:
            out.print(f"  {len(takes)} {words}: {format_usd(sum(each.due_micro_usd for each in takes))}")
    dearer = [each for each in plan.due if each.quoted_micro_usd is not None]
    if dearer:
        more = sum((each.quoted_micro_usd or 0) - (each.estimate_micro_usd or 0) for each in dearer)
        out.print(f"the server asks {format_usd(more)} more than estimated, for {len(dearer)} of them", style="yellow")
    account, balance = proposal.account, proposal.balance
    names = " / ".join(dict.fromkeys((account.account_name, account.name)))
    where = plan.snapshot.identity.origin if plan.snapshot.identity else ""
    out.print(f"account: {names} at {where}, balance {format_usd(balance.balance_cents * 10_000)}")


def ask(proposal: Proposal) -> bool:
    """Show what would be bought, where and from whose account; whether the answer was yes."""
    show(proposal)
    due = proposal.plan.due
    question = f"Buy {len(due)} take{'' if len(due) == 1 else 's'} for {format_usd(proposal.plan.due_micro_usd)}"
    if unanswered := proposal.plan.snapshot.unanswered:
        price = format_usd(proposal.plan.snapshot.counted_micro_usd(unanswered))
        question += f", and repeat {len(unanswered)} unanswered (no new cost if they arrived, else {price})"
    return click.confirm(f"{question}?", default=False, err=True)
