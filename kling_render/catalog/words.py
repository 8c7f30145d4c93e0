"""Words of messages about names: what a mistyped one was meant to be, and which ones there are."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

_LISTED = 5


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was most likely meant to be."""
    candidates = {each.lower(): each for each in known}
    for each, written in candidates.items():
        if sorted(each) == sorted(word.lower()):  # two letters changed places
            return written
    found = difflib.get_close_matches(word.lower(), list(candidates), n=1, cutoff=0.6)
    return candidates[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean "x"?`, or nothing when no known word is near."""
    match = closest(word, known)
    return f'; did you mean "{match}"?' if match else ""


def listed(names: Sequence[str]) -> str:
    """The first few of some names, and how many more there are: `a, b, c, d, e and 3 more`."""
    more = f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more
