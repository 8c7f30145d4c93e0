from __future__ import annotations

import os
import signal
from collections.abc import Callable

import anyio
import pytest

from kling_render.rendering.interrupts import listening

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@pytest.mark.parametrize("number", SIGNALS, ids=lambda each: each.name)
def test_signals_mean_afterwards_what_they_meant_before(number: signal.Signals) -> None:
    heard: list[int] = []
    before = signal.signal(number, lambda number, frame: heard.append(number))
    try:
        anyio.run(listen, lambda: None)
        os.kill(os.getpid(), number)
    finally:
        signal.signal(number, before)
    assert heard == [number]


@pytest.mark.parametrize("number", SIGNALS, ids=lambda each: each.name)
def test_signal_while_a_render_listens_interrupts_it(number: signal.Signals) -> None:
    interrupted: list[str] = []

    async def work() -> None:
        async with listening(lambda: interrupted.append("once")):
            os.kill(os.getpid(), number)
            with anyio.fail_after(10):
                while not interrupted:
                    await anyio.sleep(0)

    anyio.run(work)
    assert interrupted == ["once"]


async def listen(interrupt: Callable[[], None]) -> None:
    async with listening(interrupt):
        pass
