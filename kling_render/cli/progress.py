"""Progress on standard error: a live display on a terminal, a line per step elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

from kling_render.catalog.money import format_price, format_usd

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from kling_render.events import Emit, Event


@contextmanager
def show_progress(stream: TextIO, word: str = "spent", *, plain: bool = False) -> Iterator[Emit]:
    """A listener for the events of one render; `word` says what happened to the money.

    Args:
        stream: where it is shown.
        word: of the sums.
        plain: lines, also on a terminal: other lines are going there.
    """
    if plain or not stream.isatty():
        yield Lines(stream, word).hear
        return
    live = Live(stream, word)
    try:
        yield live.hear
    finally:
        live.stop()


class Lines:
    """Plain lines for logs."""

    def __init__(self, stream: TextIO, word: str) -> None:
        self._stream = stream
        self._word = word
        self._spent = 0

    def hear(self, event: Event) -> None:
        """Print what is worth a line."""
        if event.kind == "downloaded":
            self._spent += event.micro_usd
        if line := self._line(event):
            with suppress(OSError):  # who stopped listening does not stop the render
                print(line, file=self._stream, flush=True)

    def _line(self, event: Event) -> str:
        match event.kind:
            case "submitted":
                return f"{event.address}  submitted for {format_price(event.micro_usd)}  task {event.task_id}"
            case "uploaded":
                return f"uploaded {event.message}"
            case "resumed":
                return f"{event.address}  resumed ({event.message})"
            case "downloaded":
                return f"{event.address}  done  {event.message}  ({format_usd(self._spent)} {self._word} so far)"
            case "retried":
                return f"{event.address}  {event.message}"
            case "undelivered":
                return f"{event.address}  NOT DELIVERED: {event.message}"
            case "differs" | "drifted":
                return f"{event.address}  note: {event.message}"
            case "stopped" | "noticed":
                return event.message
        return ""


class Live:
    """A bar over all takes with the money spent so far, and a spinner per take in flight."""

    def __init__(self, stream: TextIO, word: str) -> None:
        from rich.console import Console

        self._console = Console(file=stream)
        self._word = word
        self._progress: Progress | None = None
        self._rows: dict[str, TaskID] = {}
        self._all: TaskID | None = None
        self._spent = 0
        self._count = 0
        self._ended = 0

    def hear(self, event: Event) -> None:
        """Bring the display up to date."""
        if event.kind in ("stopped", "noticed", "differs", "drifted"):
            name = f"{event.address}  " if event.address else ""
            self._console.print(f"{name}{event.message}", markup=False, highlight=False, style="yellow")
        if event.kind == "started" and event.count:
            self._start(event.count)
        if self._progress is None:
            return
        if event.kind in ("submitted", "resumed"):
            if event.address not in self._rows:
                self._rows[event.address] = self._progress.add_task(event.address, total=None, note="")
            self._progress.update(self._rows[event.address], note=event.kind)
        elif event.kind in ("processing", "completed") and event.address in self._rows:
            self._progress.update(self._rows[event.address], note=event.kind)
        elif event.kind in ("downloaded", "undelivered"):
            self._end(event)

    def stop(self) -> None:
        """Leave the terminal as it was."""
        if self._progress is not None:
            self._progress.stop()

    def _start(self, count: int) -> None:
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[note]}", markup=False),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
        )
        self._progress.start()
        self._count = count
        self._all = self._progress.add_task("takes", total=count, note=self._sum())

    def _end(self, event: Event) -> None:
        if self._progress is None or self._all is None:
            return
        if event.address in self._rows:
            self._progress.remove_task(self._rows.pop(event.address))
        if event.kind == "downloaded":
            self._spent += event.micro_usd
            self._console.print(f"✓ {event.address}  {event.message}", markup=False, highlight=False)
        else:
            self._console.print(f"✗ {event.address}  {event.message}", markup=False, highlight=False, style="red")
        self._ended += 1
        self._progress.update(self._all, advance=1, note=self._sum())

    def _sum(self) -> str:
        return f"{self._ended} of {self._count}, {format_usd(self._spent)} {self._word}"
