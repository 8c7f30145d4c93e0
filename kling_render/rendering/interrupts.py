"""Ctrl-C and SIGTERM during a render: the first stops submitting, the second stops at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@asynccontextmanager
async def listening(interrupt: Callable[[], None]) -> AsyncIterator[None]:
    """While the block runs, each of these signals calls `interrupt`; in other threads than the main one none does.

    Afterwards they mean what they meant before.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = [(number, signal.getsignal(number)) for number in _SIGNALS]
    try:
        async with anyio.create_task_group() as tasks:
            await tasks.start(_listen, interrupt)
            yield
            tasks.cancel_scope.cancel()
    finally:
        for number, handler in handlers:  # asyncio leaves the system's own answers behind
            if handler is not None:  # one that Python did not install it cannot put back
                signal.signal(number, handler)


async def _listen(interrupt: Callable[[], None], *, task_status: anyio.abc.TaskStatus[None]) -> None:
    with anyio.open_signal_receiver(*_SIGNALS) as signals:
        task_status.started()
        async for _ in signals:
            interrupt()
