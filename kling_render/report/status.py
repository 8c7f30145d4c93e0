"""What the ledger knows of a project, for people and as JSON."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from kling_render.bookkeeping import Status
from kling_render.catalog import exact_usd, format_price, format_usd
from kling_render.ledger import Attempt, State
from kling_render.report.bill import charged, drift, print_drift
from kling_render.report.cells import Name, file_style, state
from kling_render.report.console import console, fits, lean, table
from kling_render.report.paths import shorten

_NEXT = "what is next"

_TODO = {
    State.INTENT: "perhaps submitted: the next render asks with the same key",
    State.SUBMITTED: "the next render goes on with it",
    State.PROCESSING: "the next render goes on with it",
    State.COMPLETED: "the next render downloads it",
    State.UNKNOWN: "perhaps charged: attach its task, or abandon it",
    State.FAILED: "bought anew only with --retry-failed",
    State.MODERATED: "change the shot: the same request is refused again",
    State.ABANDONED: "given up, possibly charged; due again",
    State.EXPIRED: "paid, and lost: bought anew only with --again",
    State.ELSEWHERE: "its task is known; the next render fetches its clip",
    State.RELEASED: "was refused, not charged; due again",
}


def print_status(status: Status) -> None:
    """Print every attempt of the ledger, what is open, and the sums."""
    out = console()
    identity = status.snapshot.identity
    if identity is None or not status.snapshot.attempts:
        out.print(f"Nothing was bought yet at {status.origin}.")
    else:
        out.print(f"{identity.origin}   account {identity.account_name or identity.account_id}")
        _print_attempts(status, out)
        folder = Path(shorten(status.folder))
        for clip in (attempt.clip for attempt in status.snapshot.attempts):
            if clip is not None:
                path = folder / clip.path
                out.print(Text(str(path), style=file_style(path, out)), soft_wrap=True)
        out.print()
    print_drift(status.snapshot.attempts, out)
    spent = status.snapshot.counted_micro_usd()
    due = "unknown: the project has faults, see kling-render check"
    if status.plan is not None:
        count = len(status.plan.due)
        due = f"{count} take{'' if count == 1 else 's'} for {format_usd(status.plan.due_micro_usd)}"
    out.print(f"spent or reserved: {format_usd(spent)}   to buy: {due}")
    if status.snapshot.open:
        out.print(f"open: {len(status.snapshot.open)}; kling-render render goes on with them", style="yellow")


def _print_attempts(status: Status, out: Console) -> None:
    """A row for each attempt, with as much as has room on one line; what is next stands below where it has none."""
    for whole_ids, with_next in ((True, True), (False, True), (True, False), (False, False)):
        rows = _rows(status, whole_ids=whole_ids, with_next=with_next)
        if fits(rows, out):
            break
    out.print(rows)
    out.print()
    if not with_next:
        _print_next(status, out)


def _print_next(status: Status, out: Console) -> None:
    """What is next, once for all attempts that it is said of."""
    said: dict[str, list[str]] = {}
    for attempt in status.snapshot.attempts:
        said.setdefault(_next(attempt, status.now), []).append(attempt.address)
    said.pop("", None)
    for text, addresses in said.items():
        out.print(Text(f"{', '.join(addresses)}: {text}"))
    if said:
        out.print()


def _rows(status: Status, *, whole_ids: bool, with_next: bool) -> Table:
    """The attempts; ids of tasks by their first eight signs where the whole ones have no room (JSON has them)."""
    rows = table("take", "state", "estimate", "charged", "task", _NEXT, right=("estimate", "charged"))
    for attempt in status.snapshot.attempts:
        task = attempt.task_id or ""
        rows.add_row(
            Name(attempt.address), state(attempt.state.value), format_price(attempt.expected_micro_usd),
            charged(attempt), task if whole_ids else task[:8], Text(_next(attempt, status.now) if with_next else ""),
        )  # fmt: skip
    return lean(rows)


def status_json(status: Status) -> dict[str, Any]:
    """The ledger as JSON."""
    identity = status.snapshot.identity
    return {
        "schema": 1,
        "origin": identity.origin if identity else None,
        "account": identity.account_id if identity else None,
        "counted_usd": exact_usd(status.snapshot.counted_micro_usd()),
        "to_pay_usd": exact_usd(status.plan.due_micro_usd) if status.plan else None,
        "due": [str(planned.take.address) for planned in status.plan.due] if status.plan else None,
        "attempts": [_attempt_json(attempt) for attempt in status.snapshot.attempts],
    }


def _next(attempt: Attempt, now: datetime) -> str:
    if attempt.state is State.DOWNLOADED:
        return ""
    todo = _TODO[attempt.state]
    if attempt.is_open and attempt.url_expires_at is not None:
        todo = f"{todo}; {_left(attempt.url_expires_at - now)}"
    return f"{attempt.error}; {todo}" if attempt.error else todo


def _left(span: timedelta) -> str:
    """How long a clip can still be fetched."""
    hours = max(span, timedelta()) // timedelta(hours=1)
    return f"{hours // 24} days left" if hours >= 48 else f"{hours} hours left"


def _attempt_json(attempt: Attempt) -> dict[str, Any]:
    return {
        "address": attempt.address,
        "attempt": attempt.attempt,
        "state": attempt.state.value,
        "task_id": attempt.task_id,
        "fingerprint": attempt.fingerprint,
        "created_at": attempt.created_at.isoformat(),
        "estimated_usd": exact_usd(attempt.expected_micro_usd),
        "reserved_usd": exact_usd(attempt.reserved_micro_usd),
        "settled_usd": exact_usd(attempt.settled_micro_usd),
        "drift": drift(attempt),
        "url_expires_at": attempt.url_expires_at.isoformat() if attempt.url_expires_at else None,
        "clip": attempt.clip.path if attempt.clip else None,
        "error": attempt.error,
    }
