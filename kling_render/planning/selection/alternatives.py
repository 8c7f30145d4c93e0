"""What a selection may mean: takes by their address, or by something that holds for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Protocol

from kling_render.catalog import closest, listed
from kling_render.errors import UsageError
from kling_render.expansion.address import Address, Pairs, ShortIds, write_value
from kling_render.planning.selection.spans import Pattern, Span
from kling_render.planning.states import TakeState

_SHOWN = 5
_STATE_WORDS = {state.value: f"state:{state.value.replace(' ', '-')}" for state in TakeState}


class Candidate(Protocol):
    """A take as far as it can be selected by."""

    @property
    def address(self) -> Address:
        """Its address."""

    @property
    def scene(self) -> str | None:
        """The scene of its shot."""

    @property
    def tags(self) -> Sequence[str]:
        """The tags of its shot."""

    @property
    def state(self) -> str:
        """Its state, in the words of the plan."""

    @property
    def micro_usd(self) -> int | None:
        """What it costs in micro-USD; None where nobody knows."""

    @property
    def is_picked(self) -> bool:
        """Whether it is the chosen take."""


@dataclass
class Pool:
    """The candidates, by shot."""

    candidates: Sequence[Candidate]
    shots: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for at, each in enumerate(self.candidates):
            self.shots[each.address.shot].append(at)

    def places(self, shot: Pattern) -> Iterable[int]:
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
class Fact:
    """An alternative that holds for a take whatever its address: tag, state, cost."""

    span: Span
    kind: str
    word: str
    holds: Callable[[Candidate], bool]

    @property
    def may_be_empty(self) -> bool:
        """Whether it is no typing error when nothing fits: states, prices and picks change from run to run."""
        return self.kind in ("cost", "picked") or (self.kind == "state" and self.word.replace("-", " ") in _STATE_WORDS)

    def positions(self, pool: Pool) -> set[int]:
        """Where the takes stand that it means."""
        return {at for at, each in enumerate(pool.candidates) if self.holds(each)}

    def missed(self, pool: Pool) -> UsageError:
        """What to raise when there are none."""
        there = pool.words.get(self.kind, {})
        known = {**_STATE_WORDS, **there} if self.kind == "state" else there
        meant = closest(self.word, known)
        hint = f"There is {listed([*there.values()])}." if there else f"No take has a {self.kind}."
        return _missed(self.span, known[meant] if meant else "", hint)


@dataclass(frozen=True)
class Takes:
    """An alternative in the form of an address; what it leaves out may be anything. `name` is where its shot stands."""

    span: Span
    version: tuple[Pattern, ...]
    name: Span
    shot: Pattern
    code: str
    variant: Callable[[Address], bool] | None
    number: Pattern | None

    def positions(self, pool: Pool) -> set[int]:
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
                ids = ShortIds(several.values())
                shown = ", ".join(f"{ids.of(each)} ({each})" for each in list(several.values())[:_SHOWN])
                raise self.span.error(f'"{self.span.text}" means {len(several)} variants', hint=f"Such as {shown}.")
        return found

    def missed(self, pool: Pool) -> UsageError:
        """What to raise when there are none."""
        if places := list(pool.places(self.shot)):
            hint = f"There is {listed([str(pool.candidates[at].address) for at in places])}."
            if len(self.version) > 1:
                hint += " Values before a / are one version; shots go before them in an option of their own."
            return _missed(self.span, "", hint)
        known = {**pool.words[""], **{shot: self._with_shot(shot) for shot in pool.shots}}
        meant = closest(self.shot.literal or self.span.text, known)
        return _missed(self.span, known[meant] if meant else "", f"There is {listed([*pool.shots])}.")

    def _with_shot(self, shot: str) -> str:
        """The same alternative with the name of another shot."""
        text, begin = self.span.text, self.name.at - self.span.at
        return text[:begin] + shot + text[begin + len(self.name.text) :]


Alternative = Fact | Takes
Option = tuple[tuple[Alternative, ...], ...]


def _missed(span: Span, meant: str, hint: str) -> UsageError:
    guess = f"; did you mean {meant}?" if meant else ""
    return span.error(f'nothing matches "{span.text}"{guess}', hint=hint)


def _accepted(wanted: tuple[Pattern, ...], versions: set[Pairs]) -> set[Pairs]:
    """The versions that have exactly these values in this order, else those that have them at all."""
    exact = {
        version
        for version in versions
        if len(version) == len(wanted) and all(map(lambda each, pair: each.matches(pair[1]), wanted, version))
    }
    return exact or {version for version in versions if _has_all(wanted, [value for _, value in version])}


def _has_all(wanted: tuple[Pattern, ...], values: list[str]) -> bool:
    """Whether each pattern has a value of its own."""
    if not wanted or len(wanted) > len(values):
        return not wanted
    return any(
        wanted[0].matches(value) and _has_all(wanted[1:], values[:at] + values[at + 1 :])
        for at, value in enumerate(values)
    )
