"""Who renders what, where and for whom: recorded with every run, because it cannot be recovered later."""

from __future__ import annotations

from datetime import datetime

from kling_render._version import __version__
from kling_render.ledger import Identity
from kling_render.ledger.store import Run
from kling_render.planning import Plan, plan_rows


def new_run(plan: Plan, identity: Identity, *, run_id: str, person: str, started_at: datetime) -> Run:
    """The record of a run of this plan at an origin and account."""
    project = plan.project.table
    return Run(
        id=run_id,
        project_id=project.id,
        origin=identity.origin,
        account_id=identity.account_id,
        account_name=identity.account_name,
        profile=plan.profile,
        client=project.client,
        person=person,
        price_card=plan.price_card,
        tool_version=__version__,
        plan_hash=plan.hash,
        started_at=started_at,
        plan_rows=plan_rows(plan),
    )
