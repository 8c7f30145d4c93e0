"""What a template may cost, in counts rather than seconds, so that the verdict is the same on every machine."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from typing import Any

MAX_STEPS = 10_000
"""Loop turns, calls, filters and includes of one rendering."""
MAX_CHARS = 20_000
"""Characters of one text, and of one rendering's output. A prompt has at most 2,500."""
MAX_ENTRIES = 1_000
"""Entries of a list that a template makes."""
MAX_NUMBER = 10_000
"""Arguments of filters: widths, counts, precisions."""
MAX_BITS = 64
"""Size of whole numbers."""
MAX_SOURCE = 65_536
"""Characters of one template file."""

_WIDE_FORMAT = re.compile(r"%[^A-Za-z%]*(?:\d{4,}|\*)")


class TemplateLimitError(Exception):
    """A template asked for more than it may have."""


class Meter:
    """Counts what one rendering has used so far."""

    def __init__(self) -> None:
        self.steps = 0
        self.chars = 0

    def reset(self) -> None:
        """Start a new rendering."""
        self.steps = self.chars = 0

    def step(self) -> None:
        """Count one step."""
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise TemplateLimitError(f"the template takes more than {MAX_STEPS:,} steps")

    def write(self, count: int) -> None:
        """Count characters of output."""
        self.chars += count
        if self.chars > MAX_CHARS:
            raise TemplateLimitError(f"the template writes more than {MAX_CHARS:,} characters")

    def count(self, entries: Iterable[Any]) -> Iterator[Any]:
        """Count the turns of a loop."""
        for entry in entries:
            self.step()
            yield entry


def check_size(value: Any) -> Any:
    """The value, if a template may have one of this size."""
    if isinstance(value, str):
        if len(value) > MAX_CHARS:
            raise TemplateLimitError(f"a text of more than {MAX_CHARS:,} characters")
    elif isinstance(value, (list, tuple)):
        if len(value) > MAX_ENTRIES:
            raise TemplateLimitError(f"a list of more than {MAX_ENTRIES:,} entries")
    elif isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise TemplateLimitError(f"a number of more than {MAX_BITS} bits")
    return value


def check_operation(operator: str, left: Any, right: Any) -> None:
    """Refuses `*`, `**` and `%` whose result would be too large, before it is made."""
    if operator == "**" and isinstance(left, int) and isinstance(right, int):
        if left.bit_length() * abs(right) > MAX_BITS:
            raise TemplateLimitError(f"a number of more than {MAX_BITS} bits")
    elif operator == "*":
        _check_product(left, right)
        _check_product(right, left)
    elif operator == "%" and isinstance(left, str):
        check_format(left)


def _check_product(many: Any, times: Any) -> None:
    if isinstance(many, (str, list, tuple)) and isinstance(times, int):
        limit = MAX_CHARS if isinstance(many, str) else MAX_ENTRIES
        if len(many) * times > limit:
            raise TemplateLimitError(f"a repetition to more than {limit:,}")


def check_format(pattern: str) -> None:
    """Refuses printf patterns with widths that no prompt needs, and widths taken from an argument."""
    if _WIDE_FORMAT.search(pattern):
        raise TemplateLimitError("a format wider than 999 characters, or as wide as an argument says")


def bounded(name: str, function: Callable[..., Any], meter: Meter) -> Callable[..., Any]:
    """A filter that counts as a step, takes no huge numbers and returns nothing huge."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        meter.step()
        for argument in (*args[1:], *kwargs.values()):
            if isinstance(argument, int) and abs(argument) > MAX_NUMBER:
                raise TemplateLimitError(f"the number {argument:.3g} as an argument of {name}")
        if name == "replace":
            _check_replacement(*[each for each in args if isinstance(each, str)][:3])
        if name == "format":
            check_format(str(args[0]))
        return check_size(function(*args, **kwargs))

    return call


def _check_replacement(text: str = "", old: str = "", new: str = "") -> None:
    times = text.count(old) if old else len(text) + 1
    if times * len(new) > MAX_CHARS:
        raise TemplateLimitError(f"a replacement to more than {MAX_CHARS:,} characters")


def check_range(*bounds: int) -> range:
    """`range`, with at most MAX_ENTRIES entries."""
    numbers = range(*bounds)
    if len(numbers) > MAX_ENTRIES:
        raise TemplateLimitError(f"a range of more than {MAX_ENTRIES:,} numbers")
    return numbers
