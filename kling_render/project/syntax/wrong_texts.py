"""Mistakes in texts: quotes in quotes, texts that are not closed, backslashes, characters that cannot stand there."""

from __future__ import annotations

import re

from kling_render.project.syntax.mistakes import Mistake, Trap

CURLY = "\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u201b\u00ab\u00bb\u2033\u2032`\u00b4"
"""What word processors write for quotes, and the signs taken for them."""
QUOTES = "Text that holds quotes goes between three single quotes: prompt = '''She says: \"It's late.\"'''"
_NEXT_KEY = re.compile(r"""[\w.-]+\s*=|["'][^"']*["']\s*=""")
_GOES_ON = re.compile(r"[^\s,;\]}#/]")
_PATH = re.compile(r"[A-Za-z]:\\|\\\\\w|^[\w.-]+\\[\w.-]|\.(?:png|jpe?g|webp|mp4|mov|mp3|wav|toml|j2)$", re.IGNORECASE)
_LONGEST_EXAMPLE = 70


def unclosed_text(mistake: Mistake) -> Trap | None:
    """`prompt = "She walks`: points at the quote that opens it."""
    at = mistake.unclosed
    if at is None or at > mistake.at or not mistake.complaint.startswith(("Illegal", "Unterm", "Expected", "Found")):
        return None
    quotes = mistake.text[at : at + 3]
    if quotes in ('"""', "'''"):
        return Trap(at, "the text that begins here is never closed", f"End it with {quotes}")
    line = mistake.text[at:].partition("\n")[0].rstrip()
    if curly := next((sign for sign in line if sign in CURLY), ""):
        hint = f"Only the straight {quotes[0]} ends it, not the typographic {curly}"
    else:
        hint = f"End it with {quotes[0]}; a text of several lines goes between three single quotes: '''…'''"
    return Trap(at, "the text that begins here is not closed in its line", hint)


def swallowed_text(mistake: Mistake) -> Trap | None:
    """Three quotes that were never closed, and end at the three that were to open the next text."""
    found = mistake.text_before
    if found is None or found[0][:3] not in ('"""', "'''") or "\n" not in found[0]:
        return None
    last = found[0].rpartition("\n")[2]
    if not _NEXT_KEY.match(last.strip()):
        return None
    line = mistake.line_of(found.end())
    hint = f"End it with {found[0][:3]}; as it is, it goes on to line {line}."
    return Trap(found.start(), "the text that begins here is not closed before the next key", hint)


def text_ends_early(mistake: Mistake) -> Trap | None:
    """`"She says: "Not tonight.""`: points at the quote that ends the text too early."""
    found = mistake.text_before
    if found is None or not mistake.complaint.startswith(("Expected newline", "Unclosed")):
        return None
    if not _GOES_ON.match(mistake.after) or _NEXT_KEY.match(mistake.after):
        return None
    if mistake.brackets and mistake.sign in "\"'":
        return None
    message = "the text ends at this quote, but the line goes on"
    return Trap(found.end() - 1, message, _requoted(mistake, found) or QUOTES)


def wrong_escape(mistake: Mistake) -> Trap | None:
    r"""`"C:\Users\mira"`: points at the backslash."""
    if not mistake.complaint.startswith(("Unescaped", "Invalid hex", "Escaped character")):
        return None
    at = mistake.text.rindex("\\", 0, mistake.at)
    escape = mistake.text[at : mistake.at] if mistake.complaint.startswith("Esc") else mistake.text[at : at + 2]
    message = f"in double quotes a backslash begins an escape, and {escape} is none here"
    content = _around(mistake, at)
    if mistake.complaint.startswith("Esc") or not _PATH.search(content):
        return Trap(at, message, "Write \\\\ for a backslash, or put the text between single quotes.")
    hint = f"A path goes between single quotes, or has forward slashes: '{content}'"
    return Trap(at, message, hint if len(content) <= _LONGEST_EXAMPLE else hint.partition(":")[0] + ".")


def forbidden_sign(mistake: Mistake) -> Trap | None:
    """A control character; a lone CR has its own words."""
    sign = mistake.sign
    if sign == "\r":
        hint = "Save the file with line ends of Unix (LF) or Windows (CR LF)."
        return Trap(mistake.at, "a line ends with CR alone, as on old Macs", hint)
    if not sign or sign.isprintable() or sign in "\n\t ":
        return None
    message = f"the invisible character U+{ord(sign):04X} cannot stand here"
    return Trap(mistake.at, message, "Delete it; it may have come with a copy from elsewhere.")


def _around(mistake: Mistake, at: int) -> str:
    """What stands between the double quotes around an index, as far as one can tell."""
    start = mistake.text.rfind('"', 0, at) + 1
    return re.split(r'["\n]', mistake.text[start:], maxsplit=1)[0]


def _requoted(mistake: Mistake, found: re.Match[str]) -> str:
    """The whole line with three single quotes instead, where one can tell how the text was to end."""
    quote = found[0][0]
    whole = mistake.text[found.start() :].partition("\n")[0].rstrip()
    content = whole[1:-1]
    known = len(found[0]) > 1 and whole.endswith(quote) and not mistake.brackets and found[0][:3] != quote * 3
    if not known or "'''" in content or content.endswith("'") or len(content) > _LONGEST_EXAMPLE:
        return ""
    return f"Text that holds quotes goes between three single quotes: {mistake.key} = '''{content}'''"
