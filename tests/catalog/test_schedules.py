"""Price schedules of one's own against the models: every combination that a model takes, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from kling_render.catalog import CatalogDataError, bundled_catalog
from kling_render.catalog.combinations import choices, combinations, refusal
from kling_render.catalog.schedules import read_schedules

from .row_builders import IMAGE, MOTION, TEXT

CATALOG = bundled_catalog()
KEYS = ["enable_sound", "output_resolution"]
RATES = {"720p": 1, "1080p": 2, "4k": 3}
WHOLE = {"keys": KEYS, "matrix": {"false": RATES, "true": RATES}}


def a_row(config: Mapping[str, Any], unit: Any = 9, **rest: Any) -> dict[str, Any]:
    return {"action": TEXT, "model": "kling-3.0", "unit_price_cents": unit, "billing_config": config, **rest}


def troubles(*rows: Any) -> list[tuple[str, str]]:
    with pytest.raises(CatalogDataError, match="price_schedules") as caught:
        read_schedules(rows, CATALOG.contract)
    return [(key.removeprefix("price_schedules"), text) for key, text in caught.value.troubles]


def test_whole_matrix_is_read() -> None:
    (schedule,) = read_schedules([a_row(WHOLE)], CATALOG.contract)
    assert len(schedule.rates()) == 6


def test_schedule_that_is_there_twice_is_refused() -> None:
    assert troubles(a_row(WHOLE), a_row({}))[0] == ("[1]", "kling-3.0 (text_to_video) is there twice")


def test_same_model_on_two_actions_has_two_schedules() -> None:
    assert len(read_schedules([a_row({}), a_row({}, action=IMAGE)], CATALOG.contract)) == 2


@pytest.mark.parametrize(
    ("config", "text"),
    [
        (
            {"key": "output_resolution", "overrides": {"720px": 1, "1080p": 2, "4k": 3}},
            '"720px" is no value of output_resolution, which stands at its place for kling-3.0: it has 720p, 1080p, 4k',
        ),
        (
            {"keys": [*reversed(KEYS)], "matrix": {"false": RATES}},
            '"false" is no value of output_resolution, which stands at its place for kling-3.0: it has 720p, 1080p, 4k',
        ),
        (
            {"key": "duration_seconds", "overrides": {"16": 1}},
            '"16" is no value of duration_seconds, which stands at its place for kling-3.0: '
            "it has 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15",
        ),
        (
            {"key": "output_resolution", "overrides": {"720p": 1, "4k": 3}},
            "there is no rate for output_resolution 1080p: write one for every combination that the model takes",
        ),
        (
            {"keys": KEYS, "matrix": {"false": RATES}},
            "there is no rate for enable_sound true, output_resolution 720p and 2 more: "
            "write one for every combination that the model takes",
        ),
        (
            {"keys": KEYS, "matrix": {"false": RATES, "true": 9}},
            "there is no rate for enable_sound true, output_resolution 720p and 2 more: "
            "write one for every combination that the model takes",
        ),
        (
            {"key": "output_resolution"},
            "there is no rate for output_resolution 720p and 2 more: "
            "write one for every combination that the model takes",
        ),
        ({"overrides": RATES}, "its rates depend on nothing: overrides need a key, a matrix needs keys"),
    ],
)
def test_rates_that_do_not_fit_the_model_are_refused(config: Mapping[str, Any], text: str) -> None:
    assert troubles(a_row(config)) == [("[0].billing_config", text)]


@pytest.mark.parametrize(
    ("unit", "text"),
    [(2, "2 is less than the rate of 3"), (None, "is missing: it is the highest rate, 3")],
)
def test_unit_price_below_a_rate_is_refused(unit: Any, text: str) -> None:
    assert troubles(a_row(WHOLE, unit)) == [("[0].unit_price_cents", text)]


def test_rates_of_a_field_whose_values_nobody_lists_need_not_be_complete() -> None:
    row = a_row({"key": "aspect_ratio", "overrides": {"4:3": 5}}, action=IMAGE, model="kling-v2.1-pro")
    (schedule,) = read_schedules([row], CATALOG.contract)
    assert [schedule.rate_cents({"aspect_ratio": each}) for each in ("4:3", "1:1")] == [5, 9]


# Combinations


def test_combination_that_a_rule_refuses_needs_no_rate() -> None:
    model = CATALOG.model(TEXT, "kling-v2.6")
    assert model is not None
    taken = [*combinations(model, ["mode", "enable_sound"])]
    assert taken == [("std", "false"), ("pro", "false"), ("pro", "true")]
    assert refusal(model, {"mode": "std", "enable_sound": "true"}) == "sound needs mode pro"


def test_rule_about_other_fields_refuses_no_combination() -> None:
    model = CATALOG.model("edit_video", "kling-v3-omni-edit")
    assert model is not None
    assert refusal(model, {"aspect_ratio": "1:1"}) == ""


@pytest.mark.parametrize(
    ("action", "field", "expected"),
    [
        (TEXT, "enable_sound", {"false": False, "true": True}),
        (MOTION, "output_resolution", {"720p": "720p", "1080p": "1080p"}),
        (TEXT, "cfg_scale", None),
        (TEXT, "prompt", None),
    ],
)
def test_values_of_a_field_are_listed_where_there_is_a_list(action: str, field: str, expected: Any) -> None:
    model = CATALOG.model(action, "kling-3.0")
    assert model is not None
    assert choices(model.fields[field]) == expected
