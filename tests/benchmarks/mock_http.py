"""What the mock server adds to a bare Starlette route that answers the same JSON, and how fast it is in-process.

Both routes run on the mock server's own uvicorn, each in a process of its own; one client, a bare socket, asks them in
turn, so that the machine's noise meets both. A library's client would take longer than either server and flatter the
ratio.

python tests/benchmarks/mock_http.py
python tests/benchmarks/mock_http.py --report   # prints and never fails
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

ROUNDS = 100
REQUESTS = 50
LEAST_RATIO = 0.7
LEAST_IN_PROCESS = 3_000
SERVE = "--serve"
BARE = "--serve-bare"
BODY = {"model": "kling-3.0", "prompt": "A ferry at dawn"}
KEY = {"authorization": "Bearer key"}
HEADERS = "host: mock.test\r\naccept: */*\r\nauthorization: Bearer key\r\nuser-agent: benchmark\r\n"


def serve_mock() -> None:
    """Serve the simulator until killed; print its URL."""
    from mock_server import serve

    serve(announce=lambda url: print(url, flush=True))  # noqa: T201 - for the process that asked


def serve_bare(answer: str) -> None:
    """Serve one Starlette route that writes the JSON of a task, on the same server; print its URL."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route

    from mock_server.doors import server

    shown = json.loads(answer)

    async def task(request: Request) -> Response:
        return JSONResponse(shown)

    def bare(*_: object, **__: object) -> Starlette:
        return Starlette(routes=[Route("/api/v1/kling/{action}/{task_id}", task)])

    vars(server)["create_app"] = bare  # served as the mock server is
    server.serve(announce=lambda url: print(url, flush=True))  # noqa: T201 - for the process that asked


@contextlib.contextmanager
def running(*arguments: str) -> Iterator[str]:
    """The URL of a server in a process of its own while the block runs."""
    with subprocess.Popen(  # noqa: S603 - this very file
        [sys.executable, __file__, *arguments], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


class Client:
    """A kept connection that asks for one path."""

    def __init__(self, url: str, path: str) -> None:
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname or "", parts.port or 0))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._request = f"GET {path} HTTP/1.1\r\n{HEADERS}\r\n".encode()

    def ask(self) -> bytes:
        """One request; returns the body of its answer."""
        self._socket.sendall(self._request)
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._socket.recv(65_536)
        head, _, body = received.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        while len(body) < length:
            body += self._socket.recv(65_536)
        return body

    def seconds(self) -> float:
        """How long a round of requests takes."""
        began = time.perf_counter()
        for _ in range(REQUESTS):
            self.ask()
        return time.perf_counter() - began


def over_http() -> tuple[float, float, float]:
    """The best rounds of the mock server and of the bare route in requests per second, and the median ratio of all."""
    with running(SERVE) as url:
        created: dict[str, Any] = httpx.post(f"{url}/api/v1/kling/text_to_video", json=BODY, headers=KEY).json()
        path = f"/api/v1/kling/text_to_video/{created['id']}"
        with running(BARE, json.dumps(created)) as bare_url:
            mock, bare = Client(url, path), Client(bare_url, path)
            if set(json.loads(mock.ask())) != set(json.loads(bare.ask())):
                raise SystemExit("the two servers answer different things")
            rounds = [(mock.seconds(), bare.seconds()) for _ in range(ROUNDS)]
    ratio = statistics.median(bare_seconds / seconds for seconds, bare_seconds in rounds)
    return REQUESTS / min(each for each, _ in rounds), REQUESTS / min(each for _, each in rounds), ratio


def in_process() -> float:
    """The best round of the transport, in requests per second: what httpx itself costs is left out."""
    from mock_server import Simulator, SimulatorTransport

    at = datetime(2026, 8, 3, tzinfo=UTC)
    transport = SimulatorTransport(Simulator(), lambda: at)

    async def measure() -> float:
        create = httpx.Request("POST", "https://runapi.ai/api/v1/kling/text_to_video", json=BODY, headers=KEY)
        created = json.loads(await (await transport.handle_async_request(create)).aread())
        url = f"https://runapi.ai/api/v1/kling/text_to_video/{created['id']}"
        rounds = []
        for _ in range(ROUNDS):
            requests = [httpx.Request("GET", url, headers=KEY) for _ in range(REQUESTS)]
            began = time.perf_counter()
            for request in requests:
                await (await transport.handle_async_request(request)).aread()
            rounds.append(time.perf_counter() - began)
        return REQUESTS / min(rounds)

    return asyncio.run(measure())


def main() -> None:
    """Measure, print, and fail below what is demanded."""
    if SERVE in sys.argv:
        return serve_mock()
    if BARE in sys.argv:
        return serve_bare(sys.argv[-1])
    mock, bare, ratio = over_http()
    inside = in_process()
    is_under = ratio < LEAST_RATIO or inside < LEAST_IN_PROCESS
    print(  # noqa: T201 - a report
        f"GET of a task over HTTP: {mock:,.0f} requests/s, {100 * ratio:.0f} % of a bare Starlette route "
        f"({bare:,.0f}; at least {100 * LEAST_RATIO:.0f} %)\n"
        f"in-process: {inside:,.0f} requests/s (at least {LEAST_IN_PROCESS:,})"
    )
    if is_under and "--report" not in sys.argv:
        sys.exit("the mock server is too slow")


if __name__ == "__main__":
    main()
