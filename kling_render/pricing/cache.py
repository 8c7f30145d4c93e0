"""Live rate cards on this machine: one file per server in the user's cache folder; a lost one is only fetched again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path
from pydantic import ValidationError

from kling_render.catalog import PriceSchedule, RateCard
from kling_render.errors import StorageError

_SERVICE = "kling"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class LiveCard:
    """A rate card as a server published it.

    Attributes:
        etag: what the server knows this version by.
        card: what of it can be read.
        unreadable: rows that cannot, in words: their models have no price here.
    """

    etag: str | None
    card: RateCard
    unreadable: tuple[str, ...] = ()


def cache_file(origin: str) -> Path:
    """Where the card of a server is kept."""
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", origin.partition("://")[2]).strip("-")
    return user_cache_path("kling-render", appauthor=False) / "prices" / f"{name}.json"


def read_live_card(origin: str) -> LiveCard | None:
    """The card that was fetched last from a server; None where there is none that can be read."""
    try:
        kept = json.loads(cache_file(origin).read_text("utf-8"), parse_float=Decimal)
    except (OSError, ValueError, RecursionError):
        return None
    if not _is_card_of(origin, kept):
        return None
    return live_card(origin, kept["etag"], kept["as_of"], kept["price_schedules"])


def _is_card_of(origin: str, kept: Any) -> bool:
    """Whether a file holds what we write for a server: it may be damaged, or another's whose name is written alike."""
    if not isinstance(kept, dict) or kept.get("origin") != origin:
        return False
    rows = kept.get("price_schedules")
    return (
        isinstance(kept.get("etag", 0), str | None)
        and isinstance(kept.get("as_of"), str)
        and isinstance(rows, list)
        and all(isinstance(row, dict) for row in rows)
    )


def keep_live_card(origin: str, etag: str | None, as_of: str, rows: Iterable[Mapping[str, Any]], at: datetime) -> None:
    """Keep a card as it came.

    Raises:
        StorageError: it cannot be written.
    """
    path = cache_file(origin)
    kept = {"origin": origin, "etag": etag, "as_of": as_of, "fetched_at": at.isoformat(), "price_schedules": list(rows)}
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(kept, default=float), "utf-8")
        part.replace(path)
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror or error}") from error


def live_card(origin: str, etag: str | None, as_of: str, rows: Iterable[Mapping[str, Any]]) -> LiveCard:
    """A server's rows as a card; a row that cannot be read has no price, and says why."""
    schedules, unreadable = [], []
    for row in rows:
        if row.get("service", _SERVICE) != _SERVICE or not row.get("model"):
            continue
        try:
            schedule = PriceSchedule.model_validate({name: each for name, each in row.items() if each is not None})
        except ValidationError as error:
            unreadable.append(f"{row.get('model')} ({row.get('action')}): {error.errors()[0]['msg']}")
            continue
        schedules.append(schedule)
        if schedule.obstacle:
            unreadable.append(f"{schedule.model} ({schedule.action}): {schedule.obstacle}")
    found = _DATE.match(as_of)
    card = RateCard(as_of=found[0] if found else as_of, source=f"{origin}, live", price_schedules=tuple(schedules))
    return LiveCard(etag, card, tuple(unreadable))
