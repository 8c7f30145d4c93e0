"""Our estimates beside the server's quotes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kling_render.catalog import exact_usd, format_price, format_usd
from kling_render.pricing import QuotedPrice
from kling_render.report.console import console, table


def print_quotes(quotes: Sequence[QuotedPrice]) -> None:
    """Print each distinct price: estimate, quote, whether they agree, and the sums."""
    out = console()
    out.print()
    if not quotes:
        out.print("There is nothing to buy, so nothing to quote.")
        return
    rows = table("request", "takes", "estimate", "quote", "", right=("takes", "estimate", "quote"))
    for each in quotes:
        values = " ".join(f"{name}={_word(value)}" for name, value in each.params.items())
        rows.add_row(
            f"{each.action} {each.model} {values}", str(len(each.takes)), _estimate(each),
            format_usd(each.quoted_micro_usd), _verdict(each),
        )  # fmt: skip
    out.print(rows)
    out.print()
    quoted = [(each.quoted_micro_usd, len(each.takes)) for each in quotes]
    total = sum(amount * count for amount, count in quoted if amount is not None)
    note = "" if all(amount is not None for amount, _ in quoted) else " for those that have a quote"
    out.print(f"quoted in all: {format_usd(total)}{note}; quotes are rounded to cents per take")


def quotes_json(quotes: Sequence[QuotedPrice]) -> list[dict[str, Any]]:
    """The quotes as JSON; amounts are decimal texts in USD, for one take."""
    return [
        {
            "action": each.action,
            "model": each.model,
            "params": dict(each.params),
            "takes": [str(planned.take.address) for planned in each.takes],
            "estimated_usd": exact_usd(each.estimate_micro_usd),
            "quoted_usd": exact_usd(each.quoted_micro_usd),
            "assumed": each.is_assumed,
            "comparable": not each.follows_file,
            "agrees": each.agrees,
            "basis": each.quote.estimate_basis if each.quote else None,
            "pricing_status": each.quote.pricing_status if each.quote else None,
            "as_of": each.quote.as_of if each.quote else None,
            "refusal": each.refusal or None,
        }
        for each in quotes
    ]


def _estimate(each: QuotedPrice) -> str:
    return f"{format_price(each.estimate_micro_usd)}{' assumed' if each.is_assumed else ''}"


def _verdict(each: QuotedPrice) -> str:
    if each.refusal:
        return each.refusal
    if each.follows_file:
        return "not comparable: the server quotes without the file"
    if each.agrees:
        return "agree"
    basis = f" ({each.quote.estimate_basis})" if each.quote and each.quote.estimate_basis else ""
    return f"they differ{basis}" if each.estimate_micro_usd is not None else f"no estimate of ours{basis}"


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
