"""What a template may cost, in counts rather than seconds, so that the verdict is the same on every machine."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kling_render.expansion.elements import ElementText

MAX_STEPS = 10_000
"""Loop turns, calls, filters and includes of one rendering; long bodies, texts and lists count more."""
STEP_LENGTH = 20
"""Characters that are given to a call or filter, compared, joined or cut, and count as one more step."""
ENTRY_LENGTH = 5
"""Characters that an entry counts for in a list or table that a template makes: it is looked through."""
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

_SHORT = frozenset({int, float, bool, type(None)})
# The second alternative: Python balances brackets inside a key, this pattern cannot.
_WIDE_FORMAT = re.compile(r"%(?:\([^()]*\))?[^A-Za-z%()]*(?:\d{4,}|\*)|%\([^()]*\(")


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

    def charge(self, steps: int) -> None:
        """Count some steps."""
        self.steps += steps
        if self.steps > MAX_STEPS:
            raise TemplateLimitError(f"the template takes more than {MAX_STEPS:,} steps")

    def step(self, *arguments: Any, times: int = 1) -> None:
        """Count one step, and more for long arguments; some calls cost their arguments several times."""
        self.charge(1 + _length(arguments) * times // STEP_LENGTH)

    def weigh(self, value: Any) -> Any:
        """The value; a long one counts as steps."""
        kind = type(value)
        if kind is str:
            if len(value) >= STEP_LENGTH:
                self.charge(len(value) // STEP_LENGTH)
        elif kind is not int and kind is not float:
            self.charge(_length((value,)) // STEP_LENGTH)
        return value

    def admit(self, value: Any) -> Any:
        """The value, if a template may have one of this size; looking through a list counts as steps."""
        if isinstance(value, (list, tuple, dict)):
            self.charge(_check_entries(value) * ENTRY_LENGTH // STEP_LENGTH)
            return value
        return check_size(value)

    def write(self, count: int) -> None:
        """Count characters of output."""
        self.chars += count
        if self.chars > MAX_CHARS:
            raise TemplateLimitError(f"the template writes more than {MAX_CHARS:,} characters")

    def write_text(self, text: str) -> str:
        """The text, its characters counted as output."""
        self.chars += len(text)
        if self.chars > MAX_CHARS:
            raise TemplateLimitError(f"the template writes more than {MAX_CHARS:,} characters")
        return text

    def count(self, entries: Iterable[Any], turn: int = 1) -> Iterator[Any]:
        """The entries of a loop, each turn that many steps."""
        for entry in entries:
            self.charge(turn)
            yield entry


def check_size(value: Any) -> Any:
    """The value, if a template may have one of this size."""
    if isinstance(value, str):
        if len(value) > MAX_CHARS:
            raise TemplateLimitError(f"a text of more than {MAX_CHARS:,} characters")
    elif isinstance(value, (list, tuple, dict)):
        _check_entries(value)
    elif isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise TemplateLimitError(f"a number of more than {MAX_BITS} bits")
    return value


def _length(values: Iterable[Any]) -> int:
    """Characters and entries of all the values, with those of the lists and tables in them."""
    pending, count = list(values), 0
    while pending:
        value = pending.pop()
        kind = type(value)
        if kind in _SHORT:
            continue
        if kind is str:
            count += len(value)
        elif isinstance(value, (str, range, ElementText)):
            count += len(value.printed) if isinstance(value, ElementText) else len(value)
        elif isinstance(value, (list, tuple, Mapping)):
            count += len(value)
            pending.extend(value.values() if isinstance(value, Mapping) else value)
    return count


def _check_entries(value: Any) -> int:
    """Counts a list with all lists in it: a list of itself twice, twice, twice… grows without ever being long."""
    pending, count = [value], 0
    while pending:
        inner = pending.pop()
        count += len(inner)
        if count > MAX_ENTRIES:
            raise TemplateLimitError(f"a list of more than {MAX_ENTRIES:,} entries, those of inner lists included")
        entries = inner.values() if isinstance(inner, dict) else inner
        pending.extend(entry for entry in entries if isinstance(entry, (list, tuple, dict)))
    return count


def check_operation(operator: str, left: Any, right: Any) -> None:
    """Refuses `*` and `**` whose result would be too large, before it is made."""
    if operator == "**" and isinstance(left, int) and isinstance(right, int):
        if left.bit_length() * abs(right) > MAX_BITS:
            raise TemplateLimitError(f"a number of more than {MAX_BITS} bits")
    elif operator == "*":
        _check_product(left, right)
        _check_product(right, left)


def _check_product(many: Any, times: Any) -> None:
    if isinstance(many, (str, list, tuple)) and isinstance(times, int):
        limit = MAX_CHARS if isinstance(many, str) else MAX_ENTRIES
        if len(many) * times > limit:
            raise TemplateLimitError(f"a repetition to more than {limit:,}")


def check_format(pattern: str) -> None:
    """Refuses printf patterns with widths that no prompt needs, and widths taken from an argument."""
    if _WIDE_FORMAT.search(pattern):
        raise TemplateLimitError("a format wider than 999 characters, or as wide as an argument says")


def check_range(*bounds: int) -> range:
    """`range`, with at most MAX_ENTRIES entries."""
    numbers = range(*bounds)
    if numbers[MAX_ENTRIES:]:  # its length may not fit where Python keeps lengths
        raise TemplateLimitError(f"a range of more than {MAX_ENTRIES:,} numbers")
    return numbers
