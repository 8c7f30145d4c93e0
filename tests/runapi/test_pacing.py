"""The gate: spacing, pauses after a 429, and patience. All on virtual time."""

from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from itertools import pairwise
from random import Random
from typing import Any, TypeVar

import anyio
import httpx
import pytest
from pydantic import SecretStr
from trio.testing import MockClock

from kling_render.errors import RateLimitError
from kling_render.runapi import RunApi
from kling_render.runapi.pacing import Gate

NOW = datetime(2026, 8, 1, 12, 0, tzinfo=UTC)
QUOTE = {"price_quote": {"pricing_status": "published", "currency": "USD", "as_of": "2026-08-01"}}
Result = TypeVar("Result")
Ask = Callable[[RunApi], Coroutine[Any, Any, None]]


class Server:
    """Refuses until a moment, or the first so many; keeps when it was asked for what."""

    def __init__(
        self, *, until: float = 0.0, times: int = 0, retry_after: str | None = None, latency: float = 0
    ) -> None:
        self.until = until
        self.times = times
        self.retry_after = retry_after
        self.latency = latency
        self.asked: list[tuple[float, str]] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((anyio.current_time(), request.method))
        is_refused = anyio.current_time() < self.until or len(self.asked) <= self.times
        await anyio.sleep(self.latency)
        if is_refused:
            told = {} if self.retry_after is None else {"Retry-After": self.retry_after}
            return httpx.Response(429, json={"error": "slow down"}, headers=told)
        payload = QUOTE if request.url.path.endswith("price_quotes") else {"id": "t-1", "status": "pending"}
        return httpx.Response(200, json=payload)

    @property
    def moments(self) -> list[float]:
        return [moment for moment, _ in self.asked]


def on_virtual_time(scenario: Callable[[], Awaitable[Result]]) -> Result:
    """The scenario's result; its clock starts at 0."""

    async def main() -> Result:
        return await scenario()

    clock = MockClock(autojump_threshold=0)
    clock.jump(-clock.current_time())
    return anyio.run(main, backend="trio", backend_options={"clock": clock})


def run(
    scenario: Callable[[RunApi], Awaitable[Result]],
    server: Server,
    *,
    requests_per_second: float | None = None,
    patience: float = 600.0,
) -> Result:
    async def main() -> Result:
        async with RunApi(
            "https://runapi.test",
            SecretStr("rk-live-5ecret"),
            transport=httpx.MockTransport(server),
            download_transport=httpx.MockTransport(server),
            attempts=2,
            requests_per_second=requests_per_second,
            rate_limit_patience_seconds=patience,
            now=lambda: NOW,
            random=Random(7),  # noqa: S311 - repeatable on purpose
        ) as client:
            return await scenario(client)

    return on_virtual_time(main)


async def create(client: RunApi) -> None:
    await client.create("text_to_video", b"{}", idempotency_key="k", client_request_id=None)


async def quote(client: RunApi) -> None:
    await client.price_quote("text_to_video", "kling-3.0", {})


async def poll(client: RunApi) -> None:
    await client.task("text_to_video", "t-1")


def together(*requests: Ask) -> Ask:
    async def scenario(client: RunApi) -> None:
        async with anyio.create_task_group() as tasks:
            for request in requests:
                tasks.start_soon(request, client)

    return scenario


def after(seconds: float, request: Ask) -> Ask:
    async def later(client: RunApi) -> None:
        await anyio.sleep(seconds)
        await request(client)

    return later


# So many per second


def test_polls_and_creates_share_one_rate() -> None:
    server = Server()

    run(together(create, poll, quote, poll, poll), server, requests_per_second=4)

    assert server.moments == pytest.approx([0.0, 0.25, 0.5, 0.75, 1.0])


def test_time_without_requests_is_not_saved_up() -> None:
    server = Server()

    run(together(poll, after(10, poll), after(10, poll)), server, requests_per_second=2)

    assert server.moments == pytest.approx([0.0, 10.0, 10.5])


def test_without_a_rate_nothing_waits() -> None:
    server = Server()

    run(together(*[create] * 20), server)

    assert server.moments == [0.0] * 20


# After a 429


@pytest.mark.parametrize("told", ["30", "Sat, 01 Aug 2026 12:00:30 GMT"])
def test_all_submitters_wait_together_as_long_as_told(told: str) -> None:
    server = Server(times=1, retry_after=told)

    run(together(create, after(5, create), after(6, quote), after(29, create)), server)

    assert server.moments == pytest.approx([0.0, 30.0, 30.0, 30.0, 30.0])


def test_polls_go_on_while_submitters_wait() -> None:
    server = Server(times=1, retry_after="30")

    run(together(create, after(5, poll)), server)

    assert server.asked == [(0.0, "POST"), (5.0, "GET"), (30.0, "POST")]


def test_a_refused_poll_waits_and_keeps_submitters_back() -> None:
    server = Server(times=1, retry_after="30")

    run(together(poll, after(5, create)), server)

    assert sorted(server.asked) == [(0.0, "GET"), (30.0, "GET"), (30.0, "POST")]


def test_a_storm_uses_up_no_attempts() -> None:
    server = Server(times=50, retry_after="1")

    run(create, server)

    assert len(server.asked) == 51


@pytest.mark.parametrize("told", [None, "0", "soon"])
def test_without_word_of_it_the_pause_doubles_with_jitter(told: str | None) -> None:
    server = Server(times=4, retry_after=told)

    run(create, server)

    pauses = [late - early for early, late in pairwise(server.moments)]
    assert all(base <= pause <= base * 1.5 for base, pause in zip((0.5, 1, 2, 4), pauses, strict=True))


def test_refusals_of_requests_under_way_together_double_the_pause_once() -> None:
    server = Server(times=64, latency=0.1)

    run(together(*[create] * 64), server)

    assert 0.6 <= server.moments[-1] <= 0.85


def test_a_success_shortens_the_next_pause() -> None:
    async def scenario() -> tuple[float, float]:
        gate = Gate(None, 600, Random(7))  # noqa: S311 - repeatable on purpose
        for _ in range(5):
            await anyio.sleep(gate.refused(await gate.admit(submits=True), None) + 0.01)
        for _ in range(5):
            gate.answered(await gate.admit(submits=True))
        short = gate.refused(await gate.admit(submits=True), None)
        await anyio.sleep(short + 0.01)
        return short, gate.refused(await gate.admit(submits=True), None)

    short, doubled = on_virtual_time(scenario)

    assert 0.5 <= short <= 0.75
    assert 1.0 <= doubled <= 1.5


def test_an_answer_that_was_under_way_before_the_refusal_shortens_nothing() -> None:
    async def scenario() -> float:
        gate = Gate(None, 600, Random(7))  # noqa: S311 - repeatable on purpose
        early = await gate.admit(submits=True)
        await anyio.sleep(gate.refused(early, None) + 0.01)
        gate.answered(early)
        return gate.refused(await gate.admit(submits=True), None)

    assert 1.0 <= on_virtual_time(scenario) <= 1.5


def test_no_own_pause_is_longer_than_a_minute() -> None:
    server = Server(times=14)

    run(create, server, patience=10_000)

    assert max(late - early for early, late in pairwise(server.moments)) == 60.0


# Patience


def test_a_rate_limit_that_outlasts_patience_is_an_error_that_says_how_long() -> None:
    server = Server(until=10_000, retry_after="25")

    with pytest.raises(RateLimitError, match=r"^The rate limit outlasted 75 s of waiting, and 25 s more") as caught:
        run(create, server, patience=90)

    assert (caught.value.exit_code, caught.value.waited_seconds, caught.value.retry_after) == (6, 75.0, 25.0)
    assert "slow down" in caught.value.message
    assert server.moments == [0.0, 25.0, 50.0, 75.0]


def test_a_wait_beyond_patience_is_not_begun() -> None:
    server = Server(until=10_000, retry_after="3600")

    with pytest.raises(RateLimitError, match=r"outlasted 0 s of waiting, and 3600 s more"):
        run(poll, server)

    assert server.moments == [0.0]


def test_who_comes_to_a_gate_that_stays_shut_sends_nothing() -> None:
    server = Server(times=1, retry_after="3600")
    caught: list[RateLimitError] = []

    async def refused(client: RunApi) -> None:
        try:
            await create(client)
        except RateLimitError as error:
            caught.append(error)

    run(together(refused, after(10, refused)), server)

    assert len(server.asked) == 1
    assert [(each.never_sent, each.after_unknown, each.status) for each in caught] == [
        (False, False, 429),
        (True, False, 429),
    ]


def test_a_cancelled_wait_ends_at_once() -> None:
    server = Server(times=1, retry_after="300")

    async def scenario(client: RunApi) -> float:
        with anyio.move_on_after(40):
            await create(client)
        return anyio.current_time()

    assert run(scenario, server) == 40.0
    assert len(server.asked) == 1
