"""Mistakes in values: no quotes, curly quotes, capitals, commas, nothing at all."""

from __future__ import annotations

import re

from kling_render.project.syntax.mistakes import Mistake, Trap
from kling_render.project.syntax.wrong_texts import CURLY, QUOTES

_WORDS = {"true": "true", "false": "false", "yes": "true", "no": "false", "on": "true", "off": "false"}
_NOTHING = {"null", "none", "nil", "undefined"}
_NUMBER_START = re.compile(r"[+-]?[0-9][0-9_]*$")
_COMMENT = re.compile(r"(?:^|\s)(?://|/\*|--|;).*$")


def wrong_value(mistake: Mistake) -> Trap | None:
    """What stands right of `=`, or in a list, is no value at all."""
    if mistake.complaint != "Invalid value":
        return None
    word = re.split(r"[\s,\]}#]", mistake.after, maxsplit=1)[0]
    if not word:
        return _missing(mistake)
    if word[0] in CURLY:
        return _curly(mistake)
    if word.lower() in _WORDS:
        meant = _WORDS[word.lower()]
        return Trap(mistake.at, f"{word} is no value of TOML", f"Write {meant}, in small letters and without quotes.")
    if word.lower() in _NOTHING:
        return Trap(mistake.at, f"{word} is no value of TOML", "Leave the key out; in a shot, unset takes it away.")
    if word[0] == "=":
        return Trap(mistake.at, "a second = follows the first", "Keep one of them.")
    if re.fullmatch(r"[+-]?\.[0-9]+", word):
        zero = word.replace(".", "0.")
        return Trap(mistake.at, "a number begins with a digit", f"Write {zero}")
    return _unquoted(mistake, mistake.at)


def more_after_value(mistake: Mistake) -> Trap | None:
    """A value has ended, but the line goes on: comma decimals, unquoted texts that begin with a digit, two keys."""
    if not mistake.complaint.startswith("Expected newline"):
        return None
    value = mistake.before.rpartition("=")[2].strip()
    if (found := re.match(r",\s*([0-9]+)\b", mistake.after)) and _NUMBER_START.match(value):
        return Trap(mistake.at, "a decimal has a point, not a comma", f"Write {value}.{found[1]}")
    if re.fullmatch(r"0[0-9]{1,20}", value + mistake.after):
        return Trap(mistake.at, "a number has no zeros in front", f"Write {int(value + mistake.after)}")
    if _NUMBER_START.match(value) and re.match(r"\.(?:\s|$)", mistake.after):
        return Trap(mistake.at, "a digit must follow the point", f"Write {value}.0")
    if mistake.sign == "]":
        return Trap(mistake.at, "a bracket too many", "Leave it out.")
    if mistake.sign in ",;":
        return Trap(mistake.at, f"a line ends without {mistake.sign}", "Leave it out.")
    if mistake.after.startswith(("//", "/*", "--")):
        return Trap(mistake.at, "a comment begins with #", f"Write # instead of {mistake.after[:2]}")
    if re.match(r"""["']?[\w.-]+["']?\s*=""", mistake.after):
        return Trap(mistake.at, "a second key begins in the same line", "Each key has a line of its own.")
    return _number_as_text(mistake, value)


def _number_as_text(mistake: Mistake, value: str) -> Trap | None:
    """`16:9`, `5s`, `720p`: a text that begins with a number."""
    if not value or mistake.brackets or value[0] not in "+-0123456789":
        return None
    return _unquoted(mistake, mistake.line_start + mistake.before.rindex(value))


def _missing(mistake: Mistake) -> Trap:
    if mistake.brackets:
        return Trap(mistake.at, "a value is missing here", "Leave out the comma, or write a value.")
    return Trap(mistake.at, "the value is missing", f'Write e.g. {mistake.key} = "text", or delete the line.')


def _curly(mistake: Mistake) -> Trap:
    sign = mistake.sign
    content = re.split(f"[{CURLY}]", mistake.after[1:])[0]
    straight = f'"{content}"' if content and '"' not in content else '"…"'
    hint = f"Write {straight} (word processors turn straight quotes into typographic ones)."
    return Trap(mistake.at, f"{sign} opens no text: only the straight quotes do", hint)


def _unquoted(mistake: Mistake, start: int) -> Trap:
    rest = mistake.text[start:].partition("\n")[0]
    if mistake.brackets:
        written = re.split(r"[,\]}#]", rest, maxsplit=1)[0].strip()
    else:
        written = _COMMENT.sub("", re.split(r"\s#", rest, maxsplit=1)[0]).strip()
    if '"' in written or "'" in written:
        return Trap(start, "a text needs quotes", QUOTES)
    quoted = f"'{written}'" if "\\" in written else f'"{written}"'
    example = quoted if mistake.brackets else f"{mistake.key} = {quoted}"
    return Trap(start, "a text needs quotes", f"Write {example}")
