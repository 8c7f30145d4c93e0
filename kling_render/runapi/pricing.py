"""RunAPI's published price schedules and its quote for one request; neither needs a key, neither costs anything."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from kling_render.runapi.reading import UnreadableError, amount, mapping, reading, required_text, shifted, text

_SERVICE = "kling"
_ETAG = re.compile(r"[\x21-\x7e]+")
_MICRO_USD_PLACES = 4  # a US cent is 10^4 micro-USD


@dataclass(frozen=True)
class Schedules:
    """All price schedules of Kling at one moment.

    Attributes:
        etag: to be shown when asking again; None where the server gave none.
        as_of: the date of the prices, in the server's words.
        rows: one decoded object per model and action, numbers with a fraction as `Decimal`.
    """

    etag: str | None
    as_of: str
    rows: tuple[Mapping[str, object], ...]


@dataclass(frozen=True)
class Quote:
    """What one request would reserve.

    Attributes:
        pricing_status: whether the price is published, in the server's words.
        currency: always `USD`.
        reservation_micro_usd: in millionths of a dollar; None where the server names no amount: unknown, never zero.
        estimate_basis: what the server reckoned from; may be empty.
        as_of: the date of the price, in the server's words.
    """

    pricing_status: str
    currency: str
    reservation_micro_usd: int | None
    estimate_basis: str
    as_of: str


def schedules_path() -> str:
    """The address of the schedules of Kling."""
    return f"price_schedules?service={_SERVICE}"


def unless_unchanged(etag: str | None) -> dict[str, str]:
    """The headers that ask for an answer only if it is another; none where the tag cannot go into a header."""
    return {"If-None-Match": etag} if etag is not None and _ETAG.fullmatch(etag) else {}


def quote_body(action: str, model: str, params: Mapping[str, object]) -> bytes:
    """The JSON that asks for a quote."""
    fields = {"service": _SERVICE, "action": action, "model": model, "params": params}
    return json.dumps(fields, default=_plain, allow_nan=False).encode()


def parse_schedules(payload: object, headers: Mapping[str, str], *, key: str = "") -> Schedules:
    """Read the answer of `/api/v1/price_schedules`.

    Raises:
        UnintelligibleAnswerError: no date, no list of objects, or a number beyond what a price can be.
    """
    with reading("prices", headers, key):
        fields = mapping(payload, "the answer")
        rows = fields.get("price_schedules")
        if not isinstance(rows, list):
            raise UnreadableError("price_schedules is not a list")
        _check_numbers(rows)
        etag = headers.get("ETag", "")
        return Schedules(
            etag=etag if _ETAG.fullmatch(etag) else None,
            as_of=required_text(fields, "as_of", key),
            rows=tuple(mapping(row, "a price schedule") for row in rows),
        )


def parse_quote(payload: object, headers: Mapping[str, str], *, key: str = "") -> Quote:
    """Read the answer of `/api/v1/price_quotes`.

    Raises:
        UnintelligibleAnswerError: no status or date, another currency than USD, or an amount that is none.
    """
    with reading("a price", headers, key):
        fields = mapping(mapping(payload, "the answer").get("price_quote"), "price_quote")
        currency = fields.get("currency")
        if currency != "USD":
            raise UnreadableError(f"the currency is {currency!r}, not USD" if currency else "it names no currency")
        return Quote(
            pricing_status=required_text(fields, "pricing_status", key),
            currency="USD",
            reservation_micro_usd=_reservation(fields.get("reservation_amount_cents")),
            estimate_basis=text(fields.get("estimate_basis"), key),
            as_of=required_text(fields, "as_of", key),
        )


def _reservation(value: object) -> int | None:
    if value is None:
        return None
    cents = amount(value)
    if cents is None or cents < 0:
        raise UnreadableError("reservation_amount_cents is not an amount")
    return shifted(cents, _MICRO_USD_PLACES)


def _check_numbers(value: object) -> None:
    """Refuse NaN and absurd numbers anywhere; without recursion, because the answer decides the depth."""
    pending = [value]
    while pending:
        current = pending.pop()
        if isinstance(current, Mapping):
            pending.extend(current.values())
        elif isinstance(current, list):
            pending.extend(current)
        elif isinstance(current, int | float | Decimal) and not isinstance(current, bool) and amount(current) is None:
            raise UnreadableError("it has a number that cannot be a price")


def _plain(value: object) -> object:
    """What JSON has no word for: exact numbers, and mappings that are no dict."""
    if isinstance(value, Decimal):
        number = float(value)
        return int(number) if number.is_integer() else number
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__} cannot go into a request")
