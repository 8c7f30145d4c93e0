"""Money: exact Decimal in reckoning, integer micro-USD at rest, rounded for display only."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

MICRO_PER_USD = 1_000_000
_MICRO_PER_CENT = 10_000


def micro_from_cents(cents: Decimal) -> int:
    """Micro-USD of an amount in US cents, half up where a fraction of a micro-dollar remains."""
    return int((cents * _MICRO_PER_CENT).to_integral_value(ROUND_HALF_UP))


def micro_from_usd(usd: Decimal) -> int:
    """Micro-USD of an amount in US dollars, half up where a fraction of a micro-dollar remains."""
    return int((usd * MICRO_PER_USD).to_integral_value(ROUND_HALF_UP))


def cents_from_micro(micro_usd: int) -> int:
    """Whole US cents, rounded half up: for fields that end in `_cents`."""
    return int((Decimal(micro_usd) / _MICRO_PER_CENT).to_integral_value(ROUND_HALF_UP))


def usd_from_micro(micro_usd: int) -> Decimal:
    """The exact amount in US dollars."""
    return Decimal(micro_usd) / MICRO_PER_USD


def exact_usd(micro_usd: int | None) -> str | None:
    """The exact amount in US dollars as a decimal text, for machines; None stays None."""
    return None if micro_usd is None else f"{usd_from_micro(micro_usd):f}"


def format_usd(micro_usd: int | None) -> str:
    """An amount for people, `$1,234.57`; `unknown` for None."""
    if micro_usd is None:
        return "unknown"
    cents = abs(usd_from_micro(micro_usd)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return f"{'-' if micro_usd < 0 and cents else ''}${cents:,}"


def format_price(micro_usd: int | None) -> str:
    """The price of one take for people, `$0.70`; exact where cents do not suffice, `$0.375`."""
    if micro_usd is None or micro_usd % _MICRO_PER_CENT == 0:
        return format_usd(micro_usd)
    return f"{'-' if micro_usd < 0 else ''}${abs(usd_from_micro(micro_usd)).normalize():,f}"
