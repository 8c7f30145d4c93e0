"""The contract, row by row, and that the table leaves nothing out."""

from __future__ import annotations

import pytest

from kling_render.catalog import Finding, bundled_catalog, nothing_known

from .contract_rows import ROWS
from .field_rows import FORBIDDEN, SAMPLES, TAKEN
from .row_builders import EVERY, Row

CATALOG = bundled_catalog()


def judged(row: Row) -> list[Finding]:
    return CATALOG.judge(row.action, row.body, row.media.get if row.media else nothing_known)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_request_gets_the_verdict_of_its_row(row: Row) -> None:
    findings = judged(row)
    errors = [(each.field, each.message) for each in findings if each.severity == "error"]
    warnings = [(each.field, each.message) for each in findings if each.severity == "warning"]
    if row.verdict == "accepted":
        assert findings == []
    elif row.verdict == "warned":
        assert (errors, (row.field, row.message) in warnings) == ([], True), warnings
    else:
        assert errors[:1] == [(row.field, row.message)]


def test_what_only_other_vendors_say_warns_and_never_refuses() -> None:
    said = [each for row in ROWS for each in judged(row)]
    assert {each.severity for each in said if each.source == "field"} == {"warning"}


def test_models_of_the_table_are_those_of_the_catalog() -> None:
    assert {(model.action, model.name) for model in CATALOG.contract.models} == set(EVERY)


@pytest.mark.parametrize(("action", "model"), EVERY)
def test_fields_of_the_table_are_those_of_the_catalog(action: str, model: str) -> None:
    spec = CATALOG.model(action, model)
    assert spec is not None
    assert set(spec.fields) == set(TAKEN[action, model].split())
    assert set(spec.forbidden) == set(FORBIDDEN.get((action, model), "").split())


def test_every_field_of_the_catalog_has_a_sample() -> None:
    assert set(CATALOG.fields) - {"model", "callback_url"} <= set(SAMPLES)


@pytest.mark.parametrize("verdict", ["accepted", "refused"])
def test_every_model_has_rows_of_each_verdict(verdict: str) -> None:
    assert {(row.action, row.model) for row in ROWS if row.verdict == verdict} >= set(EVERY)


@pytest.mark.parametrize(("action", "model"), EVERY)
def test_every_rule_refuses_or_warns_about_a_row(action: str, model: str) -> None:
    spec = CATALOG.model(action, model)
    assert spec is not None
    said = [row.message for row in ROWS if (row.action, row.model) == (action, model)]
    assert [rule.why for rule in spec.rules if not any(rule.why in message for message in said)] == []


@pytest.mark.parametrize(("action", "model"), FORBIDDEN)
def test_every_forbidden_field_is_refused_alone_and_as_false(action: str, model: str) -> None:
    refused = {
        (row.field, row.body.get(row.field) is False)
        for row in ROWS
        if (row.action, row.model) == (action, model) and "is not allowed for" in row.message
    }
    assert refused == {(name, off) for name in FORBIDDEN[action, model].split() for off in (True, False)}


def test_every_field_of_every_model_is_refused_for_some_value() -> None:
    refused = {(row.action, row.model, row.field.split(".")[0].split("[")[0]) for row in ROWS if row.field}
    wanted = {(*each, name) for each in EVERY for name in TAKEN[each].split() if name != "model"}
    free = {(action, model, "prompt") for action, model in EVERY if action in ("extend_video", "motion_control")}
    assert wanted - refused <= free
