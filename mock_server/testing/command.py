"""A command run as a child, with the signals that reach this process passed on to it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType

_PASSED_ON = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name)
)
_FROM_THE_KEYBOARD = tuple(getattr(signal, name) for name in ("SIGINT", "SIGQUIT") if hasattr(signal, name))
_SIGNALLED = 128


def run_command(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command to its end; returns its exit code, 128 and the signal's number where a signal ended it.

    Raises:
        OSError: it cannot be started.
    """
    with _passing_signals_on() as passing:
        child = subprocess.Popen(command, env=dict(environment))  # noqa: S603 - what the user asked for
        passing.to(child)
        code = child.wait()
    return code if code >= 0 else _SIGNALLED - code


class _Passing:
    """Where signals go: to the child, once there is one."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._waiting: list[int] = []

    def to(self, child: subprocess.Popen[bytes]) -> None:
        self._child = child
        for number in self._waiting:
            child.send_signal(number)

    def hear(self, number: int, frame: FrameType | None) -> None:
        if number in _FROM_THE_KEYBOARD and _is_in_the_foreground():
            return  # the terminal has told the child, too: twice would kill what once would stop
        if self._child is None:
            self._waiting.append(number)
        else:
            self._child.send_signal(number)


@contextmanager
def _passing_signals_on() -> Iterator[_Passing]:
    passing = _Passing()
    heard = [number for number in _PASSED_ON if signal.getsignal(number) not in (None, signal.SIG_IGN)]
    before = {number: signal.signal(number, passing.hear) for number in heard}
    try:
        yield passing
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_in_the_foreground() -> bool:
    """Whether the keyboard's signals reach this process and its children alike."""
    try:
        terminal = os.open(os.ctermid(), os.O_RDONLY)
    except (AttributeError, OSError):  # Windows, or no terminal
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    finally:
        os.close(terminal)
