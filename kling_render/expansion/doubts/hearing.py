"""Whether a prompt names anything that is heard; the words stand in audible.toml."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_SINGLE = "'\u2018\u2019"
_QUOTATION = re.compile(
    rf"""["\u201c\u201d„«»「」『』]|(?:^|[\s:(])[{_SINGLE}][^{_SINGLE}]{{2,}}[{_SINGLE}](?:$|[\s.,!?)])"""
)
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_ALPHABETS = ("LATIN ", "CJK ", "HIRAGANA", "KATAKANA", "HANGUL")


@dataclass(frozen=True)
class _Vocabulary:
    words: frozenset[str]
    stems: frozenset[str]
    anywhere: tuple[str, ...]
    foreign_words: frozenset[str]
    foreign_letters: frozenset[str]

    def names_a_sound(self, text: str, words: set[str]) -> bool:
        """Whether a text in lower case, or one of its words, is about something that is heard."""
        if not self.words.isdisjoint(words) or any(part in text for part in self.anywhere):
            return True
        return any(word[:end] in self.stems for word in words for end in range(3, len(word) + 1))

    def is_foreign(self, text: str, words: set[str]) -> bool:
        """Whether a text is in a language whose words are not known."""
        if not self.foreign_words.isdisjoint(words) or not self.foreign_letters.isdisjoint(text):
            return True
        letters = {sign for sign in text if sign.isalpha() and not sign.isascii()}
        return any(not unicodedata.name(sign, "").startswith(_ALPHABETS) for sign in letters)


def is_soundless(prompt: str) -> bool:
    """Whether a prompt surely names nothing that is heard: False for languages that are not known here."""
    if _QUOTATION.search(prompt):
        return False
    text = prompt.lower()
    words = set(_WORD.findall(text))
    words |= {part for word in words if "-" in word for part in word.split("-")}
    vocabulary = _vocabulary()
    return bool(words) and not vocabulary.names_a_sound(text, words) and not vocabulary.is_foreign(text, words)


@cache
def _vocabulary() -> _Vocabulary:
    raw = tomllib.loads(Path(__file__).with_name("audible.toml").read_text("utf-8"))
    other: dict[str, Any] = raw.pop("other")
    anywhere: dict[str, list[str]] = raw.pop("anywhere")
    return _Vocabulary(
        frozenset(word for language in raw.values() for word in language["words"]),
        frozenset(stem for language in raw.values() for stem in language["stems"]),
        tuple({part: None for parts in anywhere.values() for part in parts}),
        frozenset(other["words"]),
        frozenset(other["letters"]),
    )
