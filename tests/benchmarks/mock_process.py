"""The mock server in a process of its own, which says how many requests it had; run as a script, it serves.

Every clip is the same one, 5 s of 720p, encoded once: else a benchmark would measure the encoder.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any


class Mock:
    """The mock server in its process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.url = self._line()

    def counts(self) -> dict[str, int]:
        """How many creates, polls and downloads there were since the last time."""
        told = self._told()
        return {name: int(told[name]) for name in ("create", "poll", "download")}

    def first_create(self) -> float:
        """When the first create came since the last time, by the machine's monotonic clock."""
        return self._told()["first_create"]

    def _told(self) -> dict[str, float]:
        assert self._process.stdin is not None
        self._process.stdin.write("counts\n")
        self._process.stdin.flush()
        found: dict[str, float] = json.loads(self._line())
        return found

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@contextmanager
def server(task_seconds: float) -> Iterator[Mock]:
    """The mock server while the block runs."""
    command = [sys.executable, __file__, str(task_seconds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - this very file
        try:
            yield Mock(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()


def serve() -> None:
    """Serve, and say for each line that comes how many requests there were since the last one."""
    from mock_server import Config, media, running_server
    from mock_server.core.messages import Request, Response

    encode = media.encode
    clip = cache(lambda: encode(media.ClipSpec("", "", "", "", "", (media.Cut("", 5),), 1280, 720, False, 0, fps=24)))
    media.encode = lambda spec: clip()
    clip()
    told: dict[str, float] = {}
    with running_server(Config(task_seconds=float(sys.argv[1]), balance_micro_usd=10**12)) as running:
        handle = running.simulator.handle

        def counted(request: Request, at: Any) -> Response:
            kind = _kind(request.method, request.path)
            if kind == "create":
                told.setdefault("first_create", time.monotonic())
            told[kind] = told.get(kind, 0) + 1
            return handle(request, at)

        running.simulator.handle = counted  # type: ignore[method-assign]
        print(running.url, flush=True)  # noqa: T201 - for the process that asked
        for _ in sys.stdin:
            print(json.dumps({"create": 0, "poll": 0, "download": 0, "first_create": 0, **told}), flush=True)  # noqa: T201
            told.clear()


def _kind(method: str, path: str) -> str:
    if path.startswith("/media/"):
        return "download"
    if "/kling/" in path:
        return "create" if method == "POST" else "poll"
    return "other"


if __name__ == "__main__":
    serve()
