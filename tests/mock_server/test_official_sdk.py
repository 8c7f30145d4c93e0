"""RunAPI's own SDK, unmodified and over HTTP: the independent witness that the mock reads the contract right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from runapi.core import ConflictError, RequestOptions
from runapi.kling import (
    AuthenticationError,
    InsufficientCreditsError,
    KlingClient,
    NotFoundError,
    ValidationError,
)

from mock_server import Config, media, running_server

CONFIG = Config(api_keys=("key-1", "key-2"), balance_micro_usd=3_000_000)
SPEED = 50_000  # a clip takes 2 ms at most, its URL lives 12 s
A_REQUEST: dict[str, Any] = {"model": "kling-3.0", "prompt": "A ferry at dawn", "duration_seconds": 5}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running_server(CONFIG, speed=SPEED) as server:
        yield server.url


@pytest.fixture
def client(url: str) -> Iterator[Any]:
    yield from _open(KlingClient(api_key="key-1", base_url=url, max_retries=0))


def _open(client: Any) -> Iterator[Any]:
    yield client
    client._http.close()


def test_sdk_runs_a_task_to_its_download(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "encode", lambda spec: b"clip")
    result = client.text_to_video.run(**A_REQUEST)
    assert (result.status, result.usage.cost) == ("completed", 0.7)
    with httpx.Client(trust_env=False) as downloads:
        assert downloads.get(result.videos[0].url).content == b"clip"


def test_sdk_reads_account_and_balance(client: Any) -> None:
    assert client.account.info().account.id > 0
    assert client.account.balance().balance_cents <= 300


def test_sdk_reads_schedules_and_quotes(client: Any) -> None:
    schedules = client.pricing.list_schedules(service="kling", action="text_to_video", model="kling-3.0")
    assert [each.unit_price_cents for each in schedules.price_schedules] == [67]
    quote = client.pricing.create_quote("kling", "text_to_video", "kling-3.0", {"duration_seconds": 10})
    assert quote.price_quote.reservation_amount_cents == 140


def test_sdk_sees_401_as_authentication_error(url: str) -> None:
    for client in _open(KlingClient(api_key="wrong", base_url=url)):
        with pytest.raises(AuthenticationError, match="this API key is not valid"):
            client.text_to_video.create(**A_REQUEST)


def test_sdk_sees_402_as_insufficient_credits_error(client: Any) -> None:
    with pytest.raises(InsufficientCreditsError, match=r"this task costs \$10\.05"):
        client.text_to_video.create(**{**A_REQUEST, "duration_seconds": 15, "output_resolution": "4k"})


def test_sdk_sees_404_as_not_found_error(client: Any) -> None:
    with pytest.raises(NotFoundError, match="no task 0000 in this account"):
        client.text_to_video.get("0000")


def test_sdk_sees_409_as_conflict_error_with_the_task_id(url: str) -> None:
    options = RequestOptions(headers={"Idempotency-Key": "take-1"})
    for client in _open(KlingClient(api_key="key-2", base_url=url)):
        task = client.text_to_video.create(options=options, **A_REQUEST)
        with pytest.raises(ConflictError, match="used with another input") as caught:
            client.text_to_video.create(options=options, **{**A_REQUEST, "duration_seconds": 6})
        assert caught.value.runapi_task_id == task.id


def test_sdk_sees_422_as_validation_error(client: Any) -> None:
    with pytest.raises(ValidationError, match="duration_seconds = 99 must be from 3 to 15 s") as caught:
        client.text_to_video.create(**{**A_REQUEST, "duration_seconds": 99})
    assert (caught.value.status, caught.value.code) == (422, "validation_failed")


def test_sdk_follows_the_task_result_resource(client: Any) -> None:
    task = client.text_to_video.create(**A_REQUEST)
    result = client.text_to_video.subscribe(f"/api/v1/tasks/{task.id}", initial_delay=0.01)
    assert result.videos[0].url.endswith(httpx.URL(result.videos[0].url).query.decode())
