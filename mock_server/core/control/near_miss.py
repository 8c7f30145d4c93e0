"""Why a request was refused, and how it nearly was not: what the answer itself does not say."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mock_server.core.journal import Entry
from mock_server.core.state import State

_SHOWN = 60


def explain(entry: Entry, entries: Sequence[Entry], state: State) -> str | None:
    """The explanation, or None for a request that passed or whose answer says all there is.

    Args:
        entry: the request.
        entries: the journal, with what came before it.
        state: the simulator's.
    """
    if entry.response.fault:
        return f"the mock server was told to: {entry.response.fault}"
    if entry.status == 401:
        return _key(entry, state)
    if entry.status == 404 and entry.endpoint:
        return _task(entry, state)
    if entry.status == 409 and entry.idempotency_key:
        return _conflict(entry, entries)
    return None


def _key(entry: Entry, state: State) -> str:
    if not entry.key:
        return "it carried no key: Authorization: Bearer <key>"
    return f"its key is none of the {len(state.config.api_keys)} that this server accepts"


def _task(entry: Entry, state: State) -> str | None:
    asked = entry.request.path.rpartition("/")[2].removesuffix(".mp4")
    if asked in state.tasks:
        task = state.tasks[asked]
        return f"there is such a task: made by {task.action}, for another key or at another address than asked"
    close = [known for known in state.tasks if known[:8] == asked[:8]]
    return f"nearest: {close[0]}" if close else f"{len(state.tasks)} tasks are known, none like it"


def _conflict(entry: Entry, entries: Sequence[Entry]) -> str | None:
    """Where the input differs from the one that the key was first used with."""
    key = entry.idempotency_key
    first = next((each for each in entries if each.idempotency_key == key and each.key == entry.key), None)
    if first is None or first is entry:
        return None
    before, now = _fields(first), _fields(entry)
    differing = [name for name in sorted({*before, *now}) if before.get(name) != now.get(name)]
    if not differing:
        return f"the key was first used at {first.request.path} (request #{first.number})"
    words = [f"{name} was {_short(before.get(name))}, is {_short(now.get(name))}" for name in differing[:5]]
    return f"against request #{first.number}: {'; '.join(words)}"


def _fields(entry: Entry) -> Mapping[str, Any]:
    try:
        body = json.loads(entry.request.body)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
