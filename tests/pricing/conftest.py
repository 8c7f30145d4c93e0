"""Servers with prices of their own, and a cache folder for each test."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import anyio
import httpx
import pytest

from kling_render.catalog import Catalog, PriceSchedule, RateCard, bundled_catalog
from kling_render.pricing import Refresh, refresh_prices
from kling_render.runapi import RunApi
from mock_server import Config, Simulator, SimulatorTransport

NOW = datetime(2026, 8, 3, 12, tzinfo=UTC)
ORIGIN = "https://runapi.ai"
WALK = {"action": "text_to_video", "model": "kling-3.0", "unit_price_cents": 16}

Outcome = TypeVar("Outcome")


class Server(httpx.AsyncBaseTransport):
    """A server with a rate card of its own; keeps every request, and can be told to answer otherwise."""

    def __init__(self, catalog: Catalog | None = None) -> None:
        self.publish(catalog or bundled_catalog())
        self.requests: list[httpx.Request] = []
        self.answers: list[httpx.Response] = []

    def publish(self, catalog: Catalog) -> None:
        """From now on these prices hold."""
        self.inner = SimulatorTransport(Simulator(Config(), catalog), lambda: NOW)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.answers.pop(0) if self.answers else await self.inner.handle_async_request(request)

    def ask(self, question: Callable[[RunApi], Awaitable[Outcome]]) -> Outcome:
        """Ask the server without an API key."""

        async def work() -> Outcome:
            async with RunApi(ORIGIN, None, transport=self, attempts=1, now=lambda: NOW) as api:
                return await question(api)

        return anyio.run(work)

    def refresh(self, origin: str = ORIGIN) -> Refresh:
        """What `prices --refresh` would do."""
        return self.ask(lambda api: refresh_prices(api, origin, NOW))


def priced(as_of: str, *rows: Mapping[str, Any], without: Sequence[tuple[str, str]] = ()) -> Catalog:
    """The bundled models with a card of this date: the bundled one, changed by these rows."""
    base = bundled_catalog()
    kept = [each for each in base.rates.price_schedules if (each.action, each.model) not in without]
    card = RateCard(as_of=as_of, source=base.rates.source, price_schedules=tuple(kept))
    return Catalog(base.contract, card.laid_under(map(PriceSchedule.model_validate, rows)), base.data)


def an_answer(*rows: Mapping[str, Any], as_of: str = "2026-08-02", etag: str = '"e1"') -> httpx.Response:
    """The schedules as any server may answer them."""
    content = json.dumps({"as_of": as_of, "price_schedules": rows}, default=float)
    return httpx.Response(200, content=content, headers={"ETag": etag})


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where the rate cards of this test are kept."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("RUNAPI_API_KEY", "RUNAPI_BASE_URL", "KLING_RENDER_CATALOG"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "cache" / "kling-render" / "prices"
