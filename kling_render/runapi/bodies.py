"""What stands in the body of an answer: JSON or a line of text, never with the API key that was sent."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal, DecimalException
from html import unescape

import httpx

_LONGEST_QUOTE = 300
_SEARCHED = 20_000  # characters of a page in which its title is looked for
_TITLE = re.compile(r"<(title|h1)\b[^>]*>([^<]*)", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")


def read_json(response: httpx.Response) -> object:
    """The decoded body, numbers with a fraction as `Decimal`, the API key blanked wherever the server repeats it.

    Raises:
        ValueError: the body is not JSON.
    """
    try:
        return _without(json.loads(response.content, parse_float=Decimal), key_sent_for(response))
    except (DecimalException, RecursionError) as error:
        raise ValueError("the JSON is beyond what can be read") from error


def read_headers(response: httpx.Response) -> httpx.Headers:
    """The headers of an answer, the API key blanked wherever the server repeats it."""
    key = key_sent_for(response)
    return httpx.Headers([(name, redacted(value, key)) for name, value in response.headers.multi_items()])


def is_html(response: httpx.Response) -> bool:
    """Whether a page came instead of an answer, by its content type or its first characters."""
    if "html" in response.headers.get("Content-Type", "").lower():
        return True
    return response.content[:200].lstrip().lower().startswith((b"<!doctype", b"<html"))


def page_text(response: httpx.Response) -> str:
    """The title of an HTML page, or the text of anything else that is not JSON."""
    text = response.content.decode("utf-8", "replace")[:_SEARCHED]
    if not is_html(response):
        return text
    title = _TITLE.search(text)
    return unescape(title[2] if title else _TAG.sub(" ", text))


def quoted(text: str, key: str) -> str:
    """A server's text on one line: shortened, without terminal codes, without the API key."""
    printable = "".join(sign if sign.isprintable() else " " for sign in redacted(text, key))
    line = " ".join(printable.split())
    return line if len(line) <= _LONGEST_QUOTE else line[: _LONGEST_QUOTE - 1] + "…"


def redacted(text: str, key: str) -> str:
    """The text with the key blanked."""
    return text.replace(key, "[API key]") if key else text


def key_sent_for(response: httpx.Response) -> str:
    """The API key that went out with the request of this answer; empty where none did."""
    try:
        authorization: str = response.request.headers.get("Authorization", "")
    except RuntimeError:  # an answer that was built by hand belongs to no request
        return ""
    return authorization.removeprefix("Bearer ").strip()


def _without(value: object, key: str) -> object:
    if isinstance(value, str):
        return redacted(value, key)
    if isinstance(value, list):
        return [_without(entry, key) for entry in value]
    if isinstance(value, Mapping):
        return {redacted(str(name), key): _without(entry, key) for name, entry in value.items()}
    return value
