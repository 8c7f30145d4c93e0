"""From takes to a plan: identity, price, state against the ledger, the budget's verdict."""

from kling_render.planning.identity import client_request_id, fingerprint, idempotency_key
from kling_render.planning.plan import Plan, caps_of, plan, plan_takes, twin_warnings
from kling_render.planning.selection import Selection
from kling_render.planning.stream import StreamedPlan, can_stream, stream_plan
from kling_render.planning.takes import PlannedTake, TakeState, plan_each
from kling_render.planning.tally import Tally

__all__ = [
    "Plan",
    "PlannedTake",
    "Selection",
    "StreamedPlan",
    "TakeState",
    "Tally",
    "can_stream",
    "caps_of",
    "client_request_id",
    "fingerprint",
    "idempotency_key",
    "plan",
    "plan_each",
    "plan_takes",
    "stream_plan",
    "twin_warnings",
]
