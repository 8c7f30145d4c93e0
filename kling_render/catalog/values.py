"""Judges one value against one field's type and limits."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from kling_render.catalog.media import name_stand_ins
from kling_render.catalog.models import FieldSpec, Severity, same

Verdict = tuple[str, Any, str, str, Severity]
"""Field path, value, what is wrong in words, source, severity."""


def is_absent(value: Any) -> bool:
    """Whether the API takes a value as not given: null, an empty (or blank) string, an empty list."""
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def given(table: Mapping[str, Any], order: Iterable[str]) -> dict[str, Any]:
    """What does not count as absent in a table: in this order, and by name what is not in it."""
    rank = {name: at for at, name in enumerate(order)}
    names = sorted(table, key=lambda name: (rank.get(name, len(rank)), str(name)))
    return {name: table[name] for name in names if not is_absent(table[name])}


def judge_value(spec: FieldSpec, path: str, value: Any) -> Iterator[Verdict]:
    """What is wrong with a value; a wrong type hides the limits, which would make no sense.

    The words of texts are not judged here: see `judge_text`.
    """
    expected = _TYPES[spec.type]
    if not expected.accepts(value):
        yield path, value, f"{path} = {show(value)} must be {expected.words}", spec.source, "error"
        return
    if spec.values and not any(same(value, each) for each in spec.values):
        yield path, value, f"{path} = {show(value)} must be {_choice(spec)}", spec.source, "error"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from _judge_range(spec, path, value)
    elif isinstance(value, str) and spec.type != "text":
        yield from judge_text(spec, path, value)
    elif isinstance(value, list):
        yield from _judge_list(spec, path, value)
    elif isinstance(value, Mapping):
        yield from _judge_table(spec, path, value)


def _choice(spec: FieldSpec) -> str:
    choice = ", ".join(show(each) for each in spec.values)
    return f"one of {choice}" if len(spec.values) > 1 else choice


def _judge_range(spec: FieldSpec, path: str, value: float) -> Iterator[Verdict]:
    unit = f" {spec.unit}" if spec.unit else ""
    if (spec.min is not None and value < spec.min) or (spec.max is not None and value > spec.max):
        limits = f"from {spec.min or 0:g} to {spec.max:g}" if spec.max is not None else f"at least {spec.min:g}"
        yield path, value, f"{path} = {show(value)} must be {limits}{unit}", spec.source, "error"


def judge_text(spec: FieldSpec, path: str, value: str) -> Iterator[Verdict]:
    """What is wrong with the length of a text."""
    count = len(value)
    if spec.min_chars is not None and count < spec.min_chars:
        yield path, value, f"{path} must have at least {spec.min_chars} character", spec.source, "error"
    if spec.max_chars is not None and count > spec.max_chars:
        yield path, value, f"{path} has {count} characters, at most {spec.max_chars} are allowed", spec.source, "error"
    if spec.advised_max_chars is not None and count > spec.advised_max_chars:
        text = f"{path} has {count} characters, more than {spec.advised_max_chars} may be cut off or refused"
        yield path, value, text, spec.advised_source, "warning"


def _judge_list(spec: FieldSpec, path: str, value: list[Any]) -> Iterator[Verdict]:
    count = len(value)
    has = f"{path} has {count} {'entry' if count == 1 else 'entries'}"
    if (spec.min_items is not None and count < spec.min_items) or (
        spec.max_items is not None and count > spec.max_items
    ):
        yield path, value, f"{has}, {_allowed(spec)} are allowed", spec.source, "error"
    if spec.advised_max_items is not None and count > spec.advised_max_items:
        text = f"{has}, more than {spec.advised_max_items} may be refused"
        yield path, value, text, spec.advised_source, "warning"
    if spec.advised_min_items is not None and count < spec.advised_min_items:
        text = f"{has}, fewer than {spec.advised_min_items} may be refused"
        yield path, value, text, spec.advised_source, "warning"
    if spec.of is not None:
        for index, entry in enumerate(value):
            yield from judge_value(spec.of, f"{path}[{index}]", entry)


def _allowed(spec: FieldSpec) -> str:
    if spec.max_items is None:
        return f"at least {spec.min_items}"
    return f"at most {spec.max_items}" if spec.min_items is None else f"{spec.min_items} to {spec.max_items}"


def _judge_table(spec: FieldSpec, path: str, value: Mapping[str, Any]) -> Iterator[Verdict]:
    present = given(value, spec.fields)
    for name, entry in present.items():
        own = spec.fields.get(name)
        if own is None:
            text = f"{path}.{name} = {show(entry)} is not a field here"
            yield f"{path}.{name}", entry, text, spec.source, "error"
        else:
            yield from judge_value(own, f"{path}.{name}", entry)
    for name in spec.required:
        if name not in present:
            yield f"{path}.{name}", None, f"{path}.{name} is required", spec.source, "error"
    chosen = [name for name in spec.require_one if name in present]
    if spec.require_one and len(chosen) != 1:
        found = f"both {' and '.join(chosen)}" if chosen else f"neither {' nor '.join(spec.require_one)}"
        yield path, value, f"{path} has {found}: exactly one of them is needed", spec.source, "error"


class _Type:
    def __init__(self, words: str, accepts: Callable[[Any], bool]) -> None:
        self.words = words
        self.accepts = accepts


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return _is_integer(value) or (isinstance(value, float) and math.isfinite(value))


def _is_url(value: Any) -> bool:
    if not isinstance(value, str) or not value.isprintable() or " " in value:
        return False
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets without an IPv6 address, a port that is no number
        return False


_TYPES: Mapping[str, _Type] = {
    "string": _Type("a text", lambda value: isinstance(value, str)),
    "text": _Type("a text", lambda value: isinstance(value, str)),
    "integer": _Type("a whole number", _is_integer),
    "number": _Type("a number", _is_number),
    "boolean": _Type("true or false", lambda value: isinstance(value, bool)),
    "url": _Type("an http(s) URL", _is_url),
    "list": _Type("a list", lambda value: isinstance(value, list)),
    "table": _Type("a table", lambda value: isinstance(value, Mapping)),
}


def show(value: Any) -> str:
    """A value as JSON for messages, shortened; of a file that is still to be uploaded, its name."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except (RecursionError, ValueError):  # nested too deeply, or a number of thousands of digits
        return "a value too large to show"
    text = name_stand_ins(text)
    return text if len(text) <= 60 else text[:57] + "…"
