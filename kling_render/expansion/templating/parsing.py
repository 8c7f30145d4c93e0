"""Reads a template past its faults: each is noted with its place, mended in thought, and reading goes on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from jinja2 import TemplateSyntaxError, nodes
from jinja2.lexer import Token, TokenStream
from jinja2.parser import Parser

from kling_render.catalog import did_you_mean
from kling_render.expansion.templating.lexing import RawToken, Spot, spotted_tokens
from kling_render.expansion.templating.mending import TAGS, UnclosedBlockError, closed_span, closest_tag, mend

if TYPE_CHECKING:
    from jinja2 import Environment

_MAX_FAULTS = 20
_RAW = re.compile(r"\{%[-+]?\s*raw\b")
_CHARACTER = re.compile(r"unexpected char (.+) at \d+")


@dataclass
class Parsed:
    """A template, read as far as it can be.

    Attributes:
        tree: without what could not be read; None when nothing can.
        faults: of the syntax, in the order of their discovery.
        doubtful: the names in what could not be read; nothing can be said of them.
    """

    tree: nodes.Template | None = None
    faults: list[TemplateSyntaxError] = field(default_factory=list)
    doubtful: set[str] = field(default_factory=set)


class SpottedParser(Parser):
    """Jinja's parser on tokens that know their place; says which block is open and where."""

    def __init__(self, environment: Environment, tokens: Iterator[Token]) -> None:
        super().__init__(environment, "")
        self.stream = TokenStream(tokens, None, None)
        self._opened: list[Token] = []

    def parse_statement(self) -> nodes.Node | list[nodes.Node]:
        """One tag with what it encloses."""
        self._opened.append(self.stream.current)
        try:
            return super().parse_statement()
        finally:
            self._opened.pop()

    def fail_unknown_tag(self, name: str, lineno: int | None = None) -> NoReturn:
        """A tag that does not exist, closes nothing, or comes before the end of another."""
        enclosing = self._opened[:-1]
        closed = "if" if name in ("else", "elif") else name.removeprefix("end")
        if name not in TAGS:
            self.fail(f'there is no tag "{name}"{_guess(name)}', lineno)
        if enclosing and any(each.value == closed for each in enclosing[:-1]):
            last = enclosing[-1]
            self.fail(f"{{% {last.value} %}} is not closed before {{% {name} %}}", last.lineno, UnclosedBlockError)
        self.fail(f"{{% {name} %}} has no {{% {closed} %}} before it", lineno)

    def fail_eof(self, end_tokens: tuple[str, ...] | None = None, lineno: int | None = None) -> NoReturn:
        """A block without its end."""
        last = self._opened[-1]
        self.fail(
            f"{{% {last.value} %}} is never closed; write {{% end{last.value} %}}", last.lineno, UnclosedBlockError
        )


def parse_tolerantly(environment: Environment, source: str) -> Parsed:
    """The template of a unified source with every fault of its syntax."""
    parsed = Parsed()
    tokens = _readable_tokens(environment, source, parsed)
    while len(parsed.faults) < _MAX_FAULTS:
        try:
            parsed.tree = SpottedParser(environment, iter(tokens)).parse()
            break
        except TemplateSyntaxError as error:
            parsed.faults.append(error)
            if not mend(tokens, error, parsed.doubtful):
                break
        except RecursionError:
            break
    return parsed


def _readable_tokens(environment: Environment, source: str, parsed: Parsed) -> list[Token]:
    """The tokens of all spans that are closed and hold nothing but tokens."""
    tokens: list[Token] = []
    begin: int | None = 0
    while begin is not None and len(parsed.faults) < _MAX_FAULTS:
        span: list[Token] = []
        begin = _read_spans(environment, source, begin, tokens, span, parsed)
        parsed.doubtful.update(str(token.value) for token in span if token.type == "name")
        if begin is not None:
            tokens.extend(closed_span(span))
    return tokens


def _read_spans(
    environment: Environment, source: str, begin: int, tokens: list[Token], span: list[Token], parsed: Parsed
) -> int | None:
    """Reads tokens up to the first fault; the answer is where to go on after it."""
    opening: Spot | None = None
    spot = Spot.at(source, begin)
    before = ""
    try:
        for raw in spotted_tokens(environment.lexer, source, begin):
            spot, kind, text = raw
            span.extend(_wrapped(environment, raw))
            if kind.endswith("_begin"):
                opening = spot
            elif kind.endswith("_end"):
                opening = None
            elif opening is not None and before == "{" and text in ("{", "%") and source[spot.offset - 1] == "{":
                parsed.faults.append(_never_closed(source, opening))
                return spot.offset - 1
            if opening is None:
                tokens.extend(span)
                span.clear()
            before = text
    except TemplateSyntaxError as error:
        return _after_fault(source, error, opening, spot, parsed)
    if opening is not None:
        parsed.faults.append(_never_closed(source, opening))
    return None


def _wrapped(environment: Environment, raw: RawToken) -> Iterator[Token]:
    return environment.lexer.wrap(iter([raw]))


def _never_closed(source: str, opening: Spot) -> TemplateSyntaxError:
    mark = source[opening.offset : opening.offset + 2]
    closing = {"{{": "}}", "{%": "%}", "{#": "#}"}.get(mark, "%}")
    if _RAW.match(source, opening.offset):
        mark, closing = "{% raw %}", "{% endraw %}"
    spot = Spot(opening, opening.offset, opening.column, 2)
    return TemplateSyntaxError(f"{mark} is never closed; write {closing}", spot)


def _after_fault(
    source: str, error: TemplateSyntaxError, opening: Spot | None, last: Spot, parsed: Parsed
) -> int | None:
    """Notes what the lexer says; reading goes on behind the span's end or at the next beginning."""
    at = error.lineno.offset if isinstance(error.lineno, Spot) else last.offset
    wrong = _wrong_end(source, opening, at) if opening is not None else None
    if wrong is not None:
        parsed.faults.append(wrong)
        return at + 1
    begins = [found for mark in ("{{", "{%", "{#") if (found := source.find(mark, max(at, last.offset + 1))) >= 0]
    ends = [found + 2 for mark in ("}}", "%}") if (found := source.find(mark, at)) >= 0]
    next_begin, next_end = min(begins, default=None), min(ends, default=None)
    if opening is not None and next_end is None and source[at : at + 1] not in "}])":
        error = _never_closed(source, opening)
    quote = source.startswith(("'", '"'), at)
    message = _CHARACTER.sub("a text without its closing quote" if quote else r"unexpected \1", str(error.message))
    parsed.faults.append(TemplateSyntaxError(message, error.lineno))
    if next_begin is None or (next_end is not None and next_end <= next_begin):
        return next_end
    return next_begin


def _wrong_end(source: str, opening: Spot, at: int) -> TemplateSyntaxError | None:
    """`{{ x %}` and `{% x }}`: the lexer stumbles over a bracket of the wrong end."""
    if source.startswith("{%", opening.offset) and source.startswith("}}", at):
        return TemplateSyntaxError("{% is closed by }}; write %}", Spot.at(source, at, 2))
    if source.startswith("{{", opening.offset) and source.startswith("%}", at - 1):
        return TemplateSyntaxError("{{ is closed by %}; write }}", Spot.at(source, at - 1, 2))
    return None


def _guess(name: str) -> str:
    return did_you_mean(name, [tag] if (tag := closest_tag(name)) else [])
