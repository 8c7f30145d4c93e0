"""Whether a prompt says a second time, in words, what an element shows already."""

from __future__ import annotations

import re
from collections import Counter

_WORD = re.compile(r"[^\W_]+")
_SHARE = 0.6
_FEWEST = 4
"""Words of a description below which nothing is said: too easily they stand in a prompt by chance."""
_SLACK = 6
"""How many words a passage may be longer than the description that it repeats."""
_COMMON = frozenset({"the", "and", "with", "her", "his", "its", "who", "from", "into", "for", "she", "has", "that"})


def repeats(prompt: str, name: str, description: str) -> bool:
    """Whether a prompt holds a description, or most of its words close together.

    Args:
        prompt: the text as it is sent.
        name: of the element, which stands in the prompt anyway.
        description: of the element.
    """
    said, written = _plain(description), _plain(prompt)
    wanted = {word for word in _WORD.findall(said) if len(word) > 2} - _COMMON - {name.lower()}
    if len(wanted) < _FEWEST:
        return False
    return said in written or _holds_most(_WORD.findall(written), wanted, len(_WORD.findall(said)) + _SLACK)


def _holds_most(words: list[str], wanted: set[str], width: int) -> bool:
    """Whether some passage of so many words holds most of the wanted ones."""
    if len(wanted.intersection(words)) < _SHARE * len(wanted):
        return False
    inside: Counter[str] = Counter()
    for at, word in enumerate(words):
        if word in wanted:
            inside[word] += 1
        if at >= width and words[at - width] in wanted:
            gone = words[at - width]
            inside[gone] -= 1
            if not inside[gone]:
                del inside[gone]
        if len(inside) >= _SHARE * len(wanted):
            return True
    return False


def _plain(text: str) -> str:
    return " ".join(text.lower().split())
