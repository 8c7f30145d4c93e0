"""Addresses of takes: `9:16,de/walk[lens=50mm]#2`. Names, values and numbers only: moving a shot changes none."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise, takewhile
from typing import Any

from kling_render.catalog import did_you_mean
from kling_render.errors import UsageError
from kling_render.project.cells import value_text

__all__ = ["QUOTED", "Address", "Pairs", "ShortIds", "read_value", "value_text", "write_value"]

Pairs = tuple[tuple[str, str], ...]
"""Axes and their values as text, sorted by axis."""

QUOTED = r'"(?:[^"\\]|\\.)*+"'
"""The pattern of a value in quotes."""

_BARE = r"[A-Za-z0-9._:-]+"
_VALUE = rf"(?:{_BARE}|{QUOTED})"
_AXIS = rf"{_VALUE}={_VALUE}"
_SHOT, _NUMBER = r"(?P<shot>[A-Za-z0-9_-]+)", r"(?P<number>[1-9][0-9]{0,8})"
_ADDRESS = re.compile(
    rf"(?:(?P<version>{_VALUE}(?:,{_VALUE})*)/)?{_SHOT}(?:\[(?P<variant>{_AXIS}(?:,{_AXIS})*)\])?#{_NUMBER}", re.DOTALL
)
_VALUES = re.compile(_VALUE, re.DOTALL)
_SHORT = re.compile(rf"{_SHOT}\.(?P<code>[0-9A-Za-z]{{1,10}})#{_NUMBER}")
_UNSEEN = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What JSON leaves as it is, but would move the cursor, turn the writing direction or not encode at all."""

_SIGNS = "0123456789abcdefghjkmnpqrstvwxyz"
"""Thirty-two signs without those that are taken for others: i, l, o, u."""
_CODE_LENGTH = 10
_LEAST_LENGTH = 3


@lru_cache(maxsize=4096)
def write_value(value: str) -> str:
    """A value as it stands in an address: bare where it can, else in quotes as JSON."""
    if re.fullmatch(_BARE, value):
        return value
    return _UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(value, ensure_ascii=False))


def read_value(text: str) -> str:
    """The value that a text in an address stands for.

    Raises:
        ValueError: what is in quotes is no JSON text.
    """
    return str(json.loads(text, strict=False)) if text.startswith('"') else text


@dataclass(frozen=True, order=True, slots=True)
class Address:
    """Which take of which variant of which shot, in which version.

    Attributes:
        variant: the axes of the shot's matrix with their values, sorted by axis.
        version: the same for the film's versions; in an address read from text, the axes are empty, as they are not
            written. See `names`.
    """

    shot: str
    number: int
    variant: Pairs = ()
    version: Pairs = ()

    def __str__(self) -> str:
        version = f"{self.version_text}/" if self.version else ""
        variant = f"[{self.variant_text}]" if self.variant else ""
        return f"{version}{self.shot}{variant}#{self.number}"

    @property
    def variant_text(self) -> str:
        """What stands in the brackets."""
        return ",".join(f"{write_value(axis)}={write_value(value)}" for axis, value in self.variant)

    @property
    def version_text(self) -> str:
        """What stands before the slash."""
        return ",".join(write_value(value) for _, value in self.version)

    @property
    def without_number(self) -> tuple[Pairs, str, Pairs]:
        """Which variant in which version: what all takes of it have in common."""
        return self.version, self.shot, self.variant

    @property
    def code(self) -> str:
        """Ten signs made from variant and version alone; empty without any."""
        if not self.variant and not self.version:
            return ""
        digest = hashlib.sha256(json.dumps([self.version, self.variant], separators=(",", ":")).encode()).digest()
        bits = int.from_bytes(digest, "big") >> (256 - 5 * _CODE_LENGTH)
        return "".join(_SIGNS[(bits >> 5 * place) & 31] for place in reversed(range(_CODE_LENGTH)))

    @property
    def short_id(self) -> str:
        """The short form accepted wherever an address is; without variants and versions, the address itself."""
        code = self.code
        return f"{self.shot}.{code}#{self.number}" if code else str(self)

    def names(self, known: Address) -> bool:
        """Whether this address, perhaps read from text, means a known one: axes of the version are not compared."""
        return (self.shot, self.number, self.variant, _values(self)) == (
            known.shot, known.number, known.variant, _values(known),
        )  # fmt: skip

    @classmethod
    def of(
        cls, shot: str, number: int, variant: Mapping[str, Any] | None = None, version: Mapping[str, Any] | None = None
    ) -> Address:
        """The address of a take, from axes in any order with values as they are."""
        return cls(shot, number, _pairs(variant or {}), _pairs(version or {}))

    @classmethod
    def parse(cls, text: str) -> Address:
        """The address in a text; the axes of its version are empty. `names` tells which known one is meant.

        Raises:
            ValueError: it is not an address.
        """
        match = _ADDRESS.fullmatch(text)
        if match is None:
            raise ValueError(f'"{text}" is not an address such as walk#1')
        try:
            version = tuple(("", read_value(each)) for each in _VALUES.findall(match["version"] or ""))
            texts = iter(_VALUES.findall(match["variant"] or ""))
            axes = [(read_value(axis), read_value(value)) for axis, value in zip(texts, texts, strict=True)]
        except json.JSONDecodeError as error:
            raise ValueError(f'"{text}" is not an address such as walk#1: {error.msg}') from error
        if len(dict(axes)) < len(axes):
            raise ValueError(f'"{text}" is not an address such as walk#1: an axis stands in it twice')
        return cls(match["shot"], int(match["number"]), tuple(sorted(axes)), version)


def variant_of(address: Address | str) -> str:
    """An address without its take number, `9:16/walk[lens=50mm]`; one that has none as it is."""
    text = str(address)
    return text.rpartition("#")[0] or text


class ShortIds:
    """The shortest ids of the takes of one project, and the way back from any form of an address."""

    def __init__(self, addresses: Iterable[Address]) -> None:
        self._addresses = dict.fromkeys(addresses)
        codes: dict[str, dict[tuple[Pairs, Pairs], str]] = defaultdict(dict)
        known: dict[tuple[Pairs, Pairs], str] = {}
        for address in self._addresses:
            cell = (address.version, address.variant)
            if cell not in known:
                known[cell] = address.code
            codes[address.shot][cell] = known[cell]
        self._codes = dict(codes)
        self._lengths = {shot: _unique_lengths(each.values()) for shot, each in codes.items()}

    def of(self, address: Address) -> str:
        """The shortest id of one of the addresses, `walk.k3f#2`.

        Raises:
            KeyError: it is none of them.
        """
        code = self._codes[address.shot][address.version, address.variant]
        length = self._lengths[address.shot][code]
        if not code or length > _CODE_LENGTH:  # one in 10^15 pairs has the same code
            return str(address)
        return f"{address.shot}.{code[:length]}#{address.number}"

    def find(self, text: str) -> Address:
        """The take that a full address or the beginning of a short id means.

        Raises:
            UsageError: it means none, or several.
        """
        short = _SHORT.fullmatch(text)
        found = self._by_code(text, short) if short else self._by_address(text)
        if not found:
            shot = short["shot"] if short else re.split(r"[\[#]", text.rpartition("/")[2], maxsplit=1)[0]
            meant = "" if shot in self._codes else did_you_mean(shot, self._codes)
            known = [each for each in self._addresses if each.shot == shot]
            hint = (
                f"There is {self._listed(known)}." if known else "Addresses stand in: kling-render plan --format json"
            )
            raise UsageError(f'there is no take "{text}"{meant}', hint=hint)
        if len(found) > 1:
            raise UsageError(f'"{text}" means several takes', hint=f"One of {self._listed(found)}.")
        return found[0]

    def _by_code(self, text: str, short: re.Match[str]) -> list[Address]:
        cells = self._codes.get(short["shot"], {}).items()
        found = [cell for cell, code in cells if code.startswith(short["code"].lower())]
        takes = [Address(short["shot"], int(short["number"]), variant, version) for version, variant in found]
        return takes if len(takes) > 1 else [each for each in takes if each in self._addresses]

    def _by_address(self, text: str) -> list[Address]:
        try:
            wanted = Address.parse(text)
        except ValueError as error:
            hint = "A value with spaces stands in double quotes. Addresses stand in: kling-render plan --format json"
            raise UsageError(str(error), hint=hint) from None
        if found := [each for each in self._addresses if wanted.names(each)]:
            return found
        return [each for each in self._addresses if _in_order(wanted).names(_in_order(each))]

    def _listed(self, addresses: list[Address]) -> str:
        more = ", …" if len(addresses) > 5 else ""
        return ", ".join(f"{self.of(each)} ({each})" for each in addresses[:5]) + more


def _in_order(address: Address) -> Address:
    return replace(address, version=tuple(sorted(("", value) for value in _values(address))))


def _values(address: Address) -> tuple[str, ...]:
    return tuple(value for _, value in address.version)


def _pairs(axes: Mapping[str, Any]) -> Pairs:
    return tuple((axis, value_text(axes[axis])) for axis in sorted(axes))


def _unique_lengths(codes: Iterable[str]) -> dict[str, int]:
    """How much of each code tells it from all others; one more than there is, where nothing does."""
    ordered = sorted(codes)
    lengths = dict.fromkeys(ordered, _LEAST_LENGTH)
    for one, other in pairwise(ordered):
        needed = 1 + sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
        lengths[one] = max(lengths[one], needed)
        lengths[other] = max(lengths[other], needed)
    return lengths
