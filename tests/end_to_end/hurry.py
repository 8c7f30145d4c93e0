"""One clock for a server and its client, many times faster than the wall's: what waits for seconds waits for moments.

Over real sockets no clock can jump to the next thing to happen, as a rehearsal's does. Here every second is short, for
both sides alike: pauses, limits of time, `Retry-After`, lives of addresses.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

import anyio
import pytest

from kling_render.rendering import Clock, real_clock, session
from kling_render.runapi import client
from kling_render.runapi.http_clients import tls_context
from mock_server import Config, running_server
from mock_server.doors import server
from mock_server.doors.clock import ScaledClock
from mock_server.doors.server import RunningServer

RATE = 100.0
_read_certificates = cache(tls_context)
"""Every render reads the trusted certificates anew, for 75 ms; none of them is asked for here."""


class Hurry:
    """The time of both, which may also be made to jump ahead."""

    def __init__(self) -> None:
        self._now = ScaledClock(RATE, real_clock().now())
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        """What it is now."""
        return self._now() + self._ahead

    def seconds_until(self, at: datetime) -> float:
        """Seconds of the wall until then."""
        return max(0.0, (at - self()).total_seconds() / RATE)

    def jump(self, **span: float) -> None:
        """Let time pass at once."""
        self._ahead += timedelta(**span)

    def clock(self) -> Clock:
        """The clock of a render."""
        run = partial(anyio.run, backend_options={"loop_factory": _hurried_loop})
        return replace(real_clock(), now=self, run_async=run)


@contextmanager
def hurried_server(config: Config, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[RunningServer, Hurry]]:
    """A server while the block runs; renders of this process keep its time."""
    hurry = Hurry()
    clock: Callable[[], Clock] = hurry.clock
    monkeypatch.setattr(server, "ScaledClock", lambda speed, start: hurry)
    monkeypatch.setattr(session, "real_clock", clock)
    monkeypatch.setattr(client, "tls_context", _read_certificates)
    with running_server(config) as running:
        yield running, hurry


def _hurried_loop() -> asyncio.AbstractEventLoop:
    return _HurriedLoop(_HurriedSelector())


class _HurriedLoop(asyncio.SelectorEventLoop):
    def time(self) -> float:
        return super().time() * RATE


class _HurriedSelector(selectors.DefaultSelector):
    def select(self, timeout: float | None = None) -> Any:
        return super().select(None if timeout is None else timeout / RATE)
