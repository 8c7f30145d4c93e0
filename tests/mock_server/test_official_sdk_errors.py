"""RunAPI's own SDK, unmodified and over HTTP: the mock's envelopes raise the errors that they should."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from runapi.core import ConflictError, Error, RequestOptions
from runapi.core.errors import ServerError, ServiceUnavailableError, TaskFailedError
from runapi.kling import (
    AuthenticationError,
    InsufficientCreditsError,
    KlingClient,
    NotFoundError,
    RateLimitError,
    ValidationError,
)

from mock_server import Config, running_server
from mock_server.core.messages import Refusal, Request, Response, json_response, refusal_response
from mock_server.doors.server import RunningServer

A_REQUEST: dict[str, Any] = {"model": "kling-3.0", "prompt": "A ferry at dawn"}
KEYED = RequestOptions(headers={"Idempotency-Key": "take-1"})


class Gate:
    """Stands before a server: hands out what it was given, then lets everything pass; keeps what it saw."""

    def __init__(self, running: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.url = running.url
        self.answers: list[Response] = []
        self.requests: list[Request] = []
        self._handle = running.simulator.handle
        monkeypatch.setattr(running.simulator, "handle", self._pass)

    def _pass(self, request: Request, at: datetime) -> Response:
        self.requests.append(request)
        return self.answers.pop(0) if self.answers else self._handle(request, at)

    def refuse(self, status: int, code: str = "refused", **headers: str) -> None:
        """Answer the next request with the mock's own envelope."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append(refusal_response(Refusal(status, code, f"{code} by the test", headers=named)))


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    with running_server(Config(api_keys=("key-1",), balance_micro_usd=3_000_000)) as running:
        yield Gate(running, monkeypatch)


@pytest.fixture
def client(gate: Gate) -> Iterator[Any]:
    yield from an_sdk(gate, max_retries=0)


@pytest.fixture
def patient(gate: Gate) -> Iterator[Any]:
    """A client that repeats once, at once."""
    yield from an_sdk(gate, max_retries=1, retry_base_delay=0.0)


def an_sdk(gate: Gate, **options: Any) -> Iterator[Any]:
    client = KlingClient(api_key="key-1", base_url=gate.url, **options)
    yield client
    client._http.close()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ValidationError),
        (401, AuthenticationError),
        (402, InsufficientCreditsError),
        (404, NotFoundError),
        (409, ConflictError),
        (422, ValidationError),
        (429, RateLimitError),
        (500, ServerError),
        (502, ServerError),
        (503, ServiceUnavailableError),
        (504, ServerError),
    ],
)
def test_sdk_reads_class_code_message_and_request_id_of_a_refusal(
    client: Any, gate: Gate, status: int, kind: type[Exception]
) -> None:
    gate.refuse(status, "a_code", x_request_id="req-7")
    with pytest.raises(kind, match="a_code by the test") as caught:
        client.text_to_video.create(**A_REQUEST)
    error: Any = caught.value
    assert (error.status, error.code, error.request_id) == (status, "a_code", "req-7")


def test_sdk_reads_how_long_to_wait_of_a_rate_limit(client: Any, gate: Gate) -> None:
    gate.refuse(429, "rate_limited", retry_after="7")
    with pytest.raises(RateLimitError, match="rate_limited by the test") as caught:
        client.text_to_video.create(**A_REQUEST)
    assert caught.value.retry_after == 7.0


def test_sdk_reads_a_date_to_wait_for(client: Any, gate: Gate) -> None:
    gate.refuse(429, "rate_limited", retry_after="Fri, 31 Dec 2100 23:59:59 GMT")
    with pytest.raises(RateLimitError, match="rate_limited by the test") as caught:
        client.text_to_video.create(**A_REQUEST)
    assert caught.value.retry_after > 1_000_000


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_sdk_repeats_a_create_under_its_key_and_is_charged_once(patient: Any, gate: Gate, status: int) -> None:
    gate.refuse(status)
    task = patient.text_to_video.create(options=KEYED, **A_REQUEST)
    first, second = gate.requests
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"] == "take-1"
    assert (first.body, task.status) == (second.body, "pending")
    assert patient.account.balance().balance_cents == 300 - 70


def test_sdk_does_not_repeat_a_create_without_a_key(patient: Any, gate: Gate) -> None:
    gate.refuse(503)
    with pytest.raises(ServiceUnavailableError, match="refused by the test"):
        patient.text_to_video.create(**A_REQUEST)
    assert len(gate.requests) == 1


def test_sdk_gets_the_same_task_for_the_same_key(client: Any) -> None:
    first = client.text_to_video.create(options=KEYED, **A_REQUEST)
    assert client.text_to_video.create(options=KEYED, **A_REQUEST).id == first.id
    assert client.account.balance().balance_cents == 300 - 70


def test_sdk_sees_a_failed_task_with_its_reason(client: Any, gate: Gate) -> None:
    task = client.text_to_video.create(**A_REQUEST)
    gate.answers.append(json_response(200, {"id": task.id, "status": "failed", "error": "moderated"}))
    with pytest.raises(TaskFailedError, match="moderated"):
        client.text_to_video._poll_until_complete(lambda: client.text_to_video.get(task.id))


@pytest.mark.parametrize("action", ["image_to_video", "motion_control", "ai_avatar", "extend_video", "edit_video"])
def test_sdk_sees_a_task_under_another_action_as_not_found(client: Any, action: str) -> None:
    task = client.text_to_video.create(**A_REQUEST)
    with pytest.raises(NotFoundError, match="no task"):
        getattr(client, action).get(task.id)


def test_sdk_sees_what_is_missing_as_validation_error_with_its_field(client: Any) -> None:
    with pytest.raises(ValidationError, match="first_frame_image_url") as caught:
        client.image_to_video.create(**A_REQUEST)
    assert caught.value.details["error"]["field"] == "first_frame_image_url"


def test_every_error_of_the_sdk_is_one_of_its_tree(client: Any, gate: Gate) -> None:
    gate.refuse(418)
    with pytest.raises(Error, match="refused by the test") as caught:
        client.account.info()
    assert type(caught.value) is Error
