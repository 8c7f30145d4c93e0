"""What is repeated after which failure, and what the error says of the attempts before it. All on virtual time."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from random import Random
from typing import TypeVar

import anyio
import httpx
import pytest
from pydantic import SecretStr
from trio.testing import MockClock

from kling_render.errors import (
    ApiError,
    ConflictError,
    ModerationError,
    RateLimitError,
    RequestRefusedError,
    ServerError,
    UnintelligibleAnswerError,
    UnreachableError,
)
from kling_render.runapi import RunApi, Task

NOW = datetime(2026, 8, 1, 12, 0, tzinfo=UTC)
PENDING = json.dumps({"id": "t-1", "status": "pending"})
Result = TypeVar("Result")
Answer = httpx.Response | httpx.TransportError
GARBLED = {
    "HTML": {"html": "<html><title>Oops</title></html>"},
    "broken": {"text": PENDING[:-3]},
    "twice": {"text": PENDING * 2},
    "empty": {"text": ""},
    "other type": {"content": b"\xff\xfe\x00", "headers": {"Content-Type": "image/png"}},
}
garbled = pytest.mark.parametrize("body", GARBLED.values(), ids=GARBLED.keys())


def answer(status: int, payload: object = None, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, json=payload, headers=named)


class Server:
    """Plays a list of answers, then says that the task is pending."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if self.answers else httpx.Response(200, text=PENDING)
        if isinstance(answer, httpx.TransportError):
            raise answer
        return answer


def run(scenario: Callable[[RunApi], Awaitable[Result]], server: Server, *, attempts: int = 4) -> Result:
    async def main() -> Result:
        async with RunApi(
            "https://runapi.test",
            SecretStr("rk-live-5ecret"),
            transport=httpx.MockTransport(server),
            download_transport=httpx.MockTransport(server),
            attempts=attempts,
            now=lambda: NOW,
            random=Random(7),  # noqa: S311 - repeatable on purpose
        ) as client:
            return await scenario(client)

    return anyio.run(main, backend="trio", backend_options={"clock": MockClock(autojump_threshold=0)})


async def create(client: RunApi) -> Task:
    return await client.create("text_to_video", b'{"a" : 1}', idempotency_key="k-1", client_request_id="c")


async def poll(client: RunApi) -> Task:
    return await client.task("text_to_video", "t-1")


def failed(server: Server, *, match: str) -> ApiError:
    with pytest.raises(ApiError, match=match) as caught:
        run(create, server)
    return caught.value


# Answers that cannot be read


@garbled
@pytest.mark.parametrize("status", [200, 202])
def test_a_create_whose_answer_is_garbled_is_repeated_unchanged(status: int, body: dict[str, object]) -> None:
    server = Server(httpx.Response(status, **body))  # type: ignore[arg-type]  # html, text or content

    assert run(create, server) == Task("t-1", "pending")
    assert [(each.content, each.headers["Idempotency-Key"]) for each in server.requests] == [(b'{"a" : 1}', "k-1")] * 2


@garbled
def test_a_poll_whose_answer_is_garbled_is_repeated(body: dict[str, object]) -> None:
    assert run(poll, Server(httpx.Response(200, **body))) == Task("t-1", "pending")  # type: ignore[arg-type]  # as above


@pytest.mark.parametrize("payload", [{}, {"status": "pending"}, [], None, {"id": "t-1", "task_id": "t-2"}])
def test_a_create_whose_answer_names_no_task_is_repeated(payload: object) -> None:
    server = Server(answer(200, payload))

    assert run(create, server).id == "t-1"
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "odd", [httpx.Response(200, text="{", headers={"X-RunAPI-Task-Id": "t-9"}), answer(200, {"id": "t-9", "status": 3})]
)
def test_a_create_that_names_its_task_in_an_odd_answer_is_not_repeated(odd: httpx.Response) -> None:
    server = Server(odd)

    assert failed(server, match="answered broken JSON|cannot be read").task_id == "t-9"
    assert len(server.requests) == 1


def test_a_poll_that_makes_no_sense_is_not_repeated() -> None:
    server = Server(answer(200, {"id": "t-1", "status": "completed"}))

    with pytest.raises(UnintelligibleAnswerError, match="has no videos"):
        run(poll, server)

    assert len(server.requests) == 1


def test_garbled_answers_are_an_error_after_all_attempts() -> None:
    server = Server(*[httpx.Response(200, text="{") for _ in range(9)])

    assert isinstance(failed(server, match="answered broken JSON"), UnintelligibleAnswerError)
    assert len(server.requests) == 4


# What an error says of the attempts before it


@pytest.mark.parametrize(
    ("first", "after_unknown"),
    [
        (httpx.Response(200, text="{"), True),
        (answer(200, {}), True),
        (httpx.RemoteProtocolError("cut"), True),
        (answer(524), True),
        (httpx.ConnectError("refused"), False),
        (answer(429, Retry_After="1"), False),
    ],
)
def test_after_an_attempt_that_may_have_arrived_a_refusal_says_so(first: Answer, after_unknown: bool) -> None:
    error = failed(Server(first, answer(422, "no")), match="no")

    assert isinstance(error, RequestRefusedError)
    assert error.after_unknown is after_unknown


def test_a_rate_limit_that_outlasts_patience_knows_of_an_earlier_attempt() -> None:
    error = failed(Server(answer(500), answer(429, Retry_After="9999")), match="outlasted")

    assert isinstance(error, RateLimitError)
    assert (error.after_unknown, error.never_sent) == (True, False)


def test_the_error_itself_is_not_an_earlier_attempt() -> None:
    assert failed(Server(*[answer(400, "no")]), match="no").after_unknown is False


# Classes


@pytest.mark.parametrize("status", [500, 501, 502, 503, 504, 520, 529])
def test_every_5xx_is_repeated_a_few_times(status: int) -> None:
    server = Server(*[answer(status) for _ in range(9)])

    assert isinstance(failed(server, match=rf"\({status}\)"), ServerError)
    assert len(server.requests) == 4


def test_rate_limits_between_failures_leave_all_attempts() -> None:
    busy = [answer(429, Retry_After="1") for _ in range(6)]
    server = Server(answer(500), *busy[:3], httpx.ReadError("cut"), *busy[3:], answer(502))

    assert run(create, server).id == "t-1"


def test_failures_between_rate_limits_are_counted_on() -> None:
    pairs = [each for _ in range(9) for each in (httpx.ReadError("cut"), answer(429, Retry_After="1"))]
    server = Server(*pairs)

    assert isinstance(failed(server, match="No answer from"), UnreachableError)
    assert len(server.requests) == 7


@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        (answer(409, "no"), ConflictError),
        (answer(422, {"error": {"code": "content_moderation", "message": "no"}}), ModerationError),
        (answer(403, {"error": {"code": "nsfw", "message": "no"}}), ModerationError),
    ],
)
def test_a_refusal_is_never_repeated(refusal: httpx.Response, kind: type[ApiError]) -> None:
    server = Server(refusal)

    assert type(failed(server, match="no")) is kind
    assert len(server.requests) == 1
