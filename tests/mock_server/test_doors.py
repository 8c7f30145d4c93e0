"""One short life of a task through every door: each must answer what the simulator answers."""

from __future__ import annotations

import base64
import contextlib
import hashlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import httpx
import pytest

from mock_server import Config, Simulator, SimulatorTransport, create_app, media, running_server
from mock_server.doors.respx_router import RunapiMock
from mock_server.media import ClipSpec

START = datetime(2026, 8, 3, 12, 0, tzinfo=UTC)
KEY = {"authorization": "Bearer key-1"}
BODY = {"model": "kling-3.0", "prompt": "A ferry at dawn", "duration_seconds": 3}
CLIP = b"an encoded clip"
Wait = Callable[[float], None]
Door = contextlib.AbstractAsyncContextManager[tuple[httpx.AsyncClient, Wait]]


class HandClock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@contextlib.asynccontextmanager
async def through_transport() -> AsyncIterator[tuple[httpx.AsyncClient, Wait]]:
    clock = HandClock()
    transport = SimulatorTransport(Simulator(), clock)
    async with httpx.AsyncClient(transport=transport, base_url="https://runapi.ai") as client:
        yield client, clock.wait


@contextlib.asynccontextmanager
async def through_asgi() -> AsyncIterator[tuple[httpx.AsyncClient, Wait]]:
    clock = HandClock()
    transport = httpx.ASGITransport(create_app(clock=clock))
    async with httpx.AsyncClient(transport=transport, base_url="http://mock.test") as client:
        yield client, clock.wait


@contextlib.asynccontextmanager
async def through_http() -> AsyncIterator[tuple[httpx.AsyncClient, Wait]]:
    with running_server() as server:
        async with httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
            yield client, lambda seconds: server.simulator.advance(datetime.now(UTC) + timedelta(seconds=seconds))


@contextlib.asynccontextmanager
async def through_respx() -> AsyncIterator[tuple[httpx.AsyncClient, Wait]]:
    mock = RunapiMock()
    with mock.router:
        async with httpx.AsyncClient(base_url="https://runapi.ai") as client:
            yield client, mock.advance


@pytest.fixture(
    params=[through_transport, through_asgi, through_http, through_respx], ids=["transport", "asgi", "http", "respx"]
)
def door(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Door:
    monkeypatch.setattr(media, "encode", lambda spec: CLIP)
    opened: Door = request.param()
    return opened


def test_task_lives_from_creation_to_download(door: Door) -> None:
    async def life() -> None:
        async with door as (client, wait):
            task_id = (await client.post("/api/v1/kling/text_to_video", json=BODY, headers=KEY)).json()["id"]
            wait(121)
            task = (await client.get(f"/api/v1/kling/text_to_video/{task_id}", headers=KEY)).json()
            assert (task["status"], task["usage"]) == ("completed", {"cost": 0.42})
            url = task["videos"][0]["url"]
            assert httpx.URL(url).host == client.base_url.host
            clip = await client.get(url)
            assert (clip.content, clip.headers["content-type"]) == (CLIP, "video/mp4")
            await assert_head_and_ranges(client, url)

    anyio.run(life)


async def assert_head_and_ranges(client: httpx.AsyncClient, url: str) -> None:
    head = await client.head(url)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(CLIP)))
    part = await client.get(url, headers={"range": "bytes=3-9"})
    assert (part.status_code, part.content) == (206, CLIP[3:10])
    assert part.headers["content-range"] == "bytes 3-9/15"


def test_refusals_arrive_with_status_envelope_and_headers(door: Door) -> None:
    async def refusals() -> None:
        async with door as (client, _):
            url = "/api/v1/kling/text_to_video"
            answers = [
                await client.post(url, json=BODY),
                await client.post(url, content=b"{", headers={**KEY, "content-type": "application/json"}),
                await client.post(url, content=b"x" * 1_100_000, headers={**KEY, "content-type": "application/json"}),
                await client.post(url, json={**BODY, "duration_seconds": 1}, headers=KEY),
                await client.get("/no/such route?x=1", headers=KEY),
                await client.delete("/api/v1/me", headers=KEY),
            ]
            assert [answer.status_code for answer in answers] == [401, 400, 413, 422, 404, 405]
            assert all(set(answer.json()["error"]) >= {"code", "message"} for answer in answers)
            assert len({answer.headers["x-request-id"] for answer in answers}) == 6
            assert "/no/such%20route;" in answers[4].json()["error"]["message"]

    anyio.run(refusals)


def test_known_prices_are_not_sent_again(door: Door) -> None:
    async def prices() -> None:
        async with door as (client, _):
            first = await client.get("/api/v1/price_schedules?action=text_to_video")
            again = await client.get(first.url, headers={"if-none-match": first.headers["etag"]})
            assert (first.status_code, again.status_code, again.content) == (200, 304, b"")

    anyio.run(prices)


def test_file_goes_up_and_comes_back(door: Door) -> None:
    content = bytes(range(256)) * 5_000  # more than JSON may have
    announced = {
        "filename": "a.bin",
        "byte_size": len(content),
        "checksum": base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode(),
    }

    async def upload() -> None:
        async with door as (client, wait):
            prepared = (await client.post("/api/v1/files/prepare", json=announced, headers=KEY)).json()
            put = await client.put(prepared["upload_url"], content=content, headers=prepared["headers"])
            assert put.status_code == 200
            signed = {"signed_id": prepared["signed_id"]}
            shown = (await client.post("/api/v1/files/confirm", json=signed, headers=KEY)).json()
            assert (await client.get(shown["url"])).content == content
            wait(3_601)
            assert (await client.get(shown["url"])).status_code == 410

    anyio.run(upload)


def test_hosted_file_arrives_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_server() as server:
        url = server.simulator.host_file("a.png", b"picture")
        assert url.startswith(server.url)
        with httpx.Client(trust_env=False) as client:
            assert client.get(url).content == b"picture"


def test_real_clip_comes_out_of_the_transport() -> None:
    async def download() -> bytes:
        clock = HandClock()
        transport = SimulatorTransport(Simulator(Config(seed=3)), clock)
        async with httpx.AsyncClient(transport=transport, base_url="https://runapi.ai", headers=KEY) as client:
            task = (await client.post("/api/v1/kling/text_to_video", json=BODY)).json()
            clock.wait(120)
            shown: Any = (await client.get(f"/api/v1/tasks/{task['id']}")).json()
            return (await client.get(shown["response"]["body"]["videos"][0]["url"])).content

    assert anyio.run(download)[4:8] == b"ftyp"


def test_transport_uses_the_encoder_it_was_given() -> None:
    async def own(spec: ClipSpec) -> bytes:
        return spec.price.encode()

    async def download() -> bytes:
        clock = HandClock()
        transport = SimulatorTransport(Simulator(), clock, own)
        async with httpx.AsyncClient(transport=transport, base_url="https://runapi.ai", headers=KEY) as client:
            task_id = (await client.post("/api/v1/kling/text_to_video", json=BODY)).json()["id"]
            clock.wait(120)
            task = (await client.get(f"/api/v1/kling/{task_id}")).json()
            return (await client.get(task["videos"][0]["url"])).content

    assert anyio.run(download) == b"$0.42"


def test_app_without_a_simulator_names_the_host_of_the_request() -> None:
    async def life() -> str:
        clock = HandClock()
        transport = httpx.ASGITransport(create_app(clock=clock))
        async with httpx.AsyncClient(transport=transport, base_url="http://mock.test:81", headers=KEY) as client:
            task_id = (await client.post("/api/v1/kling/text_to_video", json=BODY)).json()["id"]
            clock.wait(120)
            url = (await client.get(f"/api/v1/kling/{task_id}")).json()["videos"][0]["url"]
            return str(url)

    assert anyio.run(life).startswith("http://mock.test:81/media/")


def test_client_that_leaves_during_its_request_is_not_answered() -> None:
    async def leave() -> list[Any]:
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": "/api/v1/me", "query_string": b"", "headers": []}
        await create_app()(scope, receive, send)
        return sent

    assert anyio.run(leave) == []
