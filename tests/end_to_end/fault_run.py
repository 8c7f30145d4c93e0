"""Renders the twelve takes of one row of the fault table, over real HTTP and hurried, and tells what became of them."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from kling_render.api import Outcome, render
from kling_render.events import Event
from kling_render.ledger import State
from kling_render.settings import Settings
from mock_server import Simulator
from mock_server.doors.server import RunningServer

from ..mock_server.samples import a_png
from .fault_rows import ACCOUNT_KEY, TAKES, Row, Told
from .hurry import Hurry
from .location import FILM, bought_twice

_LINE = re.compile(r"(?P<method>\w+) (?P<where>\S+): .* in [0-9.]+ s, attempt (?P<number>\d+)(?P<more>.*)")
_CLIENT_ID = re.compile(r"client request id ([^,]+)")


@dataclass(frozen=True)
class Result:
    """What became of the takes, and what the server's books say of takes that were charged more than once.

    Attributes:
        met: how often each kind of fault struck.
    """

    told: Told
    twice: list[str]
    met: dict[str, int]
    ledger_micro_usd: int
    books_micro_usd: int


@dataclass(frozen=True)
class FaultRun:
    """One row, in a folder and on a server of its own."""

    row: Row
    folder: Path
    server: RunningServer
    hurry: Hurry

    def run(self, *, times: int = 1) -> Result:
        """Render so many times while the fault lasts, and once more when it is over."""
        row, simulator = self.row, self.server.simulator
        self._write()
        with _request_log() as lines:
            self._plan()
            first = self._render(listen=True, **row.first)
            for _ in range(1, times):
                first = self._render(**row.first)
            simulator.clear_faults()
            if row.end is not None:
                row.end(simulator)
            self.hurry.jump(hours=row.hours)
            last = self._render(**row.second)
        return self._result(delivered(first), last, lines)

    def _write(self) -> None:
        row, frame = self.row, ""
        self.folder.mkdir()
        if row.has_frame:
            frame = 'first_frame_image_url = "dusk.png"\n'
            (self.folder / "dusk.png").write_bytes(a_png())
        head = FILM.replace("[render]\n", f"[render]\nretries = {row.retries}\n")
        shots = (f'[shot.walk-{number}]\nprompt = "Mira walks {number}"\n{frame}' for number in range(1, TAKES + 1))
        (self.folder / "project.toml").write_text(head + "".join(shots), "utf-8")

    def _plan(self) -> None:
        simulator = self.server.simulator
        for strike in self.row.strikes:
            simulator.plan_fault(strike.fault, endpoint=strike.endpoint, times=strike.times, rate=strike.rate)
        if self.row.begin is not None:
            self.row.begin(simulator)

    def _render(self, *, listen: bool = False, retry_failed: bool = False, partial: bool = False) -> Outcome:
        act = _Once(self.row, self.server.simulator) if listen else _ignore
        settings = Settings(
            api_key=SecretStr(ACCOUNT_KEY),
            base_url=self.server.url,
            concurrency=self.row.concurrency,
            poll_interval_seconds=1,
            polls_per_second=1000,
            poll_timeout_seconds=self.row.patience_seconds,
            request_timeout_seconds=10_000,
        )
        return render(self.folder, settings=settings, retry_failed=retry_failed, partial=partial, on_event=act)

    def _result(self, delivered_first: int, last: Outcome, lines: list[str]) -> Result:
        simulator, attempts = self.server.simulator, last.snapshot.attempts
        bills = simulator.bills(ACCOUNT_KEY)
        books = simulator.books(ACCOUNT_KEY)
        told = Told(
            delivered=delivered_first,
            billed=sum(bill.settled_micro_usd > 0 for bill in bills),
            retried=sent_again(lines) + sum(each.attempt > 1 for each in attempts),
            unknown=sum(each.state is State.UNKNOWN for each in attempts),
            in_the_end=delivered(last),
        )
        counted = last.snapshot.counted_micro_usd()
        return Result(
            told, bought_twice(simulator, ACCOUNT_KEY), simulator.faults_met, counted, books.settled + books.reserved
        )


class _Once:
    """What happens on the server when an event comes first."""

    def __init__(self, row: Row, simulator: Simulator) -> None:
        self._at = row.at
        self._simulator = simulator

    def __call__(self, event: Event) -> None:
        if self._at is not None and event.kind == self._at[0]:
            act, self._at = self._at[1], None
            act(self._simulator)


def _ignore(event: Event) -> None:
    pass


def delivered(outcome: Outcome) -> int:
    """How many clips are here."""
    return TAKES - len(outcome.undelivered)


def sent_again(lines: list[str]) -> int:
    """How many requests repeat an earlier one: creates of one attempt, downloads of one clip, else as they say."""
    once: Counter[str] = Counter()
    again = 0
    for line in lines:
        said = _LINE.fullmatch(line)
        assert said is not None, line
        if (name := _CLIENT_ID.search(said["more"])) is not None:
            once[name[1]] += 1
        elif said["where"].endswith(".mp4"):
            once[said["where"]] += 1
        else:
            again += int(said["number"]) > 1
    return again + sum(count - 1 for count in once.values())


@contextmanager
def _request_log() -> Iterator[list[str]]:
    """The lines of the request log while the block runs."""
    lines: list[str] = []
    heard = logging.Handler()
    heard.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("kling_render.runapi")
    before = logger.level
    logger.addHandler(heard)
    logger.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        logger.setLevel(before)
        logger.removeHandler(heard)
