"""RunAPI's own SDK, unmodified and over HTTP: the mock's envelopes raise the errors that they should."""

from __future__ import annotations

from collections.abc import Iterator
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

from mock_server import Config, Simulator, running_server
from mock_server.core import ids
from mock_server.doors.server import RunningServer

A_REQUEST: dict[str, Any] = {"model": "kling-3.0", "prompt": "A ferry at dawn"}
KEYED = RequestOptions(headers={"Idempotency-Key": "take-1"})
SPEED = 100_000.0
"""Tasks end within two milliseconds."""


@pytest.fixture
def running() -> Iterator[RunningServer]:
    with running_server(Config(api_keys=("key-1",), balance_micro_usd=3_000_000), speed=SPEED) as running:
        yield running


@pytest.fixture
def simulator(running: RunningServer) -> Simulator:
    return running.simulator


@pytest.fixture
def client(running: RunningServer) -> Iterator[Any]:
    yield from an_sdk(running, max_retries=0)


@pytest.fixture
def patient(running: RunningServer) -> Iterator[Any]:
    """A client that repeats once, at once."""
    yield from an_sdk(running, max_retries=1, retry_base_delay=0.0)


def an_sdk(running: RunningServer, **options: Any) -> Iterator[Any]:
    client = KlingClient(api_key="key-1", base_url=running.url, **options)
    yield client
    client._http.close()


def spent_or_reserved_cents(client: Any) -> int:
    return 300 - int(client.account.balance().balance_cents)


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, ValidationError, "bad_request"),
        (401, AuthenticationError, "unauthorized"),
        (402, InsufficientCreditsError, "insufficient_credits"),
        (404, NotFoundError, "not_found"),
        (409, ConflictError, "idempotency_conflict"),
        (422, ValidationError, "validation_failed"),
        (429, RateLimitError, "rate_limited"),
        (500, ServerError, "internal_error"),
        (502, ServerError, "bad_gateway"),
        (503, ServiceUnavailableError, "service_unavailable"),
        (504, ServerError, "gateway_timeout"),
    ],
)
def test_sdk_reads_class_code_message_and_request_id_of_a_refusal(
    client: Any, simulator: Simulator, status: int, kind: type[Exception], code: str
) -> None:
    simulator.refuse_next(status)
    with pytest.raises(kind, match=f"told to answer {status}") as caught:
        client.text_to_video.create(**A_REQUEST)
    error: Any = caught.value
    assert (error.status, error.code, error.request_id) == (status, code, ids.request_id(0, 1))


def test_sdk_reads_how_long_to_wait_of_a_rate_limit(client: Any, simulator: Simulator) -> None:
    simulator.refuse_next(429, retry_after=7 * SPEED)
    with pytest.raises(RateLimitError, match="told to answer 429") as caught:
        client.text_to_video.create(**A_REQUEST)
    assert caught.value.retry_after == 7.0


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_sdk_repeats_a_create_under_its_key_and_is_charged_once(
    patient: Any, simulator: Simulator, status: int
) -> None:
    simulator.refuse_next(status)
    task = patient.text_to_video.create(options=KEYED, **A_REQUEST)
    again = patient.text_to_video.create(options=KEYED, **A_REQUEST)
    assert (again.id, len(simulator.tasks)) == (task.id, 1)
    assert spent_or_reserved_cents(patient) == 70


def test_sdk_does_not_repeat_a_create_without_a_key(patient: Any, simulator: Simulator) -> None:
    simulator.refuse_next(503)
    with pytest.raises(ServiceUnavailableError, match="told to answer 503"):
        patient.text_to_video.create(**A_REQUEST)
    assert simulator.tasks == ()


def test_sdk_gets_the_same_task_for_the_same_key(client: Any) -> None:
    first = client.text_to_video.create(options=KEYED, **A_REQUEST)
    assert client.text_to_video.create(options=KEYED, **A_REQUEST).id == first.id
    assert spent_or_reserved_cents(client) == 70


def test_sdk_sees_a_failed_task_with_its_reason(client: Any, simulator: Simulator) -> None:
    simulator.fail_next("moderated")
    with pytest.raises(TaskFailedError, match="moderated"):
        client.text_to_video.run(**A_REQUEST)
    assert spent_or_reserved_cents(client) == 0


@pytest.mark.parametrize("action", ["image_to_video", "motion_control", "ai_avatar", "extend_video", "edit_video"])
def test_sdk_sees_a_task_under_another_action_as_not_found(client: Any, action: str) -> None:
    task = client.text_to_video.create(**A_REQUEST)
    with pytest.raises(NotFoundError, match="no task"):
        getattr(client, action).get(task.id)


def test_sdk_sees_what_is_missing_as_validation_error_with_its_field(client: Any) -> None:
    with pytest.raises(ValidationError, match="first_frame_image_url") as caught:
        client.image_to_video.create(**A_REQUEST)
    assert caught.value.details["error"]["field"] == "first_frame_image_url"


def test_every_error_of_the_sdk_is_one_of_its_tree(client: Any, simulator: Simulator) -> None:
    simulator.refuse_next(418, endpoint="me")
    with pytest.raises(Error, match="told to answer 418") as caught:
        client.account.info()
    assert type(caught.value) is Error
