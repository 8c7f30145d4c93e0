"""Time and threads of a render: real ones, or those of a rehearsal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import anyio
import anyio.to_thread

RunBlocking = Callable[..., Awaitable[Any]]
"""Runs a blocking function (with its arguments) off the event loop; a rehearsal holds its clock meanwhile."""


@dataclass(frozen=True)
class Clock:
    """The wall clock (aware, UTC), the one way out of the event loop, and the one way into it."""

    now: Callable[[], datetime]
    run_blocking: RunBlocking
    run_async: Callable[..., Any] = anyio.run


def _utc_now() -> datetime:
    return datetime.now(UTC)


def real_clock() -> Clock:
    """The machine's clock and threads."""
    return Clock(_utc_now, _in_thread, _run)


async def _in_thread(function: Callable[..., Any], *args: Any) -> Any:
    return await anyio.to_thread.run_sync(function, *args)


def _run(function: Callable[..., Awaitable[Any]], *args: Any) -> Any:
    """What the function returns, which the event loop's own task does not: at its end, asyncio prints that task."""
    returned = []

    async def run() -> None:
        returned.append(await function(*args))

    anyio.run(run)
    return returned[0]
