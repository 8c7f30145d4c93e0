"""A client's bad Monday as a script: the same requests in the same order at any door, and the journal that is left."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import httpx

from mock_server import Config
from mock_server.scenarios import open_scenario

from .visitors import Visitor

TAKES = 12
TRIES = 6
PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
SENT = {"accept": "*/*", "accept-encoding": "gzip", "user-agent": "a-script", "connection": "keep-alive"}
"""What httpx would send by itself depends on its version, and on what else is installed."""


def a_config(seed: int = 7) -> Config:
    """A simulator on a bad day."""
    return Config(seed=seed, scenario=open_scenario("bad-monday"), poll_retry_after_seconds=5)


def run(visitor: Visitor) -> list[dict[str, Any]]:
    """All of it; the journal afterwards."""
    for _ in steps(visitor):
        pass
    return journal(visitor)


def steps(visitor: Visitor) -> Iterator[None]:
    """An upload, takes that are created, polled and fetched, each tried again like a careful client; then the bill."""
    frame = _upload(visitor)
    yield
    task_ids = []
    for number in range(TAKES):
        if created := _tried(visitor, partial(_create, visitor, number, frame)):
            task_ids.append(str(created.json()["id"]))
        yield
    for task_id in task_ids:
        _fetch(visitor, task_id)
        yield
    visitor.get("/api/v1/me/balance", **SENT)
    visitor.get("/no/such/route?sig=0&x=1", **SENT)


def journal(visitor: Visitor) -> list[dict[str, Any]]:
    """Every request as the journal shows it, host and port of the door as one word."""
    text = json.dumps([entry.shown() for entry in visitor.simulator.journal])
    host = visitor.base_url.partition("//")[2]
    normal: list[dict[str, Any]] = json.loads(text.replace(visitor.base_url, "http://door").replace(host, "door"))
    return normal


def digest(shown: list[dict[str, Any]]) -> str:
    """One word for a journal."""
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()


def _create(visitor: Visitor, number: int, frame: str) -> httpx.Response:
    names = {"idempotency-key": f"take-{number}", "x-client-request-id": f"walk%23{number};a=1;n=0"}
    body = {"model": "kling-3.0", "prompt": f"A ferry, take {number}", "first_frame_image_url": frame}
    return visitor.post("/api/v1/kling/image_to_video", json=body, headers={**SENT, **names})


def _fetch(visitor: Visitor, task_id: str) -> None:
    url = f"/api/v1/kling/image_to_video/{task_id}"
    for _ in range(2 * TRIES):
        polled = _tried(visitor, lambda: visitor.get(url, **SENT))
        if polled is None or polled.json()["status"] in ("completed", "failed"):
            break
        visitor.wait(30)
    for video in polled.json().get("videos", []) if polled else []:
        _tried(visitor, partial(visitor.get, str(video["url"]), **SENT))


def _upload(visitor: Visitor) -> str:
    """Where a small picture is, by a host of one length at every door: a simulator knows its uploads by their path."""
    body = {"source": {"type": "base64", "data": PICTURE}, "file_name": "frame.png"}
    uploaded = _tried(visitor, lambda: visitor.post("/api/v1/files", json=body, headers=SENT))
    return f"https://mock.example{httpx.URL(uploaded.json()['url']).path}" if uploaded else ""


def _tried(visitor: Visitor, ask: Callable[[], httpx.Response]) -> httpx.Response | None:
    """The first answer that is right, tried again after a pause."""
    for _ in range(TRIES):
        try:
            response = ask()
        except httpx.RemoteProtocolError:
            response = None
        if response is not None and response.status_code < 400:
            return response
        visitor.wait(5)
    return None
