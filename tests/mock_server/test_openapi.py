"""The description of the mocked API: valid, published as it is served, and no stricter or laxer than the catalog."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from kling_render.catalog import bundled_catalog, is_absent, lay_over
from mock_server.core.openapi import document
from mock_server.core.routes import ROUTES

from ..catalog.contract_rows import ROWS
from ..catalog.row_builders import Row
from .conftest import Caller

ROOT = Path(__file__).parents[2]
DOCUMENT = document(bundled_catalog())
BEYOND_A_SCHEMA = re.compile(
    r"[.]0 must be a whole number|shots (of a multi-shot clip )?last|named in the prompt|is the name of|does not name|"
    r"names <<<|must be a public|must end in|file|lasts"
)
"""What no schema says: 5.0 is a whole number there; sums, the words of prompts, hosts and files are beyond it."""


def create_validator(action: str) -> Draft202012Validator:
    body = DOCUMENT["paths"][f"/api/v1/kling/{action}"]["post"]["requestBody"]["content"]["application/json"]
    return Draft202012Validator({**body["schema"], "components": DOCUMENT["components"]})


CREATES = {action: create_validator(action) for action in bundled_catalog().actions}


def as_described(value: Any) -> Any:
    """A request without what counts as not given: at its top, and in its tables."""
    if isinstance(value, dict):
        return {name: as_described(entry) for name, entry in value.items() if not is_absent(entry)}
    return [as_described(entry) for entry in value] if isinstance(value, list) else value


def test_document_is_valid() -> None:
    assert list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors()) == []


def test_published_document_is_the_one_that_is_made() -> None:
    published = json.loads((ROOT / "docs/openapi.json").read_text("utf-8"))
    assert published == DOCUMENT, "write it anew: python -m mock_server.openapi_file docs/openapi.json"


def test_document_is_served_without_a_key(caller: Caller) -> None:
    answer = caller.send("GET", "/openapi.json", key=None)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json == DOCUMENT


def test_simulator_with_a_catalog_of_its_own_describes_that() -> None:
    own = {"action": "text_to_video", "name": "kling 4/beta", "like": "kling-3.0"}
    caller = Caller(catalog=lay_over(bundled_catalog(), {"models": [own]}, "own"))
    served = caller.send("GET", "/openapi.json").json
    assert served["components"]["schemas"]["text_to_video.kling_4_beta"]["properties"]["model"] == {
        "const": "kling 4/beta"
    }
    assert list(OpenAPIV31SpecValidator(served).iter_errors()) == []


def test_every_route_is_described_and_nothing_else() -> None:
    described = {(method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in item}
    routes = {(route.method, route.pattern) for route in ROUTES if route.name != "create"}
    assert described == routes | {("POST", f"/api/v1/kling/{action}") for action in bundled_catalog().actions}


def test_every_answer_has_a_schema_or_is_a_file() -> None:
    files = {"clip", "upload", "openapi"}
    for item in DOCUMENT["paths"].values():
        for operation in item.values():
            for status, answer in operation["responses"].items():
                shown = resolved(answer)
                assert "X-Request-Id" in shown["headers"], (operation["operationId"], status)
                for media in shown.get("content", {}).values():
                    assert "schema" in media or operation["operationId"] in files


def resolved(part: Any) -> Any:
    while "$ref" in part:
        name = part["$ref"].removeprefix("#/components/").split("/")
        part = DOCUMENT["components"][name[0]][name[1]]
    return part


@pytest.mark.parametrize("row", [row for row in ROWS if row.verdict != "refused"], ids=str)
def test_request_that_the_contract_accepts_is_described(row: Row) -> None:
    errors = [error.message for error in CREATES[row.action].iter_errors(as_described(row.body))]
    assert errors == []


def test_request_that_the_contract_refuses_is_not_described_where_a_schema_can_say_so() -> None:
    refused = [row for row in ROWS if row.verdict == "refused"]
    described = [row.message for row in refused if CREATES[row.action].is_valid(as_described(row.body))]
    assert [message for message in described if not BEYOND_A_SCHEMA.search(message)] == []
    assert len(described) < len(refused) / 4


WORDS = st.sampled_from(["", "x", "16:9", "720p", "pro", "std", "custom", "automatic", "https://media.example/a.png"])
VALUES = WORDS | st.booleans() | st.none() | st.integers(-1, 16) | st.just(0.5) | st.lists(WORDS, max_size=3)
ACCEPTED = [row for row in ROWS if row.verdict == "accepted" and row.media is None]


@given(
    row=st.sampled_from(ACCEPTED), changes=st.dictionaries(st.sampled_from(sorted(bundled_catalog().fields)), VALUES)
)
def test_whatever_the_simulator_accepts_is_described(row: Row, changes: dict[str, Any]) -> None:
    changed = {**copy.deepcopy(dict(row.body)), **changes, "model": row.body["model"]}
    answer = Caller().send("POST", f"/api/v1/kling/{row.action}", changed)
    if answer.status == 200:
        assert [error.message for error in CREATES[row.action].iter_errors(as_described(changed))] == []
