"""Caps: exactly at the limit is allowed, one micro-dollar more is not."""

import pytest

from kling_render.ledger import Caps, Spent, broken_cap


@pytest.mark.parametrize(
    ("caps", "spent"),
    [
        (Caps(project=100), Spent(project=60)),
        (Caps(run=100), Spent(run=60)),
        (Caps(day=100), Spent(day=60)),
        (Caps(take=40), Spent(project=60, run=60, day=60)),
    ],
)
def test_amount_up_to_the_cap_breaks_nothing(caps: Caps, spent: Spent) -> None:
    assert broken_cap(caps, spent, 40) is None


@pytest.mark.parametrize(
    ("caps", "spent", "name"),
    [
        (Caps(project=1_000_000), Spent(project=600_000), "max_usd"),
        (Caps(run=1_000_000), Spent(run=600_000), "max_usd_per_run"),
        (Caps(day=1_000_000), Spent(day=600_000), "max_usd_per_day"),
        (Caps(take=400_000), Spent(), "max_usd_per_take"),
    ],
)
def test_one_micro_dollar_over_a_cap_names_the_cap(caps: Caps, spent: Spent, name: str) -> None:
    reason = broken_cap(caps, spent, 400_001)
    assert reason is not None
    assert f" {name} = " in reason


@pytest.mark.parametrize(
    "spent", [Spent(project=10**9), Spent(run=10**9), Spent(day=10**9), Spent(10**9, 10**9, 10**9)]
)
def test_without_caps_nothing_is_broken(spent: Spent) -> None:
    assert broken_cap(Caps(), spent, 10**12) is None


@pytest.mark.parametrize(
    ("caps", "spent"),
    [
        (Caps(project=100), Spent(run=10**9, day=10**9)),
        (Caps(run=100), Spent(project=10**9, day=10**9)),
        (Caps(day=100), Spent(project=10**9, run=10**9)),
    ],
)
def test_each_cap_looks_at_its_own_amount_alone(caps: Caps, spent: Spent) -> None:
    assert broken_cap(caps, spent, 100) is None


def test_zero_cap_allows_nothing() -> None:
    reason = broken_cap(Caps(project=0), Spent(), 1)
    assert reason == "$0.000001 would break max_usd = $0.00"


def test_reason_says_what_is_spent_already() -> None:
    reason = broken_cap(Caps(project=6_000_000), Spent(project=5_500_000), 1_350_000)
    assert reason == "$1.35 would break max_usd = $6.00 with $5.50 spent or reserved already"


@pytest.mark.parametrize(
    ("caps", "bounded"),
    [(Caps(), False), (Caps(take=1), False), (Caps(project=0), True), (Caps(run=1), True), (Caps(day=1), True)],
)
def test_only_a_cap_on_the_whole_counts_as_one(caps: Caps, bounded: bool) -> None:
    assert caps.any is bounded
