"""The contract over HTTP: the mock accepts and refuses what the catalog does, in the same words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from mock_server import Config, running_server
from mock_server.doors.server import RunningServer

from ..catalog.contract_rows import ROWS
from ..catalog.row_builders import EXTEND, SOURCE_TASK, TURBO_25, Row, a_body

CONFIG = Config(balance_micro_usd=10**15)
SPEED = 50_000  # a clip takes 2 ms at most


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with running_server(CONFIG, speed=SPEED) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: RunningServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, trust_env=False, headers={"authorization": "Bearer key-1"}) as opened:
        yield opened


@pytest.fixture(scope="module")
def completed(client: httpx.Client) -> dict[str, str]:
    """A completed task of each model that can be extended."""
    actions = zip(TURBO_25, ("text_to_video", "image_to_video"), strict=True)
    return {model: a_completed_task(client, action, model) for model, action in actions}


def a_completed_task(client: httpx.Client, action: str, model: str) -> str:
    task = client.post(f"/api/v1/kling/{action}", json=a_body(action, model)).json()
    while task["status"] != "completed":
        task = client.get(f"/api/v1/kling/{task['id']}").json()
    return str(task["id"])


def sent(row: Row, server: RunningServer, completed: dict[str, str], at: int) -> dict[str, Any]:
    """The body of a row with its source task, and with the files that it knows under addresses of its own."""
    body: dict[str, Any] = json.loads(json.dumps(row.body))
    if body.get("source_task_id") == SOURCE_TASK:
        body["source_task_id"] = completed[row.model if row.action == EXTEND else TURBO_25[0]]
    for url, facts in (row.media or {}).items():
        own = f"{url}?row={at}"
        server.simulator.note_media(own, facts)
        body = json.loads(json.dumps(body).replace(json.dumps(url), json.dumps(own)))
    return body


@pytest.mark.parametrize(("at", "row"), [pytest.param(at, row, id=str(row)) for at, row in enumerate(ROWS)])
def test_mock_answers_as_the_row_says(
    server: RunningServer, client: httpx.Client, completed: dict[str, str], at: int, row: Row
) -> None:
    answer = client.post(f"/api/v1/kling/{row.action}", json=sent(row, server, completed, at))
    if row.verdict != "refused":
        assert (answer.status_code, answer.json().get("status")) == (200, "pending"), answer.text
        return
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["field"]) == (422, "validation_failed", row.field)
    assert error["message"] == row.message
