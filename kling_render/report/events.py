"""The events of a render as lines of JSON; `docs/events.md` documents them."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any, TextIO

from kling_render.catalog import exact_usd
from kling_render.events import Emit, Event


def event_json(event: Event) -> dict[str, Any]:
    """One event; `usd` is a decimal text, and null where the event is about no money."""
    return {
        "at": event.at.isoformat() if event.at else None,
        "kind": event.kind,
        "address": event.address or None,
        "attempt": event.attempt or None,
        "task_id": event.task_id,
        "usd": exact_usd(event.micro_usd) if event.micro_usd else None,
        "count": event.count if event.kind == "started" else None,
        "message": event.message or None,
    }


def as_jsonl(out: TextIO, listen: Emit) -> Emit:
    """A listener that writes each event as a line, at once, before it passes it on."""

    def hear(event: Event) -> None:
        with suppress(OSError):  # who stopped listening does not stop the render
            print(json.dumps(event_json(event), ensure_ascii=False), file=out, flush=True)
        listen(event)

    return hear
