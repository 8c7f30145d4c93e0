"""The client: what it sends, what it repeats, how long it waits, where the key goes. All on virtual time."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import TypeVar

import anyio
import httpx
import pytest
import respx
from pydantic import SecretStr
from trio.testing import MockClock

from kling_render._version import __version__
from kling_render.errors import (
    AuthenticationError,
    ConflictError,
    DownloadError,
    InsufficientCreditsError,
    RequestRefusedError,
    ServerError,
    UnintelligibleAnswerError,
    UnreachableError,
    UsageError,
)
from kling_render.runapi import Account, Balance, RunApi, Task

NOW = datetime(2026, 8, 1, 12, 0, tzinfo=UTC)
KEY = "rk-live-5ecret"
BASE_URL = "https://runapi.test"
VIDEO = "https://media.test/clip.mp4?sig=hush"
PENDING = {"id": "t-1", "task_id": "t-1", "status": "pending"}
Result = TypeVar("Result")


class Server:
    """Plays a list of answers, the last one for ever, and keeps what it was asked."""

    def __init__(self, *answers: httpx.Response | httpx.TransportError) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, httpx.TransportError):
            raise answer
        return answer


def answer(status: int = 200, payload: object = PENDING, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, content=json.dumps(payload), headers=named)


def run(
    scenario: Callable[[RunApi], Awaitable[Result]],
    api: Server | None = None,
    clips: Server | None = None,
    *,
    attempts: int = 4,
) -> tuple[Result, float]:
    """The scenario's result, and the virtual seconds it took."""
    unused = Server(httpx.ConnectError("not part of this test"))

    async def main() -> tuple[Result, float]:
        start = anyio.current_time()
        async with RunApi(
            BASE_URL,
            SecretStr(KEY),
            transport=httpx.MockTransport(api or unused),
            download_transport=httpx.MockTransport(clips or unused),
            attempts=attempts,
            now=lambda: NOW,
            random=Random(7),  # noqa: S311 - repeatable on purpose
        ) as client:
            result = await scenario(client)
        return result, anyio.current_time() - start

    return anyio.run(main, backend="trio", backend_options={"clock": MockClock(autojump_threshold=0)})


async def create(client: RunApi) -> Task:
    return await client.create(
        "text_to_video", b'{"model" : "kling-3.0"}', idempotency_key="k-1", client_request_id="c"
    )


async def poll(client: RunApi) -> Task:
    return await client.task("text_to_video", "t-1")


def into(part: Path) -> Callable[[RunApi], Awaitable[object]]:
    return lambda client: client.download(VIDEO, part)


def waited_until_failure(error: type[Exception], api: Server, *, match: str, attempts: int = 4) -> float:
    """The virtual seconds until the client gives up with this error."""
    seconds = 0.0

    async def scenario(client: RunApi) -> None:
        nonlocal seconds
        start = anyio.current_time()
        try:
            await poll(client)
        finally:
            seconds = anyio.current_time() - start

    with pytest.raises(error, match=match):
        run(scenario, api, attempts=attempts)
    return seconds


# What is sent


def test_a_create_sends_exactly_the_given_bytes_and_headers() -> None:
    api = Server(answer(202))

    run(create, api)

    request = api.requests[0]
    assert (request.method, str(request.url)) == ("POST", f"{BASE_URL}/api/v1/kling/text_to_video")
    assert request.content == b'{"model" : "kling-3.0"}'
    names = ("Content-Type", "Idempotency-Key", "X-Client-Request-Id", "Authorization", "User-Agent", "Accept")
    assert {name: request.headers[name] for name in names} == {
        "Content-Type": "application/json",
        "Idempotency-Key": "k-1",
        "X-Client-Request-Id": "c",
        "Authorization": f"Bearer {KEY}",
        "User-Agent": f"kling-render/{__version__}",
        "Accept": "application/json",
    }


def test_without_a_client_request_id_the_header_stays_away() -> None:
    api = Server(answer())

    run(lambda client: client.create("ai_avatar", b"{}", idempotency_key="k", client_request_id=None), api)

    assert "X-Client-Request-Id" not in api.requests[0].headers


def test_a_task_id_cannot_leave_its_place_in_the_path() -> None:
    api = Server(answer())

    run(lambda client: client.task("edit_video", "a/../b?c=d#e"), api)

    assert api.requests[0].url.raw_path == b"/api/v1/kling/edit_video/a%2F..%2Fb%3Fc%3Dd%23e"


def test_a_task_is_found_by_its_id_alone() -> None:
    body = {"videos": [{"url": VIDEO}], "usage": {"cost": 0.84}}
    api = Server(answer(200, {"id": "t-1", "status": "completed", "response": {"status": 200, "body": body}}))

    task, _ = run(lambda client: client.task_by_id("a/b"), api)

    assert task == Task("t-1", "completed", (VIDEO,), 840_000)
    assert api.requests[0].url.raw_path == b"/api/v1/tasks/a%2Fb"


@pytest.mark.parametrize("asked", [poll, lambda client: client.task_by_id("t-1")], ids=["of an action", "by id"])
@pytest.mark.parametrize("told", ["45", "Sat, 01 Aug 2026 12:00:45 GMT"])
def test_a_poll_says_when_to_ask_again(asked: Callable[[RunApi], Awaitable[Task]], told: str) -> None:
    task, _ = run(asked, Server(answer(200, Retry_After=told, X_Request_Id="r")))

    assert task == Task("t-1", "pending", request_id="r", retry_after=45.0)


def test_a_path_in_the_base_url_is_kept() -> None:
    api = Server(answer())

    async def main() -> None:
        url = "http://127.0.0.1:8080/mock/"
        async with RunApi(url, SecretStr(KEY), transport=httpx.MockTransport(api), now=lambda: NOW) as client:
            await poll(client)

    anyio.run(main)

    assert str(api.requests[0].url) == "http://127.0.0.1:8080/mock/api/v1/kling/text_to_video/t-1"


@pytest.mark.parametrize("key", ["", "two words", "rk-é", "rk\nX-Evil: 1"])
def test_a_key_unfit_for_a_header_is_refused_at_once(key: str) -> None:
    with pytest.raises(AuthenticationError, match="is empty or has characters that cannot go into a header"):
        RunApi(BASE_URL, SecretStr(key), now=lambda: NOW)


@pytest.mark.parametrize(
    ("variable", "value", "message", "look_at"),
    [
        ("ALL_PROXY", "socks5://ida:hush@h:1", "SOCKS needs the package socksio", "ALL_PROXY"),
        ("HTTP_PROXY", "foo://ida:hush@x", "The address of a proxy cannot be read", "HTTP_PROXY"),
        ("HTTPS_PROXY", "http://ida:hu/sh@x:abc", "The address of a proxy cannot be read", "HTTPS_PROXY"),
        ("SSL_CERT_FILE", "/nonexistent", "The trusted certificates cannot be read", "SSL_CERT_FILE"),
        ("SSL_CERT_FILE", __file__, "The trusted certificates cannot be read", "SSL_CERT_FILE"),
    ],
)
@pytest.mark.parametrize("transport", [None, httpx.MockTransport(lambda request: httpx.Response(200))])
def test_proxies_and_certificates_that_cannot_be_used_are_told_without_credentials(
    monkeypatch: pytest.MonkeyPatch,
    transport: httpx.MockTransport | None,
    variable: str,
    value: str,
    message: str,
    look_at: str,
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(UsageError, match=message) as caught:
        RunApi(BASE_URL, SecretStr(KEY), transport=transport, now=lambda: NOW)

    assert look_at in caught.value.hint
    assert "ida" not in caught.value.message
    assert "hu" not in caught.value.message


# What is answered


@pytest.mark.parametrize("status", [200, 201, 202])
def test_every_kind_of_success_is_a_created_task(status: int) -> None:
    task, _ = run(create, Server(answer(status, {"task_id": "t-9"}, X_Request_Id="r")))

    assert task == Task("t-9", "pending", request_id="r")


def test_a_cost_is_read_without_rounding() -> None:
    body = '{"id": "t", "status": "completed", "videos": [{"url": "http://h/v"}], "usage": {"cost": 1.1949995}}'

    task, _ = run(poll, Server(httpx.Response(200, text=body)))

    assert task.cost_micro_usd == 1_195_000


def test_a_poll_without_status_is_unintelligible() -> None:
    with pytest.raises(UnintelligibleAnswerError, match="it has no status"):
        run(poll, Server(answer(200, {"id": "t-1"})))


@pytest.mark.parametrize(
    ("body", "found"),
    [("<html>", "answered HTML, not JSON"), ("{", "answered broken JSON"), ("", "answered nothing")],
)
def test_a_success_that_is_never_json_is_unintelligible_in_the_end(body: str, found: str) -> None:
    api = Server(httpx.Response(200, text=body))

    with pytest.raises(UnintelligibleAnswerError, match=found):
        run(create, api)

    assert len(api.requests) == 4


@pytest.mark.parametrize("body", ['{"id": "t", "x": 1e99999999999999999999}', "[" * 100_000 + "]" * 100_000])
def test_json_beyond_what_can_be_read_is_unintelligible(body: str) -> None:
    with pytest.raises(UnintelligibleAnswerError, match="broken JSON"):
        run(poll, Server(httpx.Response(200, text=body)))


def test_an_encoding_that_cannot_be_undone_is_unintelligible() -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(b"not gzip"))

    async def main() -> None:
        transport = httpx.MockTransport(broken)
        async with RunApi(BASE_URL, SecretStr(KEY), transport=transport, attempts=1, now=lambda: NOW) as client:
            await poll(client)

    with pytest.raises(UnintelligibleAnswerError, match="a compression that cannot be undone") as caught:
        anyio.run(main)

    assert caught.value.is_garbled


def test_an_echoed_key_does_not_reach_the_task() -> None:
    failed = {"id": "t-1", "status": "failed", "error": f"your key {KEY} is odd"}

    task, _ = run(poll, Server(answer(200, failed, X_Request_Id=KEY)))

    assert task == Task("t-1", "failed", error="your key [API key] is odd", request_id=KEY)


def test_the_name_of_an_account_does_not_show_the_key() -> None:
    api = Server(answer(200, {"id": 1, "name": f"Ida {KEY}", "account": {"id": 2}}))

    account, _ = run(lambda client: client.me(), api)

    assert account.name == "Ida [API key]"


@pytest.mark.parametrize("key", ["1", "x", "t", "http", KEY])
def test_no_key_can_corrupt_an_id_or_an_address(key: str) -> None:
    url = f"https://h/x1/{key}/clip.mp4"
    api = Server(answer(200, {"id": f"x1-{key}", "status": "completed", "videos": [{"url": url}]}))

    async def main() -> Task:
        async with RunApi(BASE_URL, SecretStr(key), transport=httpx.MockTransport(api), now=lambda: NOW) as client:
            return await poll(client)

    assert anyio.run(main) == Task(f"x1-{key}", "completed", (url,))


def test_me_is_the_account() -> None:
    api = Server(answer(200, {"id": 1, "name": "Ida", "email": "i@x", "account": {"id": 2, "name": "Studio"}}))

    account, _ = run(lambda client: client.me(), api)

    assert account == Account("1", "2", "Ida", "i@x", "Studio")
    assert api.requests[0].url.path == "/api/v1/me"


def test_the_balance_is_the_accounts_money() -> None:
    names = ("balance_cents", "paid_balance_cents", "bonus_balance_cents", "spent_cents_today", "spent_cents_total")
    api = Server(answer(200, dict.fromkeys(names, 5)))

    balance, _ = run(lambda client: client.balance(), api)

    assert balance == Balance(5, 5, 5, 5, 5)
    assert api.requests[0].url.path == "/api/v1/me/balance"


# What is repeated


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_create_that_fails_in_passing_is_repeated_unchanged(status: int) -> None:
    api = Server(answer(status), httpx.ReadTimeout("slow"), answer(201))

    task, _ = run(create, api)

    assert task.id == "t-1"
    assert [(each.content, each.headers["Idempotency-Key"]) for each in api.requests] == [
        (b'{"model" : "kling-3.0"}', "k-1")
    ] * 3


def test_pauses_double_from_half_a_second_with_jitter() -> None:
    jitter = Random(7)  # noqa: S311 - the client's own jitter
    expected = sum(pause * jitter.uniform(1.0, 1.5) for pause in (0.5, 1.0, 2.0))

    _, seconds = run(poll, Server(*[answer(500)] * 3, answer()))

    assert seconds == pytest.approx(expected)


def test_no_pause_is_longer_than_eight_seconds() -> None:
    seconds = waited_until_failure(ServerError, Server(answer(500)), match="The server failed", attempts=11)

    assert 40 + 7.5 <= seconds <= 48 + 11.25


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [("3", 3.0), ("0", 0.0), ("Sat, 01 Aug 2026 12:00:45 GMT", 45.0), ("86400", 120.0)],
)
def test_a_failed_server_says_how_long_to_wait_up_to_two_minutes(retry_after: str, seconds: float) -> None:
    _, waited = run(poll, Server(answer(503, Retry_After=retry_after), answer()))

    assert waited == pytest.approx(seconds)


def test_a_lost_connection_is_unreachable_after_all_attempts() -> None:
    api = Server(httpx.ReadError("reset"))

    with pytest.raises(UnreachableError, match=r"^No answer from https://runapi\.test \(reset\)$"):
        run(poll, api)

    assert len(api.requests) == 4


@pytest.mark.parametrize(
    ("first", "after_unknown"),
    [
        (httpx.ConnectError("refused"), False),
        (httpx.ConnectTimeout(""), False),
        (httpx.PoolTimeout(""), False),
        (answer(429), False),
        (httpx.ReadTimeout(""), True),
        (answer(500), True),
    ],
)
def test_a_refusal_tells_whether_an_earlier_try_may_have_arrived(
    first: httpx.Response | httpx.TransportError, after_unknown: bool
) -> None:
    with pytest.raises(RequestRefusedError, match="no") as caught:
        run(create, Server(first, answer(400, {"error": "no"})))

    assert caught.value.after_unknown is after_unknown


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, RequestRefusedError),
        (401, AuthenticationError),
        (402, InsufficientCreditsError),
        (403, AuthenticationError),
        (404, RequestRefusedError),
        (409, ConflictError),
        (422, RequestRefusedError),
    ],
)
def test_a_refusal_is_not_repeated(status: int, error: type[Exception]) -> None:
    api = Server(answer(status, {"error": "no"}))

    with pytest.raises(error, match=rf"\({status}\): no"):
        run(create, api)

    assert len(api.requests) == 1


def test_a_cancelled_request_is_not_repeated() -> None:
    api = Server(answer(500, Retry_After="100"))

    async def scenario(client: RunApi) -> bool:
        with anyio.move_on_after(30) as scope:
            await poll(client)
        return scope.cancelled_caught

    cancelled, seconds = run(scenario, api)

    assert cancelled
    assert len(api.requests) == 1
    assert seconds == pytest.approx(30.0)


def test_on_a_closed_port_the_operating_systems_words_are_told() -> None:
    async def main() -> None:
        async with RunApi("http://127.0.0.1:9", SecretStr(KEY), attempts=1, now=lambda: NOW) as client:
            await client.me()

    for backend in ("asyncio", "trio"):
        with pytest.raises(UnreachableError, match=r"^No connection to http://127\.0\.0\.1:9 \(connection refused\)$"):
            anyio.run(main, backend=backend)


# Where the key goes


def test_a_redirect_of_the_api_is_not_followed() -> None:
    api = Server(answer(307, Location="https://evil.test/api"))

    with pytest.raises(UnintelligibleAnswerError, match=r"a redirect to evil\.test, which is not followed") as caught:
        run(create, api)

    assert [each.url.host for each in api.requests] == ["runapi.test"]
    assert caught.value.hint == "Check RUNAPI_BASE_URL."


def test_a_download_carries_no_key_even_across_redirects(tmp_path: Path) -> None:
    clips = Server(
        httpx.Response(302, headers={"Location": f"{BASE_URL}/files/clip.mp4"}), httpx.Response(200, content=b"mp4")
    )

    run(into(tmp_path / "clip.part"), clips=clips)

    assert [each.url.host for each in clips.requests] == ["media.test", "runapi.test"]
    assert not any(KEY in str(each.headers.raw) or "Authorization" in each.headers for each in clips.requests)


def test_a_client_never_shows_its_key() -> None:
    client = RunApi(BASE_URL, SecretStr(KEY), now=lambda: NOW)

    headers = [each.headers for each in client._api.clients.all]
    assert KEY not in f"{client!r}{vars(client)!r}{headers!r}"


# Downloads are repeated as well


def test_a_download_that_breaks_off_starts_again(tmp_path: Path) -> None:
    clips = Server(httpx.ReadError("reset"), answer(503, Retry_After="5"), httpx.Response(200, content=b"mp4"))

    _, seconds = run(into(tmp_path / "clip.part"), clips=clips)

    assert (tmp_path / "clip.part").read_bytes() == b"mp4"
    assert 5.5 <= seconds <= 5.75


def test_a_download_that_was_refused_is_not_repeated(tmp_path: Path) -> None:
    clips = Server(httpx.Response(403))

    with pytest.raises(DownloadError, match=r"^https://media\.test/clip\.mp4 answered 403$"):
        run(into(tmp_path / "clip.part"), clips=clips)

    assert len(clips.requests) == 1


# As others use it


@respx.mock
def test_it_works_on_asyncio_and_with_respx() -> None:
    respx.get(f"{BASE_URL}/api/v1/kling/text_to_video/t-1").respond(json=PENDING)

    async def main() -> Task:
        async with RunApi(BASE_URL, SecretStr(KEY), now=lambda: NOW) as client:
            return await poll(client)

    assert anyio.run(main) == Task("t-1", "pending")
