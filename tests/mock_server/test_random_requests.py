"""Whatever is sent to it, the HTTP server stays up, keeps its books, and does not grow."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from .random_requests import a_request

ROOT = Path(__file__).parents[2]
MOST_GROWN_BYTES = 150_000_000
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
SERVE = "from mock_server import serve; serve(speed=1000, announce=lambda url: print(url, flush=True))"
LOGGED = "Invalid HTTP request received."


@dataclass
class Server:
    """A server in a process of its own."""

    url: str
    process: subprocess.Popen[str]

    @property
    def memory(self) -> int:
        """What it holds in memory; 0 where the system does not say."""
        status = Path(f"/proc/{self.process.pid}/status")
        found = re.search(r"VmRSS:\s+(\d+) kB", status.read_text()) if status.is_file() else None
        return int(found[1]) * 1024 if found else 0

    def statuses(self, sent: bytes) -> list[int]:
        """What is answered to some bytes."""
        parts = urlsplit(self.url)
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as connection:
            with contextlib.suppress(OSError):  # it need not hear us out
                connection.sendall(sent)
                connection.shutdown(socket.SHUT_WR)
            return [int(status) for status in STATUS.findall(_received(connection))]


def _received(connection: socket.socket) -> bytes:
    received = b""
    with contextlib.suppress(OSError):
        while part := connection.recv(65_536):
            received += part
    return received


@pytest.fixture
def server() -> Iterator[Server]:
    command = [sys.executable, "-W", "error", "-c", SERVE]
    with subprocess.Popen(  # noqa: S603 - our own interpreter
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield Server(process.stdout.readline().strip(), process)
        process.terminate()


def assert_survives(server: Server, count: int, seed: int) -> None:
    """Send so many random requests, each over a connection of its own."""
    met: Counter[int] = Counter()
    before = 0
    for number in range(count):
        met.update(server.statuses(a_request(number, seed)))
        if number == 100:  # everything is loaded by now
            before = server.memory
    assert {status for status in met if status >= 500} == set()
    assert met[200] > count / 20
    assert_books(server)
    assert server.memory - before < MOST_GROWN_BYTES
    assert server.process.poll() is None
    server.process.terminate()
    said, logged = server.process.communicate(timeout=10)
    assert (said, set(logged.splitlines())) == ("", {LOGGED})


def assert_books(server: Server) -> None:
    """Balanced, with something in them; tasks end meanwhile."""
    time.sleep(0.2)
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        shown = json.dumps(client.get("/__mock__/books").json())
    assert '"balanced": false' not in shown
    assert '"balanced": true' in shown
    assert re.search(r'"settled_usd": "(?!0")', shown)


def test_hundreds_of_random_requests_do_no_harm(server: Server) -> None:
    assert_survives(server, 500, seed=1)


@pytest.mark.soak
def test_ten_thousand_random_requests_do_no_harm(server: Server) -> None:
    assert_survives(server, 10_000, seed=2)
