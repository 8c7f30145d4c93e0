"""Reads the options `--only` and `--exclude`: terms between white space, alternatives between commas."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from decimal import Decimal

from kling_render.catalog import micro_from_usd
from kling_render.expansion.address import QUOTED, Address, write_value
from kling_render.planning.selection.alternatives import Alternative, Candidate, Fact, Option, Takes
from kling_render.planning.selection.spans import Pattern, Span, read_pattern, unquoted

_FACT = re.compile(r"(scene|tag|state|version|cost):")
_VERSION_VALUE = re.compile(rf"(?:{QUOTED}|[A-Za-z0-9._:*?-])+", re.DOTALL)
_HEAD = re.compile(rf"(?P<name>(?:{QUOTED}|[^\"\[])*+)(?P<brackets>\[.*\])?", re.DOTALL)
_COST = re.compile(r"(?P<sign>[<>]=?|=)\s*(?P<usd>[0-9]{1,9}(?:\.[0-9]{1,6})?)")
_COMPARE = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le, "=": operator.eq}


def read_option(span: Span) -> Option:
    """The terms of one option.

    Raises:
        UsageError: it cannot be read; it says where.
    """
    terms = [each for each in span.split() if each.text]
    if not terms:
        raise span.error("nothing is selected")
    return tuple(_read_term(each) for each in terms)


def _read_term(span: Span) -> tuple[Alternative, ...]:
    """The alternatives between commas; values before a slash belong to it, as they are one version."""
    alternatives: list[Alternative] = []
    waiting: list[Span] = []
    for piece in span.split(","):
        if not piece.text:
            raise piece.error("a comma with nothing beside it", hint="No space stands after a comma.")
        is_fact = bool(_FACT.match(piece.text)) or piece.text == "picked"
        first, *rest = [piece] if is_fact else piece.split("/")
        if not is_fact and not rest and _VERSION_VALUE.fullmatch(piece.text):
            waiting.append(piece)
            continue
        if not rest:
            alternatives += [*map(_read_takes, waiting), _read_fact(piece) if is_fact else _read_takes(piece)]
        elif len(rest) > 1:
            raise rest[1].error("a second /", hint="Values with a / go in quotes.")
        else:
            version = tuple(read_pattern(each) for each in (*waiting, first))
            begin = (waiting or [first])[0].at - span.at
            alternatives.append(_read_takes(rest[0], version, span.cut(begin, piece.at - span.at + len(piece.text))))
        waiting = []
    return (*alternatives, *map(_read_takes, waiting))


def _read_fact(span: Span) -> Fact:
    if span.text == "picked":
        return Fact(span, "picked", "", lambda take: take.is_picked)
    kind, _, text = span.text.partition(":")
    value = span.cut(len(kind) + 1, len(span.text))
    if not text:
        raise span.error(f"{kind}: needs a value")
    holds = _cost(value) if kind == "cost" else _HOLDS[kind](read_pattern(value).matches)
    return Fact(span, kind, text, holds)


_HOLDS: dict[str, Callable[[Callable[[str], bool]], Callable[[Candidate], bool]]] = {
    "scene": lambda matches: lambda take: take.scene is not None and matches(take.scene),
    "tag": lambda matches: lambda take: any(map(matches, take.tags)),
    "state": lambda matches: lambda take: matches(take.state) or matches(take.state.replace(" ", "-")),
    "version": lambda matches: lambda take: any(matches(value) for _, value in take.address.version),
}


def _cost(span: Span) -> Callable[[Candidate], bool]:
    if span.text == "unknown":
        return lambda take: take.micro_usd is None
    match = _COST.fullmatch(span.text.strip('"'))
    if match is None:
        raise span.error(f'"{span.text}" is no cost', hint="Write cost:>1, cost:<=0.50 (US dollars) or cost:unknown.")
    compare, limit = _COMPARE[match["sign"]], micro_from_usd(Decimal(match["usd"]))
    return lambda take: take.micro_usd is not None and compare(take.micro_usd, limit)


def _read_takes(rest: Span, version: tuple[Pattern, ...] = (), span: Span | None = None) -> Takes:
    head, *numbers = rest.split("#")
    match = _HEAD.fullmatch(head.text)
    if match is None or len(numbers) > 1:
        raise rest.error(f'"{rest.text}" is no address', hint="An address is such as walk[lens=50mm]#2.")
    name, *codes = head.cut(0, match.end("name")).split(".")
    if not name.text or len(codes) > 1 or (codes and not re.fullmatch("[0-9A-Za-z]{1,10}", codes[0].text)):
        raise rest.error(f'"{rest.text}" is no address', hint="An address is such as walk#2, a short id walk.k3f#2.")
    if ":" in unquoted(name.text):
        raise name.error(f'"{name.text}" is no shot', hint="Before a colon stand scene, tag, state, version or cost.")
    brackets = head.cut(match.start("brackets") + 1, match.end("brackets") - 1) if match["brackets"] else None
    return Takes(
        span or rest, version, name, read_pattern(name), codes[0].text.lower() if codes else "",
        _read_brackets(brackets) if brackets else None, _read_number(numbers[0]) if numbers else None,
    )  # fmt: skip


def _read_number(span: Span) -> Pattern:
    if not re.fullmatch(r"[1-9*?][0-9*?]{0,8}", span.text):
        raise span.error(f'"{span.text}" is no number of a take', hint="Takes count from 1.")
    return read_pattern(span)


def _read_brackets(span: Span) -> Callable[[Address], bool]:
    """Axis by axis where each is named; else one pattern over all that stands in the brackets of an address."""
    axes: dict[str, Pattern] = {}
    parts = span.split(",")
    for part in parts:
        name, *values = part.split("=")
        axis = read_pattern(name).literal
        if len(values) == 1 and values[0].text and axis:
            if axis in axes:
                raise part.error(f"the axis {axis} stands twice")
            axes[axis] = read_pattern(values[0])
        elif read_pattern(span).literal is not None:
            raise part.error(f'"{part.text}" is no axis with its value', hint="Write walk[lens=50mm] or walk[*50mm*].")
    if len(axes) == len(parts):
        return lambda address: (
            len(axes) == len(address.variant)
            and all(axis in axes and axes[axis].matches(value) for axis, value in address.variant)
        )
    text = read_pattern(span, write_value)
    return lambda address: bool(address.variant) and text.matches(address.variant_text)
