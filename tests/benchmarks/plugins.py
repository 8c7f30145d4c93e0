"""What our pytest plugins cost: a foreign suite that never uses them, and the server fixture itself.

The foreign suite is run with and without our two plugins, in turn, in CPU; respx's, anyio's and every other plugin is
there both times. The server is started and stopped in this process, eight clients still connected.

Run by hand, it fails above the limits; with `--report` it only prints.
"""

from __future__ import annotations

import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

ROUNDS = 9
CLIENTS = 8
PLUGIN_MS, START_MS, STOP_MS = 30, 150, 50
OURS = ("-p", "no:runapi_mock", "-p", "no:kling_render")
SUITE = """
import pytest

@pytest.mark.parametrize("number", range(100))
def test_foreign(number):
    assert number >= 0
"""


def cpu_ms(folder: Path, *options: str) -> float:
    """CPU milliseconds (user and system) of one run of the suite in a folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - ourselves
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)


def plugins() -> tuple[float, float]:
    """CPU milliseconds of the suite without our plugins, and what they add."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "test_foreign.py").write_text(SUITE, "utf-8")
        cpu_ms(Path(folder))  # everything is compiled
        pairs = [(cpu_ms(Path(folder), *OURS), cpu_ms(Path(folder))) for _ in range(ROUNDS)]
    bare, own = (min(column) for column in zip(*pairs, strict=True))  # on a busy machine the rest is the neighbours'
    return bare, own - bare


def server() -> tuple[float, float, float, float]:
    """Milliseconds of the wall's clock: the first import, the first start, a later start, a stop with open clients."""
    began = time.perf_counter()
    from mock_server.doors.server import running_server

    imported = _ms_since(began)
    starts, stops = [], []
    for _ in range(ROUNDS):
        with ExitStack() as clients:
            began = time.perf_counter()
            with ExitStack() as running:
                url = running.enter_context(running_server()).url
                starts.append(_ms_since(began))
                for _ in range(CLIENTS):
                    clients.enter_context(_connected(url))
                began = time.perf_counter()
            stops.append(_ms_since(began))
    return imported, starts[0], statistics.median(starts[1:]), max(stops)


def _connected(url: str) -> socket.socket:
    """A connection that has been answered once, and is kept."""
    host, _, port = url.removeprefix("http://").partition(":")
    client = socket.create_connection((host, int(port)))
    client.sendall(b"GET /api/v1/price_schedules HTTP/1.1\r\nHost: mock\r\n\r\n")
    client.recv(1024)
    return client


def _ms_since(began: float) -> float:
    return 1000 * (time.perf_counter() - began)


def main() -> int:
    """Measure and print; 1 where a limit is broken and this is no mere report."""
    bare, added = plugins()
    imported, first, later, stop = server()
    held = added <= PLUGIN_MS and max(first, later) <= START_MS and stop <= STOP_MS
    print(f"foreign suite {bare:.0f} ms of CPU; our plugins add {added:.0f} ms (limit {PLUGIN_MS})")  # noqa: T201 - a report
    print(  # noqa: T201 - a report
        f"server: first start {first:.0f} ms, after imports of {imported:.0f} ms once in a process; "
        f"later starts {later:.1f} ms (limit {START_MS}); stop with {CLIENTS} open connections at most {stop:.1f} ms "
        f"(limit {STOP_MS})"
    )
    print("within the limits" if held else "OVER the limits")  # noqa: T201 - a report
    return 0 if held or "--report" in sys.argv else 1


if __name__ == "__main__":
    sys.exit(main())
