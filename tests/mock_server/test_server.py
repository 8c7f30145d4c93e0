from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from mock_server import Config, media, running_server, serve
from mock_server.media import ClipSpec

ROOT = Path(__file__).parents[2]


def test_running_server_listens_while_the_block_runs_and_not_after() -> None:
    with running_server() as server, httpx.Client(trust_env=False) as client:
        url = server.url
        assert client.get(f"{url}/api/v1/price_schedules").status_code == 200
    with httpx.Client(trust_env=False) as client, pytest.raises(httpx.ConnectError, match="refused"):
        client.get(url)


def test_server_stops_at_once_although_a_client_keeps_its_connection() -> None:
    with httpx.Client(trust_env=False) as client:
        with running_server() as server:
            client.get(f"{server.url}/api/v1/price_schedules")
            began = time.monotonic()
        assert time.monotonic() - began < 0.5


def test_answers_do_not_wait_for_delayed_acknowledgements() -> None:
    with running_server() as server, httpx.Client(trust_env=False) as client:
        began = time.monotonic()
        for _ in range(50):
            client.get(f"{server.url}/api/v1/me")
        assert time.monotonic() - began < 1  # 2 s with them


def test_two_servers_run_side_by_side() -> None:
    with running_server() as first, running_server() as second:
        assert first.url != second.url


def test_configured_base_url_is_kept() -> None:
    with running_server(Config(base_url="https://mock.example")) as server:
        assert server.simulator.host_file("a.png", b"").startswith("https://mock.example/uploads/")


def test_taken_port_is_an_os_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        serve(port=taken.getsockname()[1])


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send these signals to a child")
@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM])
def test_serve_announces_itself_and_returns_on_a_signal(sig: signal.Signals) -> None:
    program = "from mock_server import serve; serve(announce=lambda url: print(url, flush=True)); print('returned')"
    command = [sys.executable, "-W", "error", "-c", program]
    with subprocess.Popen(  # noqa: S603 - our own interpreter
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with httpx.Client(trust_env=False) as client:
            assert client.get(f"{url}/api/v1/price_schedules").status_code == 200
        process.send_signal(sig)
        assert process.communicate(timeout=10) == ("returned\n", "")
        assert process.returncode == 0


def test_request_under_way_is_answered_before_the_server_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    encoding, go_on = threading.Event(), threading.Event()

    def encode(spec: ClipSpec) -> bytes:
        encoding.set()
        go_on.wait(10)
        return b"clip"

    monkeypatch.setattr(media, "encode", encode)
    with ThreadPoolExecutor() as pool:
        with running_server(speed=50_000) as server:
            url = finished_clip(server.url)
            download = pool.submit(httpx.get, url, trust_env=False)
            encoding.wait(10)
            threading.Timer(0.05, go_on.set).start()
        assert download.result().content == b"clip"


def finished_clip(base_url: str) -> str:
    with httpx.Client(base_url=base_url, trust_env=False, headers={"authorization": "Bearer key"}) as client:
        body = {"model": "kling-3.0", "prompt": "A ferry at dawn"}
        task = client.post("/api/v1/kling/text_to_video", json=body).json()
        while task["status"] != "completed":
            task = client.get(f"/api/v1/kling/{task['id']}").json()
        return str(task["videos"][0]["url"])
