"""Requests that schemathesis makes up from the description: no 5xx, and no answer that is not described."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi import checks

from kling_render.catalog import bundled_catalog
from mock_server import Config, running_server
from mock_server.core.openapi import document

KEY = {"Authorization": "Bearer key-1"}
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.ignored_auth,
    checks.unsupported_method,
]
OPERATIONS = [(path, method) for path, item in document(bundled_catalog())["paths"].items() for method in item]
BOUNDED = settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def described() -> Iterator[BaseSchema]:
    """The description as the HTTP door serves it."""
    with running_server(Config(api_keys=("key-1",), balance_micro_usd=10**15), speed=50_000) as server:
        yield schemathesis.openapi.from_url(f"{server.url}/openapi.json")


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_answer_is_described(described: BaseSchema, path: str, method: str, mode: GenerationMode) -> None:
    @BOUNDED
    @given(case=described[path][method].as_strategy(mode))
    def ask(case: Case[Any]) -> None:
        case.call_and_validate(headers=KEY, checks=CHECKS)

    ask()


def test_every_answer_on_the_way_from_task_to_task_is_described(described: BaseSchema) -> None:
    class Walk(described.as_state_machine()):  # type: ignore[misc]  # made at run time
        def get_call_kwargs(self, case: Case[Any]) -> dict[str, Any]:
            return {"headers": KEY}

        def validate_response(self, response: Any, case: Case[Any], **_: Any) -> None:
            met[response.status_code] += 1
            case.validate_response(response, checks=CHECKS)

    met: Counter[int] = Counter()
    Walk.run(settings=settings(BOUNDED, stateful_step_count=6))
    assert met[200] > 0
