"""What stands in the body of an answer: JSON as it came, and texts for people, without the API key that was sent."""

from __future__ import annotations

import json
import re
from decimal import Decimal, DecimalException
from html import unescape

import httpx

_LONGEST_QUOTE = 500
_SHORTEST_KEY = 8  # a shorter one would blank ordinary words and letters
_SEARCHED = 20_000  # characters of a page in which its title is looked for
_TITLE = re.compile(r"<(title|h1)\b[^>]*>([^<]*)", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")


def read_json(response: httpx.Response) -> object:
    """The decoded body, numbers with a fraction as `Decimal`.

    Nothing is blanked here: ids and addresses have to stay what they are.

    Raises:
        ValueError: the body is not JSON.
    """
    try:
        payload: object = json.loads(response.content, parse_float=Decimal)
    except (DecimalException, RecursionError) as error:
        raise ValueError("the JSON is beyond what can be read") from error
    return payload


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


def quoted(text: str, key: str = "") -> str:
    """A server's text on one line: shortened, without terminal codes, without the API key.

    Ids come without a key: they are to be looked up, and a part of one may look like a key.
    """
    line = redacted(text, key)
    if not line.isprintable():
        line = "".join(sign if sign.isprintable() else " " for sign in line)
    line = " ".join(line.split())
    return line if len(line) <= _LONGEST_QUOTE else line[: _LONGEST_QUOTE - 1] + "…"


def redacted(text: str, key: str) -> str:
    """The text with the key blanked, unless it is too short to be a secret."""
    return text.replace(key, "[API key]") if len(key) >= _SHORTEST_KEY else text


def key_sent_for(response: httpx.Response) -> str:
    """The API key that went out with the request of this answer; empty where none did."""
    try:
        authorization: str = response.request.headers.get("Authorization", "")
    except RuntimeError:  # an answer that was built by hand belongs to no request
        return ""
    return authorization.removeprefix("Bearer ").strip()
