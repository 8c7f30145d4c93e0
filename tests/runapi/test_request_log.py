"""The log: one line per attempt, which never shows a key or a query."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import anyio
import httpx
import pytest
from pydantic import SecretStr
from trio.testing import MockClock

from kling_render.errors import ApiError
from kling_render.runapi import Balance, RunApi

NOW = datetime(2026, 8, 1, 12, 0, tzinfo=UTC)
KEY = "rk-live-5ecret"
LOGGER = "kling_render.runapi"
PENDING = {"id": "t-1", "status": "pending"}
CLIP = "https://ida:hush@media.test/a/clip.mp4?sig=hush"


class Server:
    """The API and the storage, where every request fails once in its own way before it is answered."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.failures: list[httpx.Response | httpx.TransportError] = [
            httpx.LocalProtocolError(f"Illegal header value {KEY} for ?sig=hush"),
            httpx.Response(503, json={"error": f"{KEY}?sig=hush"}, headers={"X-Request-Id": KEY, "Retry-After": "1"}),
            httpx.Response(200, text=f"<html>{KEY}?sig=hush"),
            httpx.Response(429, headers={"X-RunAPI-Task-Id": KEY}),
        ]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = f"{request.method} {request.url.path}"
        if self.failures and path not in self.seen:
            self.seen.add(path)
            failure = self.failures[len(self.seen) % len(self.failures)]
            if isinstance(failure, httpx.TransportError):
                raise failure
            if request.url.host == "runapi.test":
                return failure
            return httpx.Response(503, text="?sig=hush")  # of the key, a storage knows nothing
        return self._answer(request)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        place = {"upload_url": "https://storage.test/hush?sig=hush", "headers": {}, "signed_id": "hush"}
        hosted = {"url": "https://files.test/a?sig=hush", "expires_at": "2026-08-01T13:00:00Z"}
        answers = {
            "/base/api/v1/files/prepare": httpx.Response(200, json=place),
            "/base/api/v1/files/confirm": httpx.Response(200, json=hosted),
            "/hush": httpx.Response(200),
            "/base/api/v1/me/balance": httpx.Response(200, json=dict.fromkeys(Balance.__dataclass_fields__, 5)),
            "/a/clip.mp4": httpx.Response(302, headers={"Location": "https://cdn.test/b.mp4?sig=hush"}),
            "/b.mp4": httpx.Response(200, content=b"mp4"),
        }
        return answers.get(request.url.path) or httpx.Response(200, json=PENDING, headers={"X-Request-Id": "r-1"})


def run(scenario: Callable[[RunApi], object], server: Callable[[httpx.Request], httpx.Response]) -> None:
    async def main() -> None:
        async with RunApi(
            "https://runapi.test/base",
            SecretStr(KEY),
            transport=httpx.MockTransport(server),
            download_transport=httpx.MockTransport(server),
            now=lambda: NOW,
            random=Random(7),  # noqa: S311 - repeatable on purpose
        ) as client:
            await scenario(client)  # type: ignore[misc]  # every scenario is a coroutine

    anyio.run(main, backend="trio", backend_options={"clock": MockClock(autojump_threshold=0)})


async def create(client: RunApi) -> None:
    await client.create("text_to_video", b"{}", idempotency_key="k", client_request_id="walk%5Bdusk%5D-1")


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    return [(record.levelno, record.getMessage()) for record in caplog.records if record.name == LOGGER]


def test_every_attempt_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    answers: list[httpx.Response | httpx.TransportError] = [
        httpx.ReadTimeout(""),
        httpx.Response(429, headers={"Retry-After": "3"}),
    ]

    def server(request: httpx.Request) -> httpx.Response:
        if not answers:
            return httpx.Response(200, json=PENDING, headers={"X-RunAPI-Task-Id": "t-1", "X-Request-Id": "r-1"})
        answer = answers.pop(0)
        if isinstance(answer, httpx.TransportError):
            raise answer
        return answer

    caplog.set_level(logging.INFO, LOGGER)
    run(create, server)

    told = "client request id walk%5Bdusk%5D-1"
    assert lines(caplog) == [
        (20, f"POST /base/api/v1/kling/text_to_video: ReadTimeout UnreachableError in 0.000 s, attempt 1, {told}"),
        (20, f"POST /base/api/v1/kling/text_to_video: 429 RateLimitError in 0.000 s, attempt 2, {told}"),
        (20, f"POST /base/api/v1/kling/text_to_video: 200 in 0.000 s, attempt 3, {told}, task t-1"),
    ]


def test_at_debug_a_line_has_what_support_asks_for(caplog: pytest.LogCaptureFixture) -> None:
    headers = {"X-Request-Id": "r-1", "Retry-After": "7"}
    caplog.set_level(logging.DEBUG, LOGGER)

    run(create, lambda _: httpx.Response(200, json=PENDING, headers=headers))

    (line,) = lines(caplog)
    assert line[1].endswith("request id walk%5Bdusk%5D-1, request id r-1, Retry-After 7, bytes 31")


def test_the_time_of_an_attempt_is_told(caplog: pytest.LogCaptureFixture) -> None:
    async def slow(request: httpx.Request) -> httpx.Response:
        await anyio.sleep(2.5)
        return httpx.Response(200, json=PENDING)

    caplog.set_level(logging.INFO, LOGGER)
    run(lambda client: client.task("text_to_video", "t-1"), slow)  # type: ignore[arg-type]  # MockTransport awaits it

    assert "in 2.500 s" in lines(caplog)[0][1]


def test_a_download_is_told_by_host_and_path_and_an_upload_by_host_alone(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    async def scenario(client: RunApi) -> None:
        await client.download(CLIP, tmp_path / "clip.part")
        await client.upload("sky.png", b"picture")

    server = Server()
    server.failures = []
    caplog.set_level(logging.INFO, LOGGER)
    run(scenario, server)

    told = [line for _, line in lines(caplog) if "/api/v1/" not in line]
    assert told == [
        "GET https://media.test/a/clip.mp4: 200 in 0.000 s, attempt 1",
        "PUT https://storage.test: 200 in 0.000 s, attempt 1",
    ]


def test_neither_key_nor_query_is_ever_logged(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    async def scenario(client: RunApi) -> None:
        await create(client)
        await client.task("text_to_video", "t-1")
        await client.upload("sky.png", b"picture")
        await client.balance()
        await client.download(CLIP, tmp_path / "clip.part")

    caplog.set_level(logging.DEBUG)
    run(scenario, Server())

    assert len(lines(caplog)) > 10
    logged = "\n".join(record.getMessage() + str(record.args) for record in caplog.records)
    assert KEY not in logged
    assert "hush" not in logged
    assert "?" not in logged


def test_a_refused_clip_is_logged_without_its_query(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    caplog.set_level(logging.DEBUG)

    with pytest.raises(ApiError, match="answered 403"):
        run(lambda client: client.download(CLIP, tmp_path / "clip.part"), lambda _: httpx.Response(403))

    assert lines(caplog)[0][1].startswith("GET https://media.test/a/clip.mp4: 403 ExpiredUrlError in ")
    assert "hush" not in caplog.text


def test_nothing_is_shown_unless_the_program_asks(capfd: pytest.CaptureFixture[str]) -> None:
    run(create, lambda _: httpx.Response(200, json=PENDING))

    assert capfd.readouterr() == ("", "")
    assert logging.getLogger(LOGGER).handlers == []
