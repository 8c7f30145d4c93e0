"""The conformance suite: every answer that the description promises, met at every door; and equal counts of cases.

All tests with the fixtures `visitor` or `door` belong to it. `pytest tests/mock_server` prints how many there are.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from kling_render.catalog import bundled_catalog
from mock_server.core.openapi import document

from . import visitors
from .exchanges import EXCHANGES
from .visitors import Visitor

DOCUMENT = document(bundled_catalog())
OPERATIONS = {operation["operationId"]: operation for item in DOCUMENT["paths"].values() for operation in item.values()}
PROMISED = [(name, status) for name, operation in OPERATIONS.items() for status in operation["responses"]]
OF_EVERY_HTTP_SERVER = {"content-type", "content-length", "connection", "server", "date", "transfer-encoding"}


def promised(name: str, status: str) -> dict[str, Any]:
    answer: dict[str, Any] = OPERATIONS[name]["responses"][status]
    reference = answer.get("$ref")
    return DOCUMENT["components"]["responses"][reference.rpartition("/")[2]] if reference else answer


def matches(shown: str, status: int) -> bool:
    return str(status) == shown or (shown == "5XX" and 500 <= status <= 599)


@pytest.mark.parametrize(("name", "status"), PROMISED, ids=[f"{name}-{status}" for name, status in PROMISED])
def test_answer_is_as_described(visitor: Visitor, name: str, status: str) -> None:
    response = EXCHANGES[name, status](visitor)
    assert matches(status, response.status_code), response.text[:500]
    answer = promised(name, status)
    assert_headers(answer, response)
    assert_content(answer, response)


def assert_headers(answer: dict[str, Any], response: httpx.Response) -> None:
    described = {header.lower() for header in answer["headers"]}
    assert set(response.headers) - OF_EVERY_HTTP_SERVER <= described
    assert "x-request-id" in response.headers


def assert_content(answer: dict[str, Any], response: httpx.Response) -> None:
    content = answer.get("content", {})
    if not content:
        assert response.content == b""
        return
    ((media_type, shown),) = content.items()
    assert media_type in ("*/*", response.headers["content-type"])
    if "schema" in shown:
        schema = {**shown["schema"], "components": DOCUMENT["components"]}
        assert [error.message for error in Draft202012Validator(schema).iter_errors(response.json())] == []


def test_exchanges_are_those_that_are_promised() -> None:
    assert sorted(EXCHANGES) == sorted(PROMISED)


def test_every_door_has_the_same_count_of_cases(request: pytest.FixtureRequest) -> None:
    counts = visitors.cases_per_door(request.session.items)
    if set(counts) < set(visitors.DOORS):
        pytest.skip("not all doors were asked for")
    assert counts == dict.fromkeys(visitors.DOORS, counts["http"])
    assert counts["http"] >= len(PROMISED)


def test_counts_are_told_by_door(request: pytest.FixtureRequest) -> None:
    counts = Counter({"http": 2, "respx": 2})
    assert visitors.told(counts) == "conformance: 2 cases at each of http, respx"
    assert visitors.told(Counter({"http": 2, "respx": 1})) == "conformance: http 2, respx 1"
