"""Who renders what, where and for whom: recorded with every run, because it cannot be recovered later."""

from __future__ import annotations

import getpass
from dataclasses import replace
from datetime import datetime

from kling_render._version import __version__
from kling_render.ledger import Identity
from kling_render.ledger.store import Run
from kling_render.planning import Plan, plan_rows
from kling_render.project import Project
from kling_render.settings import Settings


def new_run(project: Project, identity: Identity, *, run_id: str, person: str, started_at: datetime) -> Run:
    """The record of a run at an origin and account, which renders no plan by itself."""
    table = project.table
    return Run(
        id=run_id,
        project_id=table.id,
        origin=identity.origin,
        account_id=identity.account_id,
        account_name=identity.account_name,
        profile=project.profile,
        client=table.client,
        person=person,
        price_card=project.catalog.rates.name,
        tool_version=__version__,
        plan_hash="",
        started_at=started_at,
    )


def of_plan(run: Run, plan: Plan, *, keep_rows: bool = True) -> Run:
    """The record of a run that renders a plan.

    Args:
        run: the record so far.
        plan: what it renders.
        keep_rows: whether later plans are compared with this one: not with a retake's, whose takes nobody declared.
    """
    return replace(run, plan_hash=plan.hash, plan_rows=plan_rows(plan) if keep_rows else "")


def person_of(settings: Settings) -> str:
    """Who is at work, for the books: by the settings, else by the login name."""
    if settings.person:
        return settings.person
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container user without a name
        return "unknown"
