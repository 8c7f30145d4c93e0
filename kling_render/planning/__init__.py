"""From takes to a plan: identity, price, state against the ledger, the budget's verdict."""

from kling_render.planning.changes import Change, changes_since, plan_rows
from kling_render.planning.continuity import NO_PICKS, Continuity, Resolved, Source
from kling_render.planning.identity import client_request_id, fingerprint, idempotency_key
from kling_render.planning.plan import Plan, caps_of, plan, plan_takes, reserving, twin_warnings
from kling_render.planning.retakes import Retake, with_retakes
from kling_render.planning.selection import Selection
from kling_render.planning.states import DUE_STATES, NO_WISHES, STUCK_STATES, TakeState, Wishes, next_number
from kling_render.planning.stream import StreamedPlan, can_stream, stream_plan
from kling_render.planning.takes import PlannedTake, plan_each
from kling_render.planning.tally import Tally

__all__ = [
    "DUE_STATES",
    "NO_PICKS",
    "NO_WISHES",
    "STUCK_STATES",
    "Change",
    "Continuity",
    "Plan",
    "PlannedTake",
    "Resolved",
    "Retake",
    "Selection",
    "Source",
    "StreamedPlan",
    "TakeState",
    "Tally",
    "Wishes",
    "can_stream",
    "caps_of",
    "changes_since",
    "client_request_id",
    "fingerprint",
    "idempotency_key",
    "next_number",
    "plan",
    "plan_each",
    "plan_rows",
    "plan_takes",
    "reserving",
    "stream_plan",
    "twin_warnings",
    "with_retakes",
]
