from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from kling_render.catalog import bundled_catalog, lay_over
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


def test_given_catalog_is_the_servers_own() -> None:
    own = {"action": "text_to_video", "name": "kling-4.0", "like": "kling-3.0"}
    catalog = lay_over(bundled_catalog(), {"models": [own]}, "own")
    body = {"model": "kling-4.0", "prompt": "A ferry at dawn"}
    for known, status in ((catalog, 200), (None, 422)):
        with running_server(catalog=known) as server:
            url, key = f"{server.url}/api/v1/kling/text_to_video", {"authorization": "Bearer key-1"}
            assert httpx.post(url, json=body, headers=key, trust_env=False).status_code == status


def test_upload_to_a_fast_server_lives_as_long_as_the_client_is_told() -> None:
    with running_server(speed=20) as server:
        key = {"authorization": "Bearer key-1"}
        source = {"source": {"type": "base64", "data": "cGljdHVyZQ=="}, "file_name": "a.png"}
        shown = httpx.post(f"{server.url}/api/v1/files", json=source, headers=key, trust_env=False).json()
        created_at, expires_at = (datetime.fromisoformat(shown[name]) for name in ("created_at", "expires_at"))
        assert expires_at - created_at == timedelta(minutes=3)
        server.simulator.advance(server.simulator.now + timedelta(minutes=59))
        assert httpx.get(shown["url"], trust_env=False).status_code == 200
        server.simulator.advance(server.simulator.now + timedelta(minutes=1))
        assert httpx.get(shown["url"], trust_env=False).status_code == 410


@pytest.mark.parametrize("speed", [0, 2_000_000])
def test_speed_out_of_range_is_refused_before_anything_listens(speed: float) -> None:
    with pytest.raises(ValueError, match="speed must be from"), running_server(speed=speed):
        pass
    with pytest.raises(ValueError, match="speed must be from"):
        serve(speed=speed)


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


def test_time_that_stands_still_moves_when_it_is_told() -> None:
    with running_server(Config(), manual=True) as server, httpx.Client(base_url=server.url, trust_env=False) as client:
        client.headers["authorization"] = "Bearer key-1"
        body = {"model": "kling-3.0", "prompt": "A ferry"}
        task_id = client.post("/api/v1/kling/text_to_video", json=body).json()["id"]
        before = client.get("/__mock__/clock").json()["now"]
        assert client.get("/__mock__/clock").json()["now"] == before
        client.post("/__mock__/advance", json={"to": "next"})
        assert client.get(f"/api/v1/tasks/{task_id}").json()["status"] == "completed"
