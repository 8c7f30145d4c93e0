"""What can be looked at: journal, tasks, books, clock, faults; secrets are in none of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kling_render.catalog import exact_usd
from mock_server.core.clips import name_of
from mock_server.core.control.near_miss import explain
from mock_server.core.messages import Refusal
from mock_server.core.state import State
from mock_server.core.tasks import NEVER, Task
from mock_server.scenarios import bundled_scenarios

_LATEST = 200


def journal(state: State, query: Mapping[str, str]) -> dict[str, Any]:
    """The latest entries (`limit`, 200 by default, `all` for every one), those of refusals with an explanation."""
    entries = list(state.journal)
    kept = entries if query.get("limit") == "all" else entries[-_limit(query) :]
    shown = []
    for entry in kept:
        explanation = explain(entry, entries, state)
        shown.append({**entry.shown(), **({"explanation": explanation} if explanation else {})})
    return {"entries": shown, "seen": len(entries) + state.journal.dropped, "dropped": state.journal.dropped}


def tasks(state: State) -> list[dict[str, Any]]:
    """Every task in the order of creation."""
    return [_task(state, task) for task in state.tasks.values()]


def books(state: State) -> list[dict[str, Any]]:
    """The books of every account; amounts are decimal texts in USD."""
    return [
        {
            "account": account.number,
            "start_usd": exact_usd(account.books.start),
            "available_usd": exact_usd(account.books.available),
            "reserved_usd": exact_usd(account.books.reserved),
            "settled_usd": exact_usd(account.books.settled),
            "balanced": account.books.is_balanced(),
        }
        for account in state.accounts.opened
    ]


def clock(state: State) -> dict[str, Any]:
    """The simulated time, and when something happens next."""
    event = state.next_event
    return {
        "now": state.now.isoformat(),
        "elapsed_seconds": state.elapsed_seconds,
        "next_event": event.isoformat() if event else None,
        "speed": state.config.speed,
        "seed": state.config.seed,
    }


def faults(state: State) -> dict[str, Any]:
    """The scenario, and how often each kind of fault has struck."""
    scenario = state.faults.scenario
    shown = {"name": scenario.name, "description": scenario.description} if scenario else None
    return {"scenario": shown, "met": dict(state.faults.met)}


def scenarios() -> list[dict[str, str]]:
    """The bundled scenarios."""
    return [{"name": name, "description": each.description} for name, each in bundled_scenarios().items()]


def export(state: State) -> dict[str, Any]:
    """Everything at once."""
    return {
        "schema": 1,
        "clock": clock(state),
        "books": books(state),
        "tasks": tasks(state),
        "faults": faults(state),
        "verdict": state.verdict().shown(),
        "journal": journal(state, {"limit": "all"}),
    }


def _task(state: State, task: Task) -> dict[str, Any]:
    title, take = name_of(task)
    return {
        "id": task.id,
        "take": f"{title} {take}".strip(),
        "action": task.action,
        "model": task.model,
        "seconds": task.seconds,
        "usd": exact_usd(task.micro_usd),
        "status": task.status_at(state.now),
        "created_at": task.created_at.isoformat(),
        "completes_at": None if task.completes_at == NEVER else task.completes_at.isoformat(),
        "polls": state.polls[task.id],
        "client_request_id": task.client_request_id,
        "error": task.error or None,
    }


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("limit", str(_LATEST))
    if not text.isdecimal() or not int(text[:9]) >= 1:
        raise Refusal(400, "invalid_limit", 'limit is a number from 1, or "all"')
    return int(text[:9])
