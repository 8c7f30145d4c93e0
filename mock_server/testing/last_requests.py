"""The end of a journal as lines for people: who asked for what, and what was answered; never a key or a signature."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import unquote

from mock_server.core.journal import Entry

SHOWN = 10
_MOST_CHARACTERS = 160


def last_request_lines(journal: Sequence[Entry], count: int = SHOWN) -> list[str]:
    """A heading and the last requests, each with its answer, those that repeat each other as one; nothing for none."""
    if not journal:
        return []
    every = [list(group) for _, group in itertools.groupby(journal, key=_sameness)]
    groups = every[-count:]
    shown = sum(map(len, groups))
    heading = "requests" if shown == len(journal) else f"requests (the last {shown} of {len(journal)})"
    lines = [f"{heading}, by the client's clock:"]
    for group in groups:
        lines.extend(_lines(group, journal[0].client_at))
    return lines


def _sameness(entry: Entry) -> tuple[object, ...]:
    asked, answered = entry.request, entry.response
    body = answered.body if isinstance(answered.body, bytes) else None
    return (asked.method, asked.path, asked.query, asked.body, answered.status, answered.wire, answered.fault, body)


def _lines(group: Sequence[Entry], began: datetime) -> list[str]:
    shown = group[0].shown()
    asked, answered = shown["request"], shown["response"]
    path = f"{asked['path']}?{unquote(asked['query'])}" if asked["query"] else asked["path"]
    fate = f", answer {shown['fate']}" if shown["fate"] in ("lost", "cut") else ""
    fault = f", by the fault {shown['fault']}" if shown["fault"] else ""
    line = f"{_when(group, began)}  {asked['method']} {path} → {answered['status']}{fate}{fault}"
    return [line] + [f"      {arrow} {_short(body)}" for arrow, body in _bodies(asked["body"], answered["body"])]


def _when(group: Sequence[Entry], began: datetime) -> str:
    first, last = (((entry.client_at - began).total_seconds(), entry.number) for entry in (group[0], group[-1]))
    if len(group) == 1:
        return f"  #{first[1]} {first[0]:.1f} s"
    return f"  #{first[1]}-{last[1]} {first[0]:.1f}-{last[0]:.1f} s  {len(group)} times"


def _bodies(asked: object, answered: object) -> list[tuple[str, object]]:
    return [(arrow, body) for arrow, body in ((">", asked), ("<", answered)) if body is not None]


def _short(body: object) -> str:
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    line = " ".join(text.split())
    return line if len(line) <= _MOST_CHARACTERS else f"{line[: _MOST_CHARACTERS - 1]}…"
