"""Every published rate, and the interpreter of the shape in which rates are published."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kling_render.catalog import PriceSchedule, bundled_catalog

CATALOG = bundled_catalog()
RATES: dict[str, dict[tuple[bool, str], str]] = {
    "kling-3.0": {
        (False, "720p"): "14", (False, "1080p"): "18", (False, "4k"): "67",
        (True, "720p"): "20", (True, "1080p"): "27", (True, "4k"): "67",
    },
    "kling-v3-omni": {
        (False, "720p"): "24", (False, "1080p"): "32", (False, "4k"): "119.5",
        (True, "720p"): "32", (True, "1080p"): "40", (True, "4k"): "119.5",
    },
}  # fmt: skip
PUBLISHED = [
    (action, model, sound, resolution, rate)
    for model, rates in RATES.items()
    for (sound, resolution), rate in rates.items()
    for action in ("text_to_video", "image_to_video")
]
TURBO = [
    (f"{kind}_to_video", f"kling-v3-turbo-{kind}-to-video", resolution, rate)
    for kind in ("text", "image")
    for resolution, rate in (("720p", "18"), ("1080p", "22.5"))
]


def price(action: str, model: str, **fields: Any) -> int | None:
    """The price of a request in micro-USD."""
    found = CATALOG.price(action, {"model": model, "prompt": "x", **fields})
    return found.micro_usd if found else None


def a_schedule(config: dict[str, Any], unit: Any = 67) -> PriceSchedule:
    """A schedule as the server sends it: with floats, and with fields that this version does not know."""
    raw = {"action": "text_to_video", "model": "m", "unit_price_cents": unit, "billing_config": config, "region": "hk"}
    return PriceSchedule.model_validate(raw)


@pytest.mark.parametrize(("action", "model", "sound", "resolution", "rate"), PUBLISHED)
@pytest.mark.parametrize("seconds", [3, 5, 15])
def test_published_rate_is_charged_by_the_second(
    action: str, model: str, sound: bool, resolution: str, rate: str, seconds: int
) -> None:
    fields = {"enable_sound": sound, "output_resolution": resolution, "duration_seconds": seconds}
    assert price(action, model, **fields) == Decimal(rate) * seconds * 10_000


@pytest.mark.parametrize(("action", "model", "resolution", "rate"), TURBO)
@pytest.mark.parametrize("seconds", [3, 5, 15])
def test_published_turbo_rate_is_charged_by_the_second(
    action: str, model: str, resolution: str, rate: str, seconds: int
) -> None:
    fields = {"output_resolution": resolution, "duration_seconds": seconds}
    assert price(action, model, **fields) == Decimal(rate) * seconds * 10_000


@pytest.mark.parametrize("model", RATES)
@pytest.mark.parametrize("action", ["text_to_video", "image_to_video"])
def test_field_left_out_is_charged_as_its_default(action: str, model: str) -> None:
    written = {"enable_sound": False, "output_resolution": "720p", "duration_seconds": 5}
    expected = price(action, model, **written)
    for left_out in written:
        rest = {name: value for name, value in written.items() if name != left_out}
        assert price(action, model, **rest) == expected, left_out


@pytest.mark.parametrize("value", [None, "", " ", []])
def test_absent_value_is_charged_as_the_default(value: Any) -> None:
    fields = {"enable_sound": value, "output_resolution": value, "duration_seconds": value}
    assert price("text_to_video", "kling-3.0", **fields) == 700_000


@pytest.mark.parametrize("action", ["text_to_video", "image_to_video"])
def test_turbo_without_resolution_is_charged_as_720p(action: str) -> None:
    assert price(action, f"kling-v3-turbo-{action.replace('_', '-')}") == 900_000


def test_fraction_of_a_cent_stays_exact() -> None:
    assert price("text_to_video", "kling-v3-omni", output_resolution="4k", duration_seconds=3) == 3_585_000


def test_sequence_is_charged_for_the_sum_of_its_cuts() -> None:
    cuts = [{"prompt": "x", "duration_seconds": seconds} for seconds in (3, 4)]
    assert price("text_to_video", "kling-3.0", multi_shots=True, multi_prompt=cuts) == 980_000


def test_price_says_its_rate_and_seconds() -> None:
    found = CATALOG.price("text_to_video", {"model": "kling-3.0", "enable_sound": True})
    assert found is not None
    assert (found.rate_cents, found.seconds) == (Decimal(20), 5)


def test_price_that_is_not_published_is_unknown_and_not_zero() -> None:
    assert price("text_to_video", "kling-v3-omni-reference") is None


@pytest.mark.parametrize(("action", "model"), [("text_to_video", "kling-9"), ("edit_video", "kling-3.0")])
def test_price_of_a_model_without_schedule_is_unknown(action: str, model: str) -> None:
    assert price(action, model) is None


def test_price_without_a_length_is_unknown() -> None:
    assert CATALOG.rates.price("text_to_video", {"model": "kling-3.0"}) is None


def test_every_model_has_a_schedule_and_every_schedule_a_model() -> None:
    schedules = {(each.action, each.model) for each in CATALOG.rates.price_schedules}
    assert schedules == {(model.action, model.name) for model in CATALOG.contract.models}


def test_unit_price_is_the_highest_rate_of_every_schedule() -> None:
    for action, model, _, _, rate in PUBLISHED:
        schedule = CATALOG.rates.schedule(action, model)
        assert schedule is not None
        assert schedule.unit_price_cents is not None
        assert schedule.unit_price_cents >= Decimal(rate)


# ── the interpreter


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


def test_rate_of_zero_is_a_rate() -> None:
    assert a_schedule({"key": "mode", "overrides": {"std": 0}}).rate_cents({"mode": "std"}) == 0


def test_float_from_the_wire_keeps_its_decimal_digits() -> None:
    assert a_schedule({}, unit=119.1).rate_cents({}) == Decimal("119.1")


@settings(deadline=None)
@given(
    sound=st.booleans() | st.none() | st.text(max_size=4),
    resolution=st.sampled_from(["720p", "1080p", "4k", "8k", "", None]),
    seconds=st.integers(1, 60),
)
def test_price_is_never_above_the_unit_price_and_grows_with_the_seconds(
    sound: Any, resolution: Any, seconds: int
) -> None:
    values = {"model": "kling-v3-omni", "enable_sound": sound, "output_resolution": resolution}
    one = CATALOG.rates.price("text_to_video", {**values, "duration_seconds": 1})
    many = CATALOG.rates.price("text_to_video", {**values, "duration_seconds": seconds})
    assert one is not None
    assert many is not None
    assert 0 < one.micro_usd <= 1_195_000
    assert many.micro_usd == one.micro_usd * seconds
