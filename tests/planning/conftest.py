"""Builders of plans, and of what the ledger knows of their takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kling_render.ledger import Attempt, Identity, Snapshot, State
from kling_render.planning import Plan, PlannedTake, TakeState, plan
from kling_render.project import load

NOW = datetime(2026, 8, 1, 12, 0, tzinfo=UTC)
HERE = Identity("https://runapi.ai", "7")
WALK = '[shot.walk]\nprompt = "She walks"\n'  # 5 s silent at 720p: 0.70 USD
RUN = '[shot.run]\nprompt = "She runs"\nenable_sound = true\n'  # with sound: 1.00 USD


def a_plan(folder: Path, shots: str = WALK, *, budget: str = "", **known: Any) -> Plan:
    """The plan of a project with these shots, against what is known."""
    (folder / "project.toml").write_text(
        'schema = 1\n[project]\nname = "ferry"\nid = "nf-7c1e"\n'
        f"[budget]\n{budget}\n"
        '[defaults]\nmodel = "kling-3.0"\noutput_resolution = "720p"\nduration_seconds = 5\n' + shots,
        "utf-8",
    )
    return plan(load(folder), **{"now": NOW, **known})


def an_attempt(planned: PlannedTake, state: State = State.DOWNLOADED, **changes: Any) -> Attempt:
    """An attempt at a planned take, as the ledger would have it."""
    attempt = Attempt(
        id=1,
        address=str(planned.take.address),
        fingerprint=planned.fingerprint,
        take=planned.take.address.number,
        attempt=1,
        state=state,
        action=planned.take.action,
        model=planned.take.model,
        key="kr1-1",
        client_request_id="a=1;n=1",
        body=b"{}",
        reserved_micro_usd=planned.estimate_micro_usd or 0,
        settled_micro_usd=None,
        task_id="t-1",
        error=None,
        created_at=NOW,
        run_id="run-1",
        profile="default",
        title=planned.take.title,
    )
    return replace(attempt, **changes)


def a_snapshot(*attempts: Attempt) -> Snapshot:
    return Snapshot(HERE, attempts)


def states(plan: Plan) -> dict[str, TakeState]:
    return {str(planned.take.address): planned.state for planned in plan.takes}
