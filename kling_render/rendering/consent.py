"""Everything that can stop a render before it spends: caps, balance, a plan that changed, somebody who says no."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from kling_render.catalog import format_usd, micro_from_cents
from kling_render.errors import BudgetError, PlanChangedError
from kling_render.planning import NO_WISHES, Plan, Retake, Selection, Wishes

if TYPE_CHECKING:
    from kling_render.runapi import Account, Balance

_LEAST_PREFIX = 8


@dataclass(frozen=True)
class Proposal:
    """What a render is about to do, for the one who has to agree."""

    plan: Plan
    account: Account
    balance: Balance


Confirm = Callable[[Proposal], bool]
Show = Callable[[Proposal], None]


class DeclinedError(Exception):
    """Whoever was asked did not agree; nothing was submitted."""


@dataclass(frozen=True)
class Demands:
    """What the caller of a render insists on.

    Attributes:
        max_micro_usd: a cap for this run.
        expect_plan: the hash that the plan must have (a prefix of 8 characters or more will do).
        wishes: what shall be bought besides new and changed takes.
        partial: whether to begin although the account has too little for the whole plan.
        selection: which takes are bought; None: all.
        retake: further takes of one variant, and nothing else.
        wait_seconds: how long to wait for another render of the project.
        confirm: asked before anything is spent; None: nobody is there to ask, so a cap is required.
        show: told before anything is spent what that will be, where nobody is asked.
    """

    max_micro_usd: int | None = None
    expect_plan: str | None = None
    wishes: Wishes = NO_WISHES
    partial: bool = False
    selection: Selection | None = None
    retake: Retake | None = None
    wait_seconds: float = 0.0
    confirm: Confirm | None = None
    show: Show | None = None


def check(plan: Plan, demands: Demands, balance: Balance) -> None:
    """Refuse what must not begin.

    Raises:
        PlanChangedError: the plan is not the expected one.
        BudgetError: a cap would be broken, there is none and nobody to ask, or the account has too little.
    """
    expected = demands.expect_plan
    if expected is not None and (len(expected) < _LEAST_PREFIX or not plan.hash.startswith(expected)):
        hint = "Look at it with: kling-render plan"
        raise PlanChangedError(f"the plan is {plan.hash[:16]}, not {expected}", hint=hint)
    if plan.refusals:
        raise BudgetError("; ".join(plan.refusals), hint=_go_on(plan, demands))
    if spends(plan) and demands.confirm is None and not plan.caps.any:
        hint = "Set [budget] max_usd in the project, or give --max-usd."
        raise BudgetError("without a cap, a render that nobody watches does not start", hint=hint)
    if not demands.partial:
        _check_balance(plan, balance)


def _go_on(plan: Plan, demands: Demands) -> str:
    """What to do about a plan that is refused; where a price is unknown, the refusal says it."""
    if plan.tally.unknown:
        return "Nothing was submitted."
    return f"Nothing was submitted. Raise the cap, or buy fewer takes{'' if demands.retake else ' with --only'}."


def spends(plan: Plan) -> bool:
    """Whether rendering a plan can cost anything: it buys, or repeats what was perhaps never sent."""
    return bool(plan.due or plan.snapshot.unanswered)


def _check_balance(plan: Plan, balance: Balance) -> None:
    """Refuse to begin what the account cannot pay for; what RunAPI holds for open tasks is off its balance already."""
    available = micro_from_cents(Decimal(balance.balance_cents))
    if plan.due_micro_usd > available:
        message = f"the account has {format_usd(available)}, the plan needs {format_usd(plan.due_micro_usd)}"
        hint = "Nothing was submitted. Add credit on RunAPI, or buy what the credit allows: --partial"
        raise BudgetError(message, hint=hint)
