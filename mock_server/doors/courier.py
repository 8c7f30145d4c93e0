"""Delivers callbacks while the HTTP server runs, and wakes the simulator when a task ends that nobody polls."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress

import httpx

from mock_server.core.callbacks import Attempt, Callback
from mock_server.core.simulator import Simulator
from mock_server.doors.clock import Clock

_TIMEOUT_SECONDS = 2.0
_NOT_LOOPBACK = "not loopback"
_NO_URL = "not a URL"
_HEADERS = {
    "content-type": "application/json",
    "user-agent": "kling-render-mock",
    "x-mock-callback": "unsigned: RunAPI's signature scheme is not published",
}


class Courier:
    """Takes one simulator's callbacks to their receivers, one after the other, in the order of simulated time.

    Sends neither key nor signature, follows no redirect, and leaves loopback only where `Config.callbacks_anywhere`
    allows it.
    """

    def __init__(self, simulator: Simulator, clock: Clock) -> None:
        self._simulator = simulator
        self._clock = clock
        self._client: httpx.AsyncClient | None = None

    async def run(self) -> None:
        """Work until cancelled: asleep until the next event, or until that becomes another."""
        loop, changed = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: there is nobody to wake
                loop.call_soon_threadsafe(changed.set)

        try:
            with self._simulator.watched(wake):
                while True:
                    changed.clear()
                    await self._deliver_due()
                    await self._sleep(changed)
        finally:
            if self._client is not None:
                await self._client.aclose()

    async def _sleep(self, changed: asyncio.Event) -> None:
        event = self._simulator.next_event
        seconds = None if event is None else self._clock.seconds_until(event)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await changed.wait()

    async def _deliver_due(self) -> None:
        while callback := self._simulator.due_callback(self._clock()):
            at = max(self._clock(), self._simulator.now)  # somebody may have let the simulator's time run ahead
            status, reason = await self._post(callback)
            attempt = Attempt(at, status, reason, is_final=reason in (_NOT_LOOPBACK, _NO_URL))
            self._simulator.record_attempt(callback.task_id, attempt)

    async def _post(self, callback: Callback) -> tuple[int | None, str]:
        try:
            url = httpx.URL(callback.url)
            if not (self._simulator.config.callbacks_anywhere or _is_loopback(url.host)):
                return None, _NOT_LOOPBACK
            async with (
                asyncio.timeout(_TIMEOUT_SECONDS),
                self._open().stream("POST", url, content=callback.body, headers=_HEADERS) as response,
            ):
                return response.status_code, ""
        except TimeoutError:
            return None, f"no answer within {_TIMEOUT_SECONDS:g} s"
        except (httpx.InvalidURL, UnicodeError):  # UnicodeError: a host that IDNA cannot read
            return None, _NO_URL
        except httpx.HTTPError as error:
            return None, str(error) or type(error).__name__

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:  # most servers never call back, and a client takes its time to open
            self._client = httpx.AsyncClient(trust_env=False, timeout=None)  # noqa: S113 - bounded as a whole
        return self._client


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
