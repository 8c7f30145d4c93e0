"""What every step of one render shares."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import anyio

from kling_render.errors import KlingRenderError
from kling_render.events import Emit, Event, Kind
from kling_render.expansion import LocalFile
from kling_render.ledger import Attempt, Caps, State
from kling_render.ledger.store import Intent, Ledger, Run
from kling_render.rendering.clock import Clock
from kling_render.rendering.failures import RenderInterruptedError
from kling_render.rendering.live import Live
from kling_render.rendering.slots import Slots
from kling_render.rendering.waits import Waits
from kling_render.runapi import RunApi

HostFile = Callable[[LocalFile], Awaitable[str]]
"""Gives the URL under which the API can fetch a local file."""

_LONGEST_ANSWER_SECONDS = 4.0
"""How long an interrupted render waits for answers that are under way."""

_KINDS: dict[State, Kind] = {
    State.SUBMITTED: "submitted",
    State.PROCESSING: "processing",
    State.COMPLETED: "completed",
    State.DOWNLOADED: "downloaded",
    State.FAILED: "failed",
    State.MODERATED: "moderated",
    State.RELEASED: "released",
    State.UNKNOWN: "unknown",
    State.EXPIRED: "expired",
}


@dataclass(frozen=True)
class RenderOptions:
    """How a render goes about it.

    Attributes:
        output: the folder of its clips, relative to the project's.
        concurrency: tasks in flight at a time.
        uploads: local files on their way at a time.
        downloads: clips on their way at a time.
        polls_per_second: looks at tasks in a second, over all of them.
        poll_interval_seconds: the first pause between two looks at a task of which no duration is known yet.
        poll_timeout_seconds: how long a task is waited for; it stays open afterwards.
        replay_window_seconds: how long an unanswered request may be repeated under its key.
        send_address: whether the server is told which take a request is for.
        retries: how often a take whose task failed is bought anew.
        result_url_life: how long the URL of a finished clip lives.
    """

    output: str
    concurrency: int = 4
    uploads: int = 4
    downloads: int = 4
    polls_per_second: float = 10.0
    poll_interval_seconds: float = 2.0
    poll_timeout_seconds: float = 1800.0
    replay_window_seconds: float = 24 * 3600.0
    send_address: bool = True
    retries: int = 0
    result_url_life: timedelta = timedelta(days=7)


class Limits:
    """What may be under way at a time; made inside the event loop that it bounds.

    Attributes:
        tasks: tasks in flight.
        homecomings: clips that earlier runs paid for, on their way to this disk.
        downloads: clips that are being fetched, those of this run among them.
        cuts: frames that are being cut: one, for several takes may begin on the same.
    """

    def __init__(self, options: RenderOptions) -> None:
        self.tasks = Slots(options.concurrency)
        self.homecomings = Slots(options.downloads)
        self.downloads = anyio.CapacityLimiter(options.downloads)
        self.cuts = anyio.CapacityLimiter(1)


async def _already_there() -> None:
    """Nothing has to be waited for."""


@dataclass
class Work:
    """One render at work.

    `on_disk` returns when all that was written to the ledger would survive a loss of power: nothing that can cost goes
    out before. By default each write is on disk when it returns.
    """

    folder: Path
    api: RunApi
    ledger: Ledger
    run: Run
    caps: Caps
    options: RenderOptions
    clock: Clock
    tell: Emit
    host_file: HostFile
    live: Live
    limits: Limits
    waits: Waits
    problems: dict[str, KlingRenderError] = field(default_factory=dict)
    submitted: set[int] = field(default_factory=set)
    halt: KlingRenderError | None = None
    on_change: Callable[[], None] = lambda: None
    on_disk: Callable[[], Awaitable[None]] = _already_there
    steps: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    _answers: set[anyio.CancelScope] = field(default_factory=set)

    def emit(self, event: Event) -> None:
        """Tell what happens, with the time of now."""
        self.tell(replace(event, at=self.clock.now()))

    def reserve(self, intent: Intent) -> Attempt:
        """Write an intent and its reservation.

        Raises:
            BudgetError: a cap would be broken; nothing was written.
        """
        attempt = self.ledger.reserve(self.run, intent, self.caps, self.clock.now())
        self._note(attempt)
        self.emit(Event("reserved", attempt.address, "", None, attempt.reserved_micro_usd, attempt=attempt.attempt))
        return attempt

    def take_over(self, attempt: Attempt) -> Attempt:
        """Enter an unanswered intent of an earlier run under this one, whose cap it counts against from now on.

        Raises:
            BudgetError: the cap of this run would be broken; nothing was written.
        """
        if attempt.run_id == self.run.id:
            return attempt
        attempt = self.ledger.take_over(self.run, attempt, self.caps, self.clock.now())
        self._note(attempt)
        return attempt

    def record(self, attempt: Attempt, state: State, *, message: str = "", **known: object) -> Attempt:
        """Write a transition, with the time of now; then tell it."""
        changed = self.ledger.record(self.run, attempt, state, self.clock.now(), **known)  # type: ignore[arg-type]
        self._note(changed)
        text = message or (changed.error or "" if state is not State.DOWNLOADED else "")
        cost = changed.counted_micro_usd
        self.emit(Event(_KINDS[state], changed.address, text, changed.task_id, cost, attempt=changed.attempt))
        return changed

    def forget_uploads(self, attempt: Attempt) -> None:
        """Let files that a refused request named be uploaded anew: the refusal may be about them."""
        self.ledger.forget_uploads(self.run, attempt.body.decode("utf-8", "replace"))

    def fail(self, address: str, error: KlingRenderError) -> None:
        """Note why a take is not delivered."""
        self.problems[address] = error
        self.emit(Event("undelivered", address, error.message))

    def stop(self, error: KlingRenderError) -> None:
        """Submit nothing more; what is in flight is finished."""
        if self.halt is None:
            self.halt = error
            self.emit(Event("stopped", "", f"nothing more is submitted: {error.message}"))

    def interrupt(self) -> None:
        """Submit nothing more and wait for nothing but answers under way; a second time, not for them either."""
        again = isinstance(self.halt, RenderInterruptedError)
        if not again:
            self.halt = None
            self.stop(RenderInterruptedError("interrupted", hint="The same command goes on."))
        self.steps.cancel()
        for answer in self._answers:
            answer.deadline = anyio.current_time() + (0 if again else _LONGEST_ANSWER_SECONDS)

    @contextmanager
    def awaiting_answer(self) -> Iterator[None]:
        """While the block runs, an interrupted render waits for it, so that no id gets lost."""
        with anyio.CancelScope(shield=True) as scope:
            self._answers.add(scope)
            try:
                yield
            finally:
                self._answers.discard(scope)
        if scope.cancelled_caught:
            raise RenderInterruptedError("the answer did not come before the end")

    def _note(self, attempt: Attempt) -> None:
        self.live.note(attempt)
        self.on_change()
