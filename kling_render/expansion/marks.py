"""Values that print themselves between two marks, and the way back from the printed text to who printed what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

_OPEN, _BETWEEN, _CLOSE = "\ufdd0", "\ufdd1", "\ufdd2"
"""Noncharacters: no text for people holds them."""


@dataclass(frozen=True)
class Stretch:
    """A piece of a prompt, and the variable that printed it; empty where the template itself says so."""

    text: str
    variable: str = ""


def between(number: int, text: str) -> str:
    """A text between the marks of the variable with that number."""
    return f"{_OPEN}{number}{_BETWEEN}{text}{_CLOSE}"


class MarkedText(str):
    """A text that prints itself between marks."""

    def __new__(cls, value: str, number: int) -> MarkedText:
        """The text of the variable with that number."""
        made = super().__new__(cls, value)
        made._printed = between(number, value)
        return made

    _printed: str

    def __str__(self) -> str:
        return self._printed


class _Whole(int):
    """A whole number that prints itself between marks."""

    _printed: str

    def __str__(self) -> str:
        return self._printed


class _Broken(float):
    """A number that prints itself between marks."""

    _printed: str

    def __str__(self) -> str:
        return self._printed


def marking(value: Any, number: int) -> Any:
    """A value of a variable whose texts and numbers print themselves between marks."""
    if isinstance(value, str):
        return MarkedText(value, number)
    if isinstance(value, Mapping):
        return {key: marking(each, number) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(marking(each, number) for each in value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        made = _Whole(value) if isinstance(value, int) else _Broken(value)
        made._printed = between(number, str(value))
        return made
    return value


# ── from a text with marks to stretches


def stretches_of(marked: str, text: str, names: Sequence[str], collapse: bool) -> tuple[Stretch, ...]:
    """The stretches of a text, by what was rendered with marks; one unmarked stretch where they do not agree."""
    try:
        signs = list(signs_of(marked))
    except (ValueError, IndexError):
        return (Stretch(text),)
    signs = list(_collapsed(signs)) if collapse else signs
    plain = "".join(sign for sign, _ in signs)
    if len(plain) != len(text) or plain.casefold() != text.casefold():
        return (Stretch(text),)
    owners = [(sign, number) for sign, (_, number) in zip(text, signs, strict=True)]
    return tuple(
        Stretch("".join(sign for sign, _ in group), names[number] if number >= 0 else "")
        for number, group in groupby(owners, key=itemgetter(1))
    )


def signs_of(marked: str) -> Iterator[tuple[str, int]]:
    """Each character with the number of the innermost variable that printed it, -1 for none."""
    around, at = [-1], 0
    while at < len(marked):
        sign = marked[at]
        if sign == _OPEN:
            end = marked.index(_BETWEEN, at)
            around.append(int(marked[at + 1 : end]))
            at = end
        elif sign == _CLOSE:
            around.pop()
        else:
            yield sign, around[-1]
        at += 1
    if len(around) > 1:
        raise ValueError("a mark was cut off")


def _collapsed(signs: Iterable[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """Runs of white space as one space, none at the ends: what `" ".join(text.split())` leaves."""
    gap, is_first = None, True
    for sign, number in signs:
        if sign.isspace():
            gap = number if gap is None else gap if gap == number else -1
            continue
        if gap is not None and not is_first:
            yield " ", gap
        gap, is_first = None, False
        yield sign, number
