"""The user's cache folder: a card for each server, and nothing that a damaged file could break."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from kling_render.pricing.cache import cache_file, keep_live_card, read_live_card

from .conftest import NOW, ORIGIN, WALK

ROW = {**WALK, "unit_price_cents": Decimal("16.25")}


def keep(origin: str = ORIGIN, as_of: str = "2026-08-02", cents: str = "16.25") -> None:
    keep_live_card(origin, '"e1"', as_of, [{**ROW, "unit_price_cents": Decimal(cents)}], NOW)


def rate(origin: str = ORIGIN) -> Decimal | None:
    """What a second costs at a server, as far as this machine knows."""
    live = read_live_card(origin)
    schedule = live.card.schedule("text_to_video", "kling-3.0") if live else None
    return schedule.unit_price_cents if schedule else None


def test_card_is_kept_in_the_cache_folder_under_the_servers_name(cache: Path) -> None:
    keep()
    assert [path.relative_to(cache).as_posix() for path in cache.rglob("*")] == ["runapi.ai.json"]


def test_fraction_of_a_cent_is_kept_exactly() -> None:
    keep(cents="119.5")
    assert rate() == Decimal("119.5")


def test_no_card_is_known_of_a_server_that_was_never_asked() -> None:
    assert read_live_card(ORIGIN) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://runapi.ai", "https://proxy.example"),
        ("https://runapi.ai", "http://runapi.ai"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8081"),
        ("http://mock:8080", "http://mock-8080"),
        ("http://[::1]:80", "http://1-80"),
    ],
)
def test_card_of_one_server_is_not_used_for_another(one: str, other: str) -> None:
    keep(one)
    assert rate(one) == Decimal("16.25")
    assert rate(other) is None


DAMAGED = {
    "empty": b"",
    "cut": b'{"origin": "https://runapi.ai", "etag": "e", "as_of"',
    "binary": b"\xff\xfe\x00",
    "list": b"[]",
    "text": b'"card"',
    "nested": b"[" * 100_000,
    "no rows": b'{"origin": "https://runapi.ai", "etag": null, "as_of": "2026-08-02"}',
    "date": b'{"origin": "https://runapi.ai", "etag": null, "as_of": 7, "price_schedules": []}',
    "rows": b'{"origin": "https://runapi.ai", "etag": null, "as_of": "2026-08-02", "price_schedules": "none"}',
    "row": b'{"origin": "https://runapi.ai", "etag": null, "as_of": "2026-08-02", "price_schedules": [7]}',
    "number": b'{"origin": "https://runapi.ai", "etag": null, "as_of": "2026-08-02", "price_schedules": 7}',
    "etag": b'{"origin": "https://runapi.ai", "etag": 7, "as_of": "2026-08-02", "price_schedules": []}',
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_damaged_card_counts_as_none(content: bytes) -> None:
    keep()
    cache_file(ORIGIN).write_bytes(content)
    assert read_live_card(ORIGIN) is None


def test_folder_in_the_place_of_a_card_counts_as_none() -> None:
    cache_file(ORIGIN).mkdir(parents=True)
    assert read_live_card(ORIGIN) is None


def test_date_of_a_card_is_the_day_of_the_servers_moment() -> None:
    keep(as_of="2026-08-02T10:11:12Z")
    live = read_live_card(ORIGIN)
    assert live is not None
    assert live.card.as_of == "2026-08-02"


def test_kept_file_says_whose_card_it_is_and_when_it_was_fetched() -> None:
    keep()
    kept = json.loads(cache_file(ORIGIN).read_text("utf-8"))
    assert (kept["origin"], kept["fetched_at"]) == (ORIGIN, NOW.isoformat())
