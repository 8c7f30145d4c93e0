"""Any Unicode string made drawable: cleaned, cut into pieces that may end a line, its direction found."""

import unicodedata
from itertools import groupby
from typing import Final

_LONGEST: Final = 4_000
_JOINERS: Final = "\u200c\u200d"
_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
# Scripts written without spaces: a line may end after any of their characters.
_SPACELESS: Final = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN", "FULLWIDTH")


def clean(text: str) -> str:
    """One paragraph without what a font cannot draw.

    White space and line ends become single spaces. Controls, lone surrogates and unassigned characters become the
    replacement character, each run once. Direction overrides and variation selectors go: a prompt must not be able to
    rearrange the slate. What follows the first 4,000 characters is never drawn and goes too.
    """
    visible = "".join(_drawable(character) for character in unicodedata.normalize("NFC", text[:_LONGEST]))
    return " ".join(_replaced_once(visible).split())


def _drawable(character: str) -> str:
    category = unicodedata.category(character)
    if character.isspace():
        return " "
    if category in ("Cc", "Cs", "Cn", "Co"):
        return _REPLACEMENT
    if (category == "Cf" and character not in _JOINERS) or "VARIATION SELECTOR" in unicodedata.name(character, ""):
        return ""
    return character


def _replaced_once(text: str) -> str:
    runs = groupby(text, key=lambda character: character == _REPLACEMENT)
    return "".join(_REPLACEMENT if replaced else "".join(run) for replaced, run in runs)


def clusters(text: str) -> list[str]:
    """Characters with the marks and joiners that hang on them: what one font has to draw whole."""
    found: list[str] = []
    for character in text:
        if found and (unicodedata.category(character) in ("Mn", "Mc", "Me") or character in _JOINERS):
            found[-1] += character
        else:
            found.append(character)
    return found


def pieces(text: str) -> list[str]:
    """Cut cleaned text where a line may end; joined, the pieces are the text again.

    Words keep the space after them; an address breaks before the name of an axis. Scripts without spaces break after
    every character, but closing punctuation stays with what it closes.
    """
    found: list[str] = []
    for cluster in clusters(text):
        if found and not _opens_piece(found[-1], cluster):
            found[-1] += cluster
        else:
            found.append(cluster)
    return found


def _opens_piece(before: str, cluster: str) -> bool:
    if cluster == " " or unicodedata.category(cluster[0]) in ("Po", "Pe", "Pf"):
        return False
    if before[-1] in "[,/" and cluster.isalpha():
        return True
    return before.endswith(" ") or _breaks_anywhere(before[-1]) or _breaks_anywhere(cluster[0])


def _breaks_anywhere(character: str) -> bool:
    # The check for Latin, Greek, Cyrillic, Hebrew and Arabic first: a name look-up per letter is slow.
    return character >= "\u0e00" and unicodedata.name(character, "").startswith(_SPACELESS)


def is_rtl(text: str) -> bool:
    """Whether the first character with a direction of its own runs right to left."""
    directions = (unicodedata.bidirectional(character) for character in text)
    return next((direction in ("R", "AL") for direction in directions if direction in ("L", "R", "AL")), False)
