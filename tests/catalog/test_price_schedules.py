"""The price interpreter: how a published `billing_config` is read, and which ones are refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from kling_render.catalog import PriceSchedule


def a_schedule(config: Any, unit: Any = 67, **rest: Any) -> PriceSchedule:
    """A schedule as the server sends it: with floats, and with fields that this version does not know."""
    raw = {"action": "text_to_video", "model": "m", "unit_price_cents": unit, "billing_config": config, "region": "hk"}
    return PriceSchedule.model_validate({**raw, **rest})


ONE_KEY = {"key": "output_resolution", "overrides": {"720p": 14, "1080p": 18.5}}
TWO_KEYS = {"keys": ["enable_sound", "output_resolution"], "matrix": {"true": {"720p": 20}, "false": {"720p": 14.25}}}


@pytest.mark.parametrize(("resolution", "rate"), [("720p", "14"), ("1080p", "18.5")])
def test_override_of_one_key_is_the_rate(resolution: str, rate: str) -> None:
    assert a_schedule(ONE_KEY).rate_cents({"output_resolution": resolution}) == Decimal(rate)


@pytest.mark.parametrize("values", [{"output_resolution": "8k"}, {}, {"output_resolution": None}])
def test_value_without_override_costs_the_unit_price(values: dict[str, Any]) -> None:
    assert a_schedule(ONE_KEY).rate_cents(values) == 67


@pytest.mark.parametrize(("sound", "rate"), [(True, "20"), (False, "14.25"), ("true", "20")])
def test_matrix_is_read_key_by_key_with_booleans_as_words(sound: Any, rate: str) -> None:
    values = {"output_resolution": "720p", "enable_sound": sound}
    assert a_schedule(TWO_KEYS).rate_cents(values) == Decimal(rate)


@pytest.mark.parametrize(
    "values",
    [{}, {"enable_sound": True}, {"enable_sound": True, "output_resolution": "8k"}, {"output_resolution": "720p"}],
)
def test_value_outside_the_matrix_costs_the_unit_price(values: dict[str, Any]) -> None:
    assert a_schedule(TWO_KEYS).rate_cents(values) == 67


@pytest.mark.parametrize(
    "config",
    [{}, {"key": "mode"}, {"key": "mode", "overrides": None}, {"keys": ["mode"]}, {"keys": ["mode"], "matrix": 5}],
)
def test_incomplete_billing_config_costs_the_unit_price_at_most(config: dict[str, Any]) -> None:
    assert a_schedule(config, unit=5).rate_cents({"mode": "std"}) == 5


def test_schedule_without_unit_price_has_no_rate() -> None:
    assert a_schedule(ONE_KEY, unit=None).rate_cents({"output_resolution": "720p"}) is None


def test_rate_of_zero_is_none() -> None:
    schedule = a_schedule({"key": "mode", "overrides": {"std": 0, "pro": 5}})
    assert schedule.rate_cents({"mode": "std"}) is None
    assert schedule.rate_cents({"mode": "pro"}) == 5
    assert schedule.rates() == {("pro",): Decimal(5)}


@pytest.mark.parametrize(
    "facts",
    [{"unit": 0}, {"unit": 0.0}, *({"pricing_status": word} for word in ("unpublished", "draft", "Coming soon"))],
)
def test_price_of_zero_or_that_is_not_published_is_unknown(facts: dict[str, Any]) -> None:
    for config in ({}, ONE_KEY, TWO_KEYS):
        schedule = a_schedule(config, **facts)
        assert (schedule.rate_cents({"output_resolution": "720p"}), schedule.rates()) == (None, {})


@pytest.mark.parametrize("status", ["published", "Published", "PUBLISHED ", "", None])
def test_price_that_is_published_whatever_its_spelling_is_known(status: str | None) -> None:
    assert a_schedule({}, pricing_status=status).rate_cents({}) == 67


@pytest.mark.parametrize("strategy", ["per_unit", "per_second", "Per_Second", "seconds", "", None])
def test_strategy_by_the_second_is_read(strategy: str | None) -> None:
    assert a_schedule({}, billing_strategy=strategy).rate_cents({}) == 67


@pytest.mark.parametrize("strategy", ["fixed", "flat", "per_token", "tiered"])
def test_price_by_another_strategy_is_unknown(strategy: str) -> None:
    schedule = a_schedule({}, billing_strategy=strategy)
    assert (schedule.rate_cents({}), schedule.rates()) == (None, {})
    assert schedule.obstacle == f"priced by the strategy {strategy}"


@pytest.mark.parametrize(
    "config",
    [
        {**TWO_KEYS, "matrix": {"false": 9, "true": {"720p": 20}}},
        {**TWO_KEYS, "matrix": {"false": 9}},
        {**TWO_KEYS, "matrix": {"false": {"720p": {"std": 9}}}},
        {**TWO_KEYS, "matrix": 9},
    ],
)
def test_rate_that_is_nested_otherwise_than_its_keys_is_that_of_nothing(config: dict[str, Any]) -> None:
    schedule = a_schedule(config)
    assert schedule.rate_cents({"enable_sound": False, "output_resolution": "720p"}) == 67
    assert 9 not in schedule.rates().values()
    assert all(len(values) == len(schedule.keys) for values in schedule.rates())


def test_float_from_the_wire_keeps_its_decimal_digits() -> None:
    assert a_schedule({}, unit=119.1).rate_cents({}) == Decimal("119.1")


@pytest.mark.parametrize(
    ("config", "values", "rate"),
    [
        ({"key": "duration_seconds", "overrides": {"5": 3}}, {"duration_seconds": 5}, 3),
        ({"key": "mode", "overrides": {"std": 3}}, {"mode": 10**5000}, 67),
        ({"key": "mode", "overrides": {"std": 3}}, {"mode": {"std": 1}}, 67),
        ({"key": "mode", "keys": None, "overrides": {"std": 3}, "matrix": None}, {"mode": "std"}, 3),
        ({"key": None, "keys": None}, {"mode": "std"}, 67),
        (None, {}, 67),
        ({"keys": ["mode"], "matrix": {"std": {"720p": 3}}}, {"mode": "std"}, 67),
    ],
)
def test_odd_branch_is_read_or_costs_the_unit_price(config: Any, values: dict[str, Any], rate: int) -> None:
    assert a_schedule(config).rate_cents(values) == rate


@pytest.mark.parametrize(
    "facts",
    [{"currency": "EUR"}, {"currency": "usd"}, {"billing_unit": "clip"}, {"billing_unit": "minute"}],
)
def test_price_in_another_currency_or_unit_is_unknown(facts: dict[str, Any]) -> None:
    schedule = a_schedule({}, **facts)
    assert (schedule.rate_cents({}), schedule.rates()) == (None, {})


@pytest.mark.parametrize(
    "facts",
    [
        {"currency": "USD"},
        {"currency": None},
        *({"billing_unit": unit} for unit in ("second", "Seconds", "per_second", "", None)),
    ],
)
def test_price_in_dollars_per_second_is_read(facts: dict[str, Any]) -> None:
    assert a_schedule({}, **facts).rate_cents({}) == 67


@pytest.mark.parametrize("rate", ["x", "14", True, -1, float("nan"), float("inf"), Decimal("nan"), 1_000_001, [14]])
@pytest.mark.parametrize("name", ["overrides", "matrix"])
def test_bad_rate_is_refused(name: str, rate: Any) -> None:
    with pytest.raises(ValidationError, match="is not a rate in cents"):
        a_schedule({"key": "mode", name: {"std": rate}})


@pytest.mark.parametrize("unit", [-1, "x", float("nan"), float("inf"), 1_000_001])
def test_bad_unit_price_is_refused(unit: Any) -> None:
    with pytest.raises(ValidationError, match="unit_price_cents"):
        a_schedule({}, unit=unit)


@pytest.mark.parametrize("keys", ["mode", 5, [5], [["mode"]], {"mode": 1}])
def test_keys_that_are_no_list_of_names_are_refused(keys: Any) -> None:
    with pytest.raises(ValidationError, match="must be a list of field names"):
        a_schedule({"keys": keys})


def test_config_that_is_no_table_is_refused() -> None:
    with pytest.raises(ValidationError, match="valid dictionary"):
        a_schedule(5)


def test_rates_are_told_by_the_values_of_their_keys() -> None:
    assert a_schedule(ONE_KEY).rates() == {("720p",): Decimal(14), ("1080p",): Decimal("18.5")}
    assert a_schedule(TWO_KEYS).rates() == {("true", "720p"): Decimal(20), ("false", "720p"): Decimal("14.25")}
    assert a_schedule({}).rates() == {(): Decimal(67)}
    assert a_schedule(ONE_KEY, unit=None).rates() == {}
