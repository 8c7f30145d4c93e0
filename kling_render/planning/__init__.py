"""From takes to a plan: identity, price, state against the ledger, the budget's verdict."""

from kling_render.planning.identity import client_request_id, fingerprint, idempotency_key
from kling_render.planning.plan import Plan, PlannedTake, TakeState, caps_of, plan, plan_takes, twin_warnings

__all__ = [
    "Plan",
    "PlannedTake",
    "TakeState",
    "caps_of",
    "client_request_id",
    "fingerprint",
    "idempotency_key",
    "plan",
    "plan_takes",
    "twin_warnings",
]
