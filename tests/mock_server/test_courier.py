"""Callbacks over HTTP: what a receiver on loopback gets, and what is left undelivered."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest

from mock_server import Config, Simulator, running_server
from mock_server.core.callbacks import Callback
from mock_server.doors.courier import Courier

SPEED = 50_000  # a clip takes 2 ms at most, the pauses between attempts 1 ms
BODY = {"model": "kling-3.0", "prompt": "A ferry at dawn"}


@dataclass
class Receiver:
    """A server that answers callbacks with these statuses in turn, the last one for ever."""

    url: str
    statuses: list[int]
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def next_status(self) -> int:
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]


@contextlib.contextmanager
def a_receiver(*statuses: int) -> Iterator[Receiver]:
    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.received.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(receiver.next_status())
            self.send_header("location", receiver.url)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Endpoint)
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}/hook", list(statuses) or [200])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def create(base_url: str, callback_url: str) -> str:
    with httpx.Client(base_url=base_url, trust_env=False, headers={"authorization": "Bearer key-1"}) as client:
        answer = client.post("/api/v1/kling/text_to_video", json={**BODY, "callback_url": callback_url})
        return str(answer.json()["id"])


def settled(simulator: Simulator, count: int = 1) -> tuple[Callback, ...]:
    """The callbacks once so many are over; nobody polls meanwhile."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        over = [each for each in simulator.callbacks if each.due_at is None]
        if len(over) >= count:
            return tuple(over)
        threading.Event().wait(0.002)
    raise AssertionError(f"not over in time: {simulator.callbacks}")


def test_receiver_on_loopback_gets_the_envelope_although_nobody_polls() -> None:
    with a_receiver() as receiver, running_server(speed=SPEED) as server:
        task_id = create(server.url, receiver.url)
        (callback,) = settled(server.simulator)
        assert callback.outcome == "delivered"
        assert server.simulator.books("key-1").settled == 700_000
    ((headers, body),) = receiver.received
    shown = json.loads(body)
    assert (shown["id"], shown["status"], shown["usage"]) == (task_id, "completed", {"cost": 0.7})
    assert shown["videos"][0]["url"].startswith(server.url)
    assert headers["content-type"] == "application/json"


def test_callback_carries_neither_key_nor_signature_and_says_so() -> None:
    with a_receiver() as receiver, running_server(speed=SPEED) as server:
        create(server.url, receiver.url)
        settled(server.simulator)
    headers = receiver.received[0][0]
    assert "authorization" not in headers
    assert headers["x-mock-callback"] == "unsigned: RunAPI's signature scheme is not published"
    assert not [name for name in headers if "signature" in name]


def test_refused_callback_is_repeated_until_it_is_taken() -> None:
    with a_receiver(500, 404, 200) as receiver, running_server(speed=SPEED) as server:
        create(server.url, receiver.url)
        (callback,) = settled(server.simulator)
    assert [attempt.status for attempt in callback.attempts] == [500, 404, 200]
    assert callback.outcome == "delivered"
    pauses = [later.at - earlier.at for earlier, later in zip(callback.attempts, callback.attempts[1:], strict=False)]
    assert [pause.total_seconds() >= least for pause, least in zip(pauses, (10, 60), strict=True)] == [True, True]


def test_redirect_is_not_followed_and_after_three_attempts_it_is_over() -> None:
    with a_receiver(307) as receiver, running_server(speed=SPEED) as server:
        create(server.url, receiver.url)
        (callback,) = settled(server.simulator)
    assert len(receiver.received) == 3
    assert callback.outcome == "not delivered: answered 307"


def test_receiver_that_does_not_listen_is_recorded() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with running_server(speed=SPEED) as server:
        create(server.url, f"http://127.0.0.1:{port}/hook")
        (callback,) = settled(server.simulator)
    assert len(callback.attempts) == 3
    assert callback.outcome.startswith("not delivered: ")


def test_receiver_that_does_not_answer_is_given_up_after_the_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_server.doors.courier._TIMEOUT_SECONDS", 0.02)
    with socket.create_server(("127.0.0.1", 0)) as silent, running_server(speed=SPEED) as server:
        create(server.url, f"http://127.0.0.1:{silent.getsockname()[1]}/hook")
        (callback,) = settled(server.simulator)
    assert callback.outcome == "not delivered: no answer within 0.02 s"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/hook",
        "http://192.0.2.1/hook",
        "http://127.0.0.1@192.0.2.1/hook",
        "http://127.0.0.1.example.com/hook",
        "http://localhost.example.com/hook",
    ],
)
def test_receiver_elsewhere_is_not_called(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Courier, "_open", None)  # whoever opens a client fails
    with running_server(speed=SPEED) as server:
        create(server.url, url)
        (callback,) = settled(server.simulator)
    assert callback.outcome == "not delivered: not loopback"
    assert len(callback.attempts) == 1


@pytest.mark.parametrize("url", ["http://ex_ä.com/hook", "http://xn--/hook", "http://127.0.0.1/" + "a" * 70_000])
def test_receiver_that_no_client_can_call_is_recorded(url: str) -> None:
    with running_server(speed=SPEED) as server:
        create(server.url, url)
        (callback,) = settled(server.simulator)
    assert callback.outcome == "not delivered: not a URL"
    assert len(callback.attempts) == 1


def test_receiver_elsewhere_is_called_where_the_config_allows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        called.append(request.url)
        return httpx.Response(200)

    transport = httpx.MockTransport(answer)
    monkeypatch.setattr(Courier, "_open", lambda self: httpx.AsyncClient(transport=transport))
    with running_server(Config(callbacks_anywhere=True), speed=SPEED) as server:
        create(server.url, "https://example.com/hook")
        (callback,) = settled(server.simulator)
    assert callback.outcome == "delivered"
    assert called == ["https://example.com/hook"]


def test_callbacks_arrive_in_the_order_in_which_the_tasks_end() -> None:
    with a_receiver() as receiver, running_server(speed=SPEED) as server:
        for _ in range(8):
            create(server.url, receiver.url)
        settled(server.simulator, count=8)
        callbacks = sorted(server.simulator.callbacks, key=lambda each: each.ended_at)
    assert [json.loads(body)["id"] for _, body in receiver.received] == [each.task_id for each in callbacks]


def test_courier_sleeps_while_nothing_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[datetime] = []
    look = Simulator.due_callback

    def due_callback(simulator: Simulator, at: datetime) -> Callback | None:
        asked.append(at)
        return look(simulator, at)

    monkeypatch.setattr(Simulator, "due_callback", due_callback)
    with running_server() as server, httpx.Client(trust_env=False) as client:
        create(server.url, "http://127.0.0.1:9/hook")
        for _ in range(20):
            client.get(f"{server.url}/api/v1/price_schedules")
    assert len(asked) <= 2  # at the start, and when the task was created


def test_server_that_waits_for_a_silent_receiver_stops_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with running_server(speed=SPEED) as server:
            create(server.url, f"http://127.0.0.1:{silent.getsockname()[1]}/hook")
            silent.accept()[0].close()
            connection, _ = silent.accept()
            began = time.monotonic()
        assert time.monotonic() - began < 0.5
        connection.close()


def test_callback_that_fell_due_by_advancing_the_simulator_is_delivered() -> None:
    with a_receiver() as receiver, running_server() as server:
        create(server.url, receiver.url)
        server.simulator.advance(datetime.now(UTC) + timedelta(seconds=121))
        (callback,) = settled(server.simulator)
    assert callback.outcome == "delivered"
    assert callback.attempts[0].at >= callback.ended_at


def test_callback_is_delivered_when_time_that_stands_still_is_advanced_to_it() -> None:
    with a_receiver() as receiver, running_server(Config(), manual=True) as server:
        body, headers = {**BODY, "callback_url": receiver.url}, {"authorization": "Bearer key-1"}
        httpx.post(f"{server.url}/api/v1/kling/text_to_video", json=body, headers=headers)
        httpx.post(f"{server.url}/__mock__/advance", json={"to": "next"})
        deadline = time.monotonic() + 10
        while not receiver.received and time.monotonic() < deadline:
            time.sleep(0.01)
        assert [json.loads(content)["status"] for _, content in receiver.received] == ["completed"]
