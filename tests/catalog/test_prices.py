"""Every published rate, written out again, and what has none."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kling_render.catalog import MediaFacts, RateCard, bundled_catalog

from .row_builders import (
    AVATAR,
    AVATARS,
    EDIT,
    EVERY,
    EXTEND,
    FILM,
    IMAGE,
    MOTION,
    OMNI_EDIT,
    TEXT,
    TURBO_25,
    VOICE,
    a_body,
    a_sequence,
)  # fmt: skip

CATALOG = bundled_catalog()
BOTH = (TEXT, IMAGE)
_3_0 = "14 18 67 20 27 67"
_OMNI = "24 32 119.5 32 40 119.5"
SOUND_AND_SIZE = tuple(itertools.product((False, True), ("720p", "1080p", "4k")))
RATES: dict[tuple[str, str], list[tuple[dict[str, Any], str]]] = {
    **{
        (action, model): [
            ({"enable_sound": sound, "output_resolution": size}, rate)
            for (sound, size), rate in zip(SOUND_AND_SIZE, rates.split(), strict=True)
        ]
        for action in BOTH
        for model, rates in (("kling-3.0", _3_0), ("kling-v3-omni", _OMNI))
    },
    **{
        (f"{kind}_to_video", f"kling-v3-turbo-{kind}-to-video"): [
            ({"output_resolution": "720p"}, "18"),
            ({"output_resolution": "1080p"}, "22.5"),
        ]
        for kind in ("text", "image")
    },
    **{
        (action, "kling-v2.6"): [
            ({"mode": "std", "enable_sound": False}, "12"),
            ({"mode": "pro", "enable_sound": False}, "20"),
            ({"mode": "pro", "enable_sound": True}, "40"),
        ]
        for action in BOTH
    },
    **{(action, "kling-o1"): [({"mode": "std"}, "7.5"), ({"mode": "pro"}, "10")] for action in BOTH},
    (TEXT, "kling-v2.5-turbo-text-to-video-pro"): [({}, "9")],
    (IMAGE, "kling-v2.5-turbo-image-to-video-pro"): [({}, "9")],
    (TEXT, "kling-v2.1-master-text-to-video"): [({}, "32")],
    (IMAGE, "kling-v2.1-master-image-to-video"): [({}, "32")],
    (IMAGE, "kling-v2.1-pro"): [({}, "10")],
    (IMAGE, "kling-v2.1-standard"): [({}, "5")],
    **{(EXTEND, model): [({"mode": "std"}, "4.2"), ({"mode": "pro"}, "8.4")] for model in TURBO_25},
    (MOTION, "kling-3.0"): [({"output_resolution": "720p"}, "20"), ({"output_resolution": "1080p"}, "27")],
    (AVATAR, "kling-ai-avatar-pro"): [({}, "16")],
    (AVATAR, "kling-ai-avatar-v1-pro"): [({}, "16")],
    (AVATAR, "kling-ai-avatar-standard"): [({}, "8")],
    (AVATAR, "kling-v1-avatar-standard"): [({}, "8")],
}
"""US cents per second, by what they depend on."""
WITHOUT = (
    (TEXT, "kling-v3-omni-reference"), (MOTION, "kling-v2.6"), (EDIT, OMNI_EDIT[0]), (EDIT, OMNI_EDIT[1]),
)  # fmt: skip
DEFAULTS = {"output_resolution": "720p", "enable_sound": False, "mode": "std"}
LENGTHS = {"kling-v2.6": (5, 10), "kling-o1": (5,), "kling-3.0": (3, 7, 15), "kling-v3-omni": (3, 7, 15)}
ROWS = [(*each, fields, rate) for each, rates in RATES.items() for fields, rate in rates]
LONG_FILE = {
    FILM: MediaFacts("video", "mp4", 9_000, 640, 360, 6.2),
    VOICE: MediaFacts("audio", "mp3", 9_000, seconds=6.2),
}.get


def price(action: str, model: str, **fields: Any) -> int | None:
    """The price of a request in micro-USD; files are 6.2 s long."""
    found = CATALOG.price(action, a_body(action, model, **fields), LONG_FILE)
    return found.micro_usd if found else None


def micro(rate: str, seconds: int) -> Decimal:
    return Decimal(rate) * seconds * 10_000


def lengths(action: str, model: str) -> tuple[int, ...]:
    """Lengths that may be asked for; empty where the clip follows something else."""
    return () if action in (MOTION, AVATAR, EXTEND) else LENGTHS.get(model, (5, 10))


def length_left_out(action: str) -> int:
    return 7 if action in (MOTION, AVATAR) else 5


def test_every_model_has_published_rates_or_none() -> None:
    assert {*RATES, *WITHOUT} == set(EVERY)


@pytest.mark.parametrize(("action", "model", "fields", "rate"), ROWS)
def test_published_rate_is_charged_for_every_second(action: str, model: str, fields: dict[str, Any], rate: str) -> None:
    for seconds in lengths(action, model):
        assert price(action, model, **fields, duration_seconds=seconds) == micro(rate, seconds)
    assert price(action, model, **fields) == micro(rate, length_left_out(action))


@pytest.mark.parametrize(("action", "model", "fields", "rate"), ROWS)
def test_field_at_its_default_may_be_left_out(action: str, model: str, fields: dict[str, Any], rate: str) -> None:
    expected = micro(rate, length_left_out(action))
    kept = {name: value for name, value in fields.items() if DEFAULTS[name] != value or action == MOTION}
    assert price(action, model, **kept) == expected
    assert price(action, model, **{**dict.fromkeys(fields), **kept}) == expected


@pytest.mark.parametrize("value", [None, "", " ", []])
def test_absent_value_is_charged_as_the_default(value: Any) -> None:
    fields = {"enable_sound": value, "output_resolution": value, "duration_seconds": value}
    assert price(TEXT, "kling-3.0", **fields) == 700_000


@pytest.mark.parametrize(
    ("action", "model", "fields", "micro_usd"),
    [
        (TEXT, "kling-v3-omni", {"output_resolution": "4k", "duration_seconds": 3}, 3_585_000),
        (TEXT, "kling-v3-turbo-text-to-video", {"output_resolution": "1080p", "duration_seconds": 3}, 675_000),
        (TEXT, "kling-o1", {}, 375_000),
        (EXTEND, TURBO_25[0], {}, 210_000),
        (EXTEND, TURBO_25[1], {"mode": "pro"}, 420_000),
    ],
)
def test_fraction_of_a_cent_stays_exact(action: str, model: str, fields: dict[str, Any], micro_usd: int) -> None:
    assert price(action, model, **fields) == micro_usd


def test_sequence_is_charged_for_the_sum_of_its_cuts() -> None:
    found = CATALOG.price(TEXT, a_sequence(3, 4, enable_sound=False))
    assert found is not None
    assert (found.rate_cents, found.seconds, found.micro_usd) == (Decimal(14), 7, 980_000)


@pytest.mark.parametrize(("action", "model"), WITHOUT)
def test_price_that_is_not_published_is_unknown_and_not_zero(action: str, model: str) -> None:
    assert price(action, model) is None


@pytest.mark.parametrize(("action", "model"), [(MOTION, "kling-3.0"), *((AVATAR, model) for model in AVATARS)])
def test_price_of_a_clip_of_unknown_length_is_unknown(action: str, model: str) -> None:
    assert CATALOG.price(action, a_body(action, model)) is None


@pytest.mark.parametrize(("action", "model"), [(TEXT, "kling-9"), (EDIT, "kling-3.0"), ("dub_video", "kling-3.0")])
def test_price_of_a_model_without_schedule_is_unknown(action: str, model: str) -> None:
    assert CATALOG.price(action, {"model": model, "prompt": "x", "duration_seconds": 5}) is None


def test_price_without_a_length_is_unknown() -> None:
    assert CATALOG.rates.price(TEXT, {"model": "kling-3.0"}) is None


@pytest.mark.parametrize("seconds", [0, -1, -5, True, 5.0, "5", None])
def test_length_that_no_clip_has_gives_no_price(seconds: Any) -> None:
    assert CATALOG.rates.price(TEXT, {"model": "kling-3.0", "duration_seconds": seconds}) is None


def test_rate_too_small_for_a_micro_dollar_is_no_price_of_zero() -> None:
    row = {"action": TEXT, "model": "kling-3.0", "unit_price_cents": "0.000001"}
    card = RateCard.model_validate({"as_of": "2026-07-28", "source": "a test", "price_schedules": [row]})
    assert card.price(TEXT, {"model": "kling-3.0", "duration_seconds": 5}) is None


def test_sound_of_v26_without_mode_pro_has_no_rate_of_its_own() -> None:
    for action in BOTH:
        schedule = CATALOG.rates.schedule(action, "kling-v2.6")
        assert schedule is not None
        assert ("std", "true") not in schedule.rates()


def test_every_model_has_a_schedule_and_every_schedule_a_model() -> None:
    assert {(each.action, each.model) for each in CATALOG.rates.price_schedules} == set(EVERY)


@pytest.mark.parametrize(("action", "model"), RATES)
def test_unit_price_is_the_highest_rate(action: str, model: str) -> None:
    schedule = CATALOG.rates.schedule(action, model)
    assert schedule is not None
    assert schedule.unit_price_cents == max(Decimal(rate) for _, rate in RATES[action, model])


@pytest.mark.parametrize(("action", "model"), RATES)
def test_rates_of_a_schedule_are_the_published_ones(action: str, model: str) -> None:
    schedule = CATALOG.rates.schedule(action, model)
    assert schedule is not None
    assert set(schedule.rates().values()) == {Decimal(rate) for _, rate in RATES[action, model]}


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
