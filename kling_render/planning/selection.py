"""Which takes a command means: `--only` and `--exclude`, read once and matched against all takes of a plan."""

from __future__ import annotations

import fnmatch
import operator
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from itertools import chain
from typing import Protocol, TypeVar

from kling_render.catalog import closest, micro_from_usd
from kling_render.errors import UsageError
from kling_render.expansion.address import QUOTED, Address, Pairs, read_value, write_value

_CHUNK = re.compile(rf'{QUOTED}|\[(?:[^"\[\]]|{QUOTED})*+\]|.', re.DOTALL)
_SEGMENT = re.compile(rf'{QUOTED}|[^"]+', re.DOTALL)
_FACT = re.compile(r"(scene|tag|state|version|cost):")
_VERSION_VALUE = re.compile(rf"(?:{QUOTED}|[A-Za-z0-9._:*?-])+", re.DOTALL)
_HEAD = re.compile(rf"(?P<name>(?:{QUOTED}|[^\"\[])*+)(?P<brackets>\[.*\])?", re.DOTALL)
_COST = re.compile(r"(?P<sign>[<>]=?|=)\s*(?P<usd>[0-9]{1,9}(?:\.[0-9]{1,6})?)")
_COMPARE = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le, "=": operator.eq}
_SHOWN = 5


class Candidate(Protocol):
    """A take as far as it can be selected by; `state` in the words of the plan, the price in micro-USD."""

    @property
    def address(self) -> Address: ...  # noqa: D102 - see the class
    @property
    def scene(self) -> str | None: ...  # noqa: D102
    @property
    def tags(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def state(self) -> str: ...  # noqa: D102
    @property
    def micro_usd(self) -> int | None: ...  # noqa: D102
    @property
    def is_picked(self) -> bool: ...  # noqa: D102


CandidateType = TypeVar("CandidateType", bound=Candidate)


@dataclass(frozen=True)
class Selection:
    """Takes that fit one of the options of `--only` (or all without any) and none of `--exclude`.

    An option is terms between white space, of which all must hold; a term is alternatives between commas.
    """

    only: tuple[_Option, ...] = ()
    exclude: tuple[_Option, ...] = ()

    @classmethod
    def parse(cls, only: Sequence[str] = (), exclude: Sequence[str] = ()) -> Selection:
        """The selection that the options of a command line mean.

        Raises:
            UsageError: one cannot be read; it says where.
        """
        return cls(
            tuple(_read_option(_Span("--only", text, text)) for text in only),
            tuple(_read_option(_Span("--exclude", text, text)) for text in exclude),
        )

    def choose(self, candidates: Sequence[CandidateType]) -> list[CandidateType]:
        """The selected takes in their order.

        Raises:
            UsageError: an alternative matches no take at all, a short id means several variants, or nothing is left.
        """
        pool = _Pool(candidates)
        chosen = _union(self.only, pool) if self.only else set(range(len(candidates)))
        left = chosen - _union(self.exclude, pool)
        if self.only and not chosen:
            raise UsageError("no take fits all terms of --only", hint="Terms between spaces must all hold.")
        if chosen and not left:
            raise UsageError(f"--exclude leaves none of {len(chosen):,} takes")
        return [candidates[at] for at in sorted(left)]


@dataclass(frozen=True)
class _Span:
    """A piece of an option and where it begins (from 0), for messages."""

    option: str
    whole: str
    text: str
    at: int = 0

    def split(self, is_separator: Callable[[str], bool]) -> list[_Span]:
        """Its parts between separators that stand outside of quotes and brackets."""
        parts, begin = [], 0
        for chunk in _CHUNK.finditer(self.text):
            if chunk[0] in ('"', "[", "]"):
                raise self.error(f"{chunk[0]} has no counterpart", chunk.start())
            if len(chunk[0]) == 1 and is_separator(chunk[0]):
                parts.append(self.cut(begin, chunk.start()))
                begin = chunk.end()
        return [*parts, self.cut(begin, len(self.text))]

    def cut(self, begin: int, end: int) -> _Span:
        """A part of it, without white space around."""
        part = self.text[begin:end]
        return _Span(self.option, self.whole, part.strip(), self.at + begin + len(part) - len(part.lstrip()))

    def error(self, message: str, at: int = 0, hint: str = "") -> UsageError:
        """What to raise about it."""
        return UsageError(f"{self.option} {self.whole}: {message} (character {self.at + at + 1})", hint=hint)


@dataclass(frozen=True)
class _Pattern:
    """A text in which `*` and `?` are wild outside of quotes; `literal` is the text where nothing is."""

    literal: str | None
    matches: Callable[[str], bool]


@dataclass
class _Pool:
    """The candidates, by shot."""

    candidates: Sequence[Candidate]
    shots: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for at, each in enumerate(self.candidates):
            self.shots[each.address.shot].append(at)

    def places(self, shot: _Pattern) -> Iterable[int]:
        """Where the takes of the shots stand that a pattern means."""
        if shot.literal is not None:
            return self.shots.get(shot.literal, ())
        return chain.from_iterable(places for name, places in self.shots.items() if shot.matches(name))

    @cached_property
    def words(self) -> dict[str, dict[str, str]]:
        """By kind, the names that takes can be selected by, and how each is written."""
        words: dict[str, dict[str, str]] = {"state": {}, "version": {}, "tag": {}, "scene": {}}
        for each in self.candidates:
            words["state"][each.state] = f"state:{each.state.replace(' ', '-')}"
            words["version"].update((value, f"version:{write_value(value)}") for _, value in each.address.version)
            words["tag"].update((tag, f"tag:{write_value(tag)}") for tag in each.tags)
            if each.scene is not None:
                words["scene"][each.scene] = f"scene:{write_value(each.scene)}"
        return {**words, "": {name: written for kind in words.values() for name, written in kind.items()}}


@dataclass(frozen=True)
class _Fact:
    """An alternative that holds for a take whatever its address: its tag, state, cost, …"""

    span: _Span
    kind: str
    word: str
    holds: Callable[[Candidate], bool]

    def positions(self, pool: _Pool) -> set[int]:
        """Where the takes stand that it means."""
        return {at for at, each in enumerate(pool.candidates) if self.holds(each)}

    def missed(self, pool: _Pool) -> UsageError:
        """What to raise when there are none."""
        return _missed(self.span, self.word, pool.words.get(self.kind, {}))


@dataclass(frozen=True)
class _Takes:
    """An alternative in the form of an address; what it leaves out may be anything."""

    span: _Span
    version: tuple[_Pattern, ...]
    shot: _Pattern
    code: str
    variant: Callable[[Address], bool] | None
    number: _Pattern | None

    def positions(self, pool: _Pool) -> set[int]:
        """Where the takes stand that it means."""
        addresses = {at: pool.candidates[at].address for at in pool.places(self.shot)}
        if self.code:
            addresses = self._with_code(addresses)
        if self.version:
            accepted = _accepted(self.version, {each.version for each in addresses.values()})
            addresses = {at: each for at, each in addresses.items() if each.version in accepted}
        if self.variant:
            firsts = {each.variant: each for each in addresses.values()}
            variants = {variant for variant, each in firsts.items() if self.variant(each)}
            addresses = {at: each for at, each in addresses.items() if each.variant in variants}
        if self.number:
            return {at for at, each in addresses.items() if self.number.matches(str(each.number))}
        return set(addresses)

    def _with_code(self, addresses: dict[int, Address]) -> dict[int, Address]:
        firsts = {(each.version, each.variant): each for each in addresses.values()}
        cells = {cell for cell, each in firsts.items() if each.code.startswith(self.code)}
        found = {at: each for at, each in addresses.items() if (each.version, each.variant) in cells}
        variants: dict[str, dict[tuple[Pairs, Pairs], Address]] = defaultdict(dict)
        for each in found.values():
            variants[each.shot].setdefault((each.version, each.variant), each)
        for several in variants.values():
            if len(several) > 1:
                shown = ", ".join(f"{each.short_id} ({each})" for each in list(several.values())[:_SHOWN])
                raise self.span.error(f'"{self.span.text}" means {len(several)} variants', hint=f"Such as {shown}.")
        return found

    def missed(self, pool: _Pool) -> UsageError:
        """What to raise when there are none."""
        places = list(pool.places(self.shot))
        if places:
            shown = ", ".join(str(pool.candidates[at].address) for at in places[:_SHOWN])
            more = " …" if len(places) > _SHOWN else ""
            return self.span.error(f'nothing matches "{self.span.text}"', hint=f"There are {shown}{more}")
        known = {**pool.words[""], **{shot: shot for shot in pool.shots}}
        return _missed(self.span, self.shot.literal or self.span.text, known)


_Alternative = _Fact | _Takes
_Option = tuple[tuple[_Alternative, ...], ...]


def _union(options: Iterable[_Option], pool: _Pool) -> set[int]:
    found: set[int] = set()
    for option in options:
        terms = [set().union(*(_found(each, pool) for each in term)) for term in option]
        found |= set.intersection(*terms)
    return found


def _found(alternative: _Alternative, pool: _Pool) -> set[int]:
    positions = alternative.positions(pool)
    if not positions:
        raise alternative.missed(pool)
    return positions


def _missed(span: _Span, word: str, known: dict[str, str]) -> UsageError:
    match = closest(word, known)
    meant = f"; did you mean {known[match]}?" if match else ""
    hint = "Values before a / are one version; several takes with versions go into several options." * (
        "/" in span.text and "," in span.text
    )
    return span.error(f'nothing matches "{span.text}"{meant}', hint=hint)


def _accepted(wanted: tuple[_Pattern, ...], versions: set[Pairs]) -> set[Pairs]:
    """The versions that have exactly these values in this order, else those that have them at all."""
    exact = {
        version
        for version in versions
        if len(version) == len(wanted) and all(map(lambda each, pair: each.matches(pair[1]), wanted, version))
    }
    return exact or {version for version in versions if _has_all(wanted, [value for _, value in version])}


def _has_all(wanted: tuple[_Pattern, ...], values: list[str]) -> bool:
    """Whether each pattern has a value of its own."""
    if not wanted:
        return True
    return any(
        wanted[0].matches(value) and _has_all(wanted[1:], values[:at] + values[at + 1 :])
        for at, value in enumerate(values)
    )


def _read_option(span: _Span) -> _Option:
    terms = [each for each in span.split(str.isspace) if each.text]
    if not terms:
        raise span.error("nothing is selected")
    return tuple(_read_term(each) for each in terms)


def _read_term(span: _Span) -> tuple[_Alternative, ...]:
    """The alternatives between commas; values before a slash belong to it, as they are one version."""
    alternatives: list[_Alternative] = []
    waiting: list[_Span] = []
    for piece in span.split(",".__eq__):
        if not piece.text:
            raise piece.error("a comma with nothing beside it", hint="No space stands after a comma.")
        is_fact = bool(_FACT.match(piece.text)) or piece.text == "picked"
        first, *rest = [piece] if is_fact else piece.split("/".__eq__)
        if not is_fact and not rest and _VERSION_VALUE.fullmatch(piece.text):
            waiting.append(piece)
            continue
        if not rest:
            alternatives += [*map(_read_takes, waiting), _read_fact(piece) if is_fact else _read_takes(piece)]
        elif len(rest) > 1:
            raise rest[1].error("a second /", hint="Values with a / go in quotes.")
        else:
            version = tuple(_pattern(each) for each in (*waiting, first))
            begin = (waiting or [first])[0].at - span.at
            alternatives.append(_read_takes(rest[0], version, span.cut(begin, piece.at - span.at + len(piece.text))))
        waiting = []
    return (*alternatives, *map(_read_takes, waiting))


def _read_fact(span: _Span) -> _Fact:
    if span.text == "picked":
        return _Fact(span, "picked", "", lambda take: take.is_picked)
    kind, _, text = span.text.partition(":")
    value = span.cut(len(kind) + 1, len(span.text))
    if not text:
        raise span.error(f"{kind}: needs a value")
    holds = _cost(value) if kind == "cost" else _FACTS[kind](_pattern(value).matches)
    return _Fact(span, kind, text, holds)


_FACTS: dict[str, Callable[[Callable[[str], bool]], Callable[[Candidate], bool]]] = {
    "scene": lambda matches: lambda take: take.scene is not None and matches(take.scene),
    "tag": lambda matches: lambda take: any(map(matches, take.tags)),
    "state": lambda matches: lambda take: matches(take.state) or matches(take.state.replace(" ", "-")),
    "version": lambda matches: lambda take: any(matches(value) for _, value in take.address.version),
}


def _cost(span: _Span) -> Callable[[Candidate], bool]:
    if span.text == "unknown":
        return lambda take: take.micro_usd is None
    match = _COST.fullmatch(span.text.strip('"'))
    if match is None:
        raise span.error(f'"{span.text}" is no cost', hint="Write cost:>1, cost:<=0.50 (US dollars) or cost:unknown.")
    compare, limit = _COMPARE[match["sign"]], micro_from_usd(Decimal(match["usd"]))
    return lambda take: take.micro_usd is not None and compare(take.micro_usd, limit)


def _read_takes(rest: _Span, version: tuple[_Pattern, ...] = (), span: _Span | None = None) -> _Takes:
    head, *numbers = rest.split("#".__eq__)
    match = _HEAD.fullmatch(head.text)
    if match is None or len(numbers) > 1:
        raise rest.error(f'"{rest.text}" is no address', hint="An address is such as walk[lens=50mm]#2.")
    name, *codes = head.cut(0, match.end("name")).split(".".__eq__)
    if not name.text or len(codes) > 1 or (codes and not re.fullmatch("[0-9A-Za-z]{1,10}", codes[0].text)):
        raise rest.error(f'"{rest.text}" is no address', hint="An address is such as walk#2, a short id walk.k3f#2.")
    if ":" in _unquoted(name.text):
        raise name.error(f'"{name.text}" is no shot', hint="Before a colon stand scene, tag, state, version or cost.")
    brackets = head.cut(match.start("brackets") + 1, match.end("brackets") - 1) if match["brackets"] else None
    return _Takes(
        span or rest, version, _pattern(name), codes[0].text.lower() if codes else "",
        _read_brackets(brackets) if brackets else None, _read_number(numbers[0]) if numbers else None,
    )  # fmt: skip


def _read_number(span: _Span) -> _Pattern:
    if not re.fullmatch(r"[1-9*?][0-9*?]{0,8}", span.text):
        raise span.error(f'"{span.text}" is no number of a take', hint="Takes count from 1.")
    return _pattern(span)


def _read_brackets(span: _Span) -> Callable[[Address], bool]:
    """Axis by axis where each is named; else one pattern over all that stands in the brackets of an address."""
    axes: dict[str, _Pattern] = {}
    parts = span.split(",".__eq__)
    for part in parts:
        name, *values = part.split("=".__eq__)
        axis = _pattern(name).literal
        if len(values) == 1 and values[0].text and axis:
            if axis in axes:
                raise part.error(f"the axis {axis} stands twice")
            axes[axis] = _pattern(values[0])
        elif _pattern(span).literal is not None:
            raise part.error(f'"{part.text}" is no axis with its value', hint="Write walk[lens=50mm] or walk[*50mm*].")
    if len(axes) == len(parts):
        return lambda address: (
            len(axes) == len(address.variant)
            and all(axis in axes and axes[axis].matches(value) for axis, value in address.variant)
        )
    text = _pattern(span, write_value)
    return lambda address: bool(address.variant) and text.matches(address.variant_text)


def _pattern(span: _Span, write: Callable[[str], str] = str) -> _Pattern:
    """A text with what is in quotes taken literally, as `write` writes it."""
    literal, pattern = "", ""
    for segment in _SEGMENT.finditer(span.text):
        if segment[0].startswith('"'):
            try:
                value = write(read_value(segment[0]))
            except ValueError as error:
                raise span.error(f"{segment[0]} is no JSON text", segment.start()) from error
            literal += value
            pattern += re.sub(r"[*?\[]", r"[\g<0>]", value)
        else:
            literal += segment[0]
            pattern += segment[0].replace("[", "[[]")
    if any(sign in _unquoted(span.text) for sign in "*?"):
        return _Pattern(None, lambda text, match=re.compile(fnmatch.translate(pattern)).match: match(text) is not None)  # type: ignore[misc]
    return _Pattern(literal, literal.__eq__)


def _unquoted(text: str) -> str:
    return re.sub(QUOTED, "", text, flags=re.DOTALL)
