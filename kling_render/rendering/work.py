"""What every step of one render shares."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from kling_render.errors import KlingRenderError
from kling_render.events import Emit, Event
from kling_render.expansion import LocalFile
from kling_render.ledger import Attempt, Caps, State
from kling_render.ledger.store import Ledger, Run
from kling_render.rendering.clock import Clock
from kling_render.runapi import RunApi

HostFile = Callable[[LocalFile], Awaitable[str]]
"""Gives the URL under which the API can fetch a local file."""


@dataclass(frozen=True)
class RenderOptions:
    """How a render goes about it.

    Attributes:
        output: the folder of its clips, relative to the project's.
        concurrency: takes at a time.
        poll_interval_seconds: the first pause between two looks at a task.
        poll_timeout_seconds: how long a task is waited for; it stays open afterwards.
        replay_window_seconds: how long an unanswered request may be repeated under its key.
        send_address: whether the server is told which take a request is for.
        retries: how often a take whose task failed is bought anew.
        result_url_life: how long the URL of a finished clip lives.
    """

    output: str
    concurrency: int = 4
    poll_interval_seconds: float = 2.0
    poll_timeout_seconds: float = 1800.0
    replay_window_seconds: float = 24 * 3600.0
    send_address: bool = True
    retries: int = 0
    result_url_life: timedelta = timedelta(days=7)


@dataclass
class Work:
    """One render at work. Only `problems` and `halt` change."""

    folder: Path
    api: RunApi
    ledger: Ledger
    run: Run
    caps: Caps
    options: RenderOptions
    clock: Clock
    emit: Emit
    host_file: HostFile
    problems: dict[str, KlingRenderError] = field(default_factory=dict)
    halt: KlingRenderError | None = None

    def record(self, attempt: Attempt, state: State, **known: object) -> Attempt:
        """Write a transition, with the time of now."""
        return self.ledger.record(self.run, attempt, state, self.clock.now(), **known)  # type: ignore[arg-type]

    def forget_uploads(self, attempt: Attempt) -> None:
        """Let files that a refused request named be uploaded anew: the refusal may be about them."""
        self.ledger.forget_uploads(self.run, attempt.body.decode("utf-8", "replace"))

    def fail(self, address: str, error: KlingRenderError) -> None:
        """Note why a take is not delivered."""
        self.problems[address] = error
        self.emit(Event("failed", address, error.message))

    def stop(self, error: KlingRenderError) -> None:
        """Submit nothing more; what is in flight is finished."""
        if self.halt is None:
            self.halt = error
            self.emit(Event("stopped", "", f"nothing more is submitted: {error.message}"))
