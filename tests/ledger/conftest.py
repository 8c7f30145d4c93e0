"""Builders of ledgers, runs, intents and lines of the lock."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kling_render.ledger import Attempt, Caps, Clip, Identity, LockedTake, State
from kling_render.ledger.store import Intent, Ledger, Run

NOW = datetime(2026, 8, 1, 12, 0, tzinfo=UTC)
HERE = Identity("https://runapi.ai", "7")
A_CLIP = Clip("renders/default/walk/walk-t1-ffffffff.mp4", "a" * 64, 12_345, 5.042, 1280, 720, True)
FREE = Caps()


def a_run(**changes: Any) -> Run:
    return replace(
        Run(
            id="run-1",
            project_id="nf-7c1e",
            origin=HERE.origin,
            account_id=HERE.account_id,
            account_name="Studio",
            profile="default",
            client="ACME",
            person="mira",
            price_card="2026-07-28",
            tool_version="0.1.0",
            plan_hash="h" * 64,
            started_at=NOW,
        ),
        **changes,
    )


def an_intent(take: int = 1, **changes: Any) -> Intent:
    return replace(
        Intent(
            address=f"walk#{take}",
            title="walk",
            fingerprint="f" * 64,
            take=take,
            attempt=1,
            action="text_to_video",
            model="kling-3.0",
            key=f"kr1-{take}",
            client_request_id=f"walk%23{take};a=1;n=1",
            body=b'{"prompt": "She walks \xc3\xa9"}',
            reserved_micro_usd=40,
        ),
        **changes,
    )


def a_ledger(folder: Path, *runs: Run) -> Ledger:
    """A ledger in a folder, with these runs started (one by default)."""
    ledger = Ledger(folder / ".kling-render" / "ledger.sqlite")
    for run in runs or (a_run(),):
        ledger.start_run(run)
    return ledger


def rows(ledger: Ledger, query: str) -> list[tuple[Any, ...]]:
    """What a second connection sees while the ledger is open."""
    with closing(sqlite3.connect(ledger.path)) as connection:
        return connection.execute(query).fetchall()


def a_locked_take(**changes: Any) -> LockedTake:
    return replace(
        LockedTake(
            address="walk#1",
            title="walk",
            profile="default",
            fingerprint="f" * 64,
            take=1,
            attempt=1,
            project_id="nf-7c1e",
            origin=HERE.origin,
            account_id=HERE.account_id,
            action="text_to_video",
            model="kling-3.0",
            task_id="t-1",
            is_paid=True,
            settled_micro_usd=420_000,
            reserved_micro_usd=400_000,
            clip=A_CLIP,
            person="mira",
            created_at=NOW,
            url_expires_at=NOW + timedelta(days=7),
        ),
        **changes,
    )


def an_attempt(**changes: Any) -> Attempt:
    return replace(
        Attempt(
            id=1,
            address="walk#1",
            fingerprint="f" * 64,
            take=1,
            attempt=1,
            state=State.DOWNLOADED,
            action="text_to_video",
            model="kling-3.0",
            key="kr1-1",
            client_request_id="walk%231;a=1;n=1",
            body=b"{}",
            reserved_micro_usd=400_000,
            settled_micro_usd=420_000,
            task_id="t-1",
            error=None,
            created_at=NOW,
            run_id="run-1",
            profile="default",
            title="walk",
            clip=A_CLIP,
            url_expires_at=NOW + timedelta(days=7),
        ),
        **changes,
    )
