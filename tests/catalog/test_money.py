"""Rounding happens half up, and only where it is asked for."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kling_render.catalog import cents_from_micro, format_price, format_usd, micro_from_usd, usd_from_micro
from kling_render.catalog.money import micro_from_cents


@pytest.mark.parametrize(("cents", "micro"), [("22.5", 225_000), ("0.00005", 1), ("0.00004", 0), ("0", 0)])
def test_cents_become_micro_usd_half_up(cents: str, micro: int) -> None:
    assert micro_from_cents(Decimal(cents)) == micro


@pytest.mark.parametrize(
    ("usd", "micro"), [("1.35", 1_350_000), ("0.0000005", 1), ("0.0000004", 0), ("60", 60_000_000)]
)
def test_usd_become_micro_usd_half_up(usd: str, micro: int) -> None:
    assert micro_from_usd(Decimal(usd)) == micro


@pytest.mark.parametrize(("micro", "cents"), [(0, 0), (4_999, 0), (5_000, 1), (15_000, 2), (25_000, 3), (14_999, 1)])
def test_micro_usd_become_whole_cents_half_up(micro: int, cents: int) -> None:
    assert cents_from_micro(micro) == cents


@pytest.mark.parametrize(
    ("micro", "text"),
    [
        (0, "$0.00"), (4_999, "$0.00"), (5_000, "$0.01"), (1_350_000, "$1.35"), (1_005_000, "$1.01"),
        (1_234_567_890_000, "$1,234,567.89"), (-1_350_000, "-$1.35"), (-4_999, "$0.00"), (None, "unknown"),
    ],
)  # fmt: skip
def test_amount_is_shown_in_dollars_and_cents(micro: int | None, text: str) -> None:
    assert format_usd(micro) == text


@pytest.mark.parametrize(
    ("micro", "text"),
    [
        (700_000, "$0.70"), (375_000, "$0.375"), (1, "$0.000001"), (1_234_567_505_000, "$1,234,567.505"),
        (-375_000, "-$0.375"), (0, "$0.00"), (None, "unknown"),
    ],
)  # fmt: skip
def test_price_is_exact_where_cents_do_not_suffice(micro: int | None, text: str) -> None:
    assert format_price(micro) == text


@settings(deadline=None)
@given(st.integers(min_value=0, max_value=10**15))
def test_micro_usd_survive_the_way_to_usd_and_back(micro: int) -> None:
    assert micro_from_usd(usd_from_micro(micro)) == micro
