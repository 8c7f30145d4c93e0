"""Run as a script: starts a process for every render it is told of, quickly, because all imports are done already.

Each line of standard input is an order as JSON: `project`, `environment`, `deadly` (a function that the process does
not survive: `module:attribute:before|after:n-th call`, or ""), `options` of the render, and `folder`, where the process
leaves `pid`, `out`, `err` and, at its end, `status` (its exit code, or minus the signal that ended it). An order with
`arguments` runs that command line instead. A `verbose` one writes every event, and all that is logged, to `err`.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import json
import logging
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av  # noqa: F401 - loaded for the processes to come
import httpx  # noqa: F401

import kling_render.api
import kling_render.cli.progress
import kling_render.cli.render
import kling_render.ledger.store
import kling_render.report.bill
import kling_render.report.events
import kling_render.report.proposal
from kling_render.errors import KlingRenderError
from kling_render.events import Event, ignore
from kling_render.runapi import client
from kling_render.runapi.http_clients import tls_context


def main() -> None:
    """Serve orders until standard input ends; what all processes would do alike, and slowly, is done here."""
    context = tls_context()
    setattr(client, "tls_context", lambda: context)  # noqa: B010 - a name that it has only imported
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _supervise(json.loads(line))
            os._exit(0)


def _supervise(order: dict[str, Any]) -> None:
    folder = Path(order["folder"])
    pid = os.fork()
    if pid == 0:
        os._exit(_render(order, folder))
    _leave(folder / "pid", pid)
    _, status = os.waitpid(pid, 0)
    _leave(folder / "status", os.waitstatus_to_exitcode(status))


def _leave(file: Path, number: int) -> None:
    part = file.with_suffix(".part")
    part.write_text(str(number))
    part.replace(file)


def _render(order: dict[str, Any], folder: Path) -> int:
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(folder / name, os.O_WRONLY | os.O_CREAT), number)
    try:
        if order["verbose"]:
            logging.basicConfig(level=logging.NOTSET)
        os.environ.update(order["environment"])
        if order["deadly"]:
            _make_deadly(order["deadly"])
        if order["arguments"]:
            return kling_render.cli.run(order["arguments"])
        listen = _tell if order["verbose"] else ignore
        outcome = kling_render.api.render(order["project"], on_event=listen, **order["options"])
        os.write(1, str(len(outcome.submitted)).encode())
        return outcome.exit_code
    except KlingRenderError as error:
        os.write(2, error.message.encode())
        return error.exit_code
    except BaseException:
        os.write(2, traceback.format_exc().encode())
        return 1
    finally:
        sys.stdout.flush()


def _tell(event: Event) -> None:
    sys.stderr.write(f"{event}\n")


def _make_deadly(place: str) -> None:
    module, attribute, when, call = place.split(":")
    *path, name = attribute.split(".")
    home = functools.reduce(getattr, path, importlib.import_module(module))
    setattr(home, name, _deadly(getattr(home, name), when, int(call)))


def _deadly(function: Callable[..., Any], when: str, call: int) -> Callable[..., Any]:
    """The function, which ends the process before or after so many calls."""
    left = {"before": call if when == "before" else -1, "after": call if when == "after" else -1}

    def come(moment: str) -> None:
        left[moment] -= 1
        if left[moment] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    @functools.wraps(function)
    async def awaited(*args: Any, **kwargs: Any) -> Any:
        come("before")
        result = await function(*args, **kwargs)
        come("after")
        return result

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        come("before")
        result = function(*args, **kwargs)
        come("after")
        return result

    return awaited if inspect.iscoroutinefunction(function) else called


if __name__ == "__main__":
    main()
