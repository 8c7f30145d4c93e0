"""The end of a journal as lines for people: who asked for what, and what was answered; never a key or a signature."""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import unquote

from mock_server.core.journal import Entry

SHOWN = 10
_MOST_CHARACTERS = 160


def last_request_lines(journal: Sequence[Entry], count: int = SHOWN) -> list[str]:
    """A heading and the last requests, each with its answer; nothing for an empty journal."""
    if not journal:
        return []
    shown = journal[-count:]
    heading = "requests" if len(shown) == len(journal) else f"requests (the last {len(shown)} of {len(journal)})"
    lines = [f"{heading}, by the client's clock:"]
    for entry in shown:
        seconds = (entry.client_at - journal[0].client_at).total_seconds()
        lines.extend(_lines(entry, f"  #{entry.number} {seconds:.1f} s"))
    return lines


def _lines(entry: Entry, head: str) -> list[str]:
    shown = entry.shown()
    asked, answered = shown["request"], shown["response"]
    path = f"{asked['path']}?{unquote(asked['query'])}" if asked["query"] else asked["path"]
    fate = f", answer {shown['fate']}" if shown["fate"] in ("lost", "cut") else ""
    fault = f", by the fault {shown['fault']}" if shown["fault"] else ""
    lines = [f"{head}  {asked['method']} {path} → {answered['status']}{fate}{fault}"]
    return lines + [f"      {arrow} {_short(body)}" for arrow, body in _bodies(asked["body"], answered["body"])]


def _bodies(asked: object, answered: object) -> list[tuple[str, object]]:
    return [(arrow, body) for arrow, body in ((">", asked), ("<", answered)) if body is not None]


def _short(body: object) -> str:
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    line = " ".join(text.split())
    return line if len(line) <= _MOST_CHARACTERS else f"{line[: _MOST_CHARACTERS - 1]}…"
