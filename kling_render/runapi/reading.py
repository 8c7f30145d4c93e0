"""Pieces of decoded JSON as typed values; a piece that is something else makes its whole answer unintelligible.

Texts become one printable line, without the API key; ids and addresses stay as they came. Amounts are exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import ROUND_HALF_UP, Context, Decimal, DecimalException
from urllib.parse import urlsplit

from kling_render.errors import UnintelligibleAnswerError
from kling_render.runapi.bodies import quoted

_EXACT = Context(prec=60)  # ours, because the process's own context may round earlier
_ABSURD = Decimal(10) ** 12  # keeps every amount within 64 bits, also in micro-USD


class UnreadableError(Exception):
    """What cannot be understood, before it is known which answer it stands in."""


@contextmanager
def reading(subject: str, headers: Mapping[str, str], key: str = "") -> Iterator[None]:
    """Say in which answer something stands that cannot be read.

    Args:
        subject: what the answer is about.
        headers: the answer's.
        key: the API key, which must not be repeated.

    Raises:
        UnintelligibleAnswerError: instead of an `UnreadableError`.
    """
    try:
        yield
    except UnreadableError as error:
        message = quoted(f"The server's answer about {subject} cannot be read: {error}", key)
        raise UnintelligibleAnswerError(message, request_id=request_id(headers)) from None


def request_id(headers: Mapping[str, str]) -> str | None:
    """The server's `X-Request-Id`, for support."""
    return quoted(headers.get("X-Request-Id", "")) or None


def mapping(value: object, name: str) -> Mapping[str, object]:
    """A JSON object."""
    if not isinstance(value, Mapping):
        raise UnreadableError(f"{name} is not an object")
    return value


def id_text(value: object) -> str:
    """An opaque id; empty where it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    try:
        return str(value).strip()
    except ValueError:  # Python does not print integers of more than 4,300 digits
        return ""


def text(value: object, key: str) -> str:
    """A text for people; empty where it is none."""
    return quoted(value, key) if isinstance(value, str) else ""


def required_text(fields: Mapping[str, object], name: str, key: str) -> str:
    """A text for people that must be there."""
    if not (found := text(fields.get(name), key)):
        raise UnreadableError(f"{name} is missing")
    return found


def web_url(value: object, name: str) -> str:
    """An http(s) address, as it came."""
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
    except ValueError:
        parts = None
    if not isinstance(value, str) or parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise UnreadableError(f"{name} has no http(s) address")
    return value


def amount(value: object) -> Decimal | None:
    """The exact value; a float counts as the digits it is printed with, and what is absurd as none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        exact = Decimal(str(value))
    except (DecimalException, ValueError):
        return None
    return exact if exact.is_finite() and exact.copy_abs() < _ABSURD else None


def shifted(exact: Decimal, places: int) -> int:
    """The amount times ten to the power of `places` as a whole number, half up."""
    settled = exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP, context=_EXACT)
    return int(settled.scaleb(places, context=_EXACT))
