"""Mistakes in keys, table headers, lists and inline tables."""

from __future__ import annotations

import re

from kling_render.project.syntax.mistakes import Mistake, Trap

_NAMES = "A key without quotes has letters a to z, digits, dashes and underscores."


def unclosed_list(mistake: Mistake) -> Trap | None:
    """A list that is still open where the next key or table begins, or at the end: points at its bracket."""
    outermost = next((at for at in mistake.brackets if mistake.text[at] == "["), None)
    if outermost is None or not mistake.complaint.startswith(("Invalid", "Unclosed", "Expected")):
        return None
    if mistake.sign and not (mistake.begins_statement and outermost < mistake.line_start):
        return None
    return Trap(outermost, "the list that begins here is never closed", "End it with ]")


def missing_comma(mistake: Mistake) -> Trap | None:
    """Two values of a list or inline table with nothing between them."""
    if not mistake.complaint.startswith("Unclosed") or not mistake.sign or mistake.sign == "\n":
        return None
    kind = "values of a list" if mistake.complaint == "Unclosed array" else "keys of an inline table"
    return Trap(mistake.at, f"a comma is missing before this: {kind} stand between commas", "Write a comma.")


def broken_braces(mistake: Mistake) -> Trap | None:
    """An inline table over several lines, with a comma at its end, or never closed."""
    if not mistake.brackets or mistake.text[mistake.brackets[-1]] != "{":
        return None
    opened = mistake.brackets[-1]
    if mistake.sign == "}" and mistake.text[: mistake.at].rstrip().endswith(","):
        comma = mistake.text.rindex(",", 0, mistake.at)
        return Trap(comma, "no comma stands after the last key of an inline table", "Leave it out.")
    if mistake.sign not in ("", "\n", "#"):
        return None
    rest = mistake.text[mistake.at :].partition("}")
    if rest[1] and not re.search(r"^\s*\[", rest[0], re.MULTILINE):
        hint = "Write it in one line, or as a table of its own: a header such as [shot.walk.vars], one key per line."
        return Trap(opened, "an inline table, in { }, stands in one line", hint)
    return Trap(opened, "the inline table that begins here is never closed", "End it with } in the same line.")


def broken_header(mistake: Mistake) -> Trap | None:
    """A `[table]` that is not closed, or whose name cannot be one."""
    begun = re.match(r"[ \t]*(\[\[?)(.*)$", mistake.before)
    if begun is None or mistake.complaint.startswith(("Cannot", "Expected newline")):
        return None
    if mistake.brackets and mistake.brackets[0] < mistake.line_start:
        return None  # a row of a list
    name = begun[2].strip()
    at = mistake.line_start + begun.start(1)
    close = "]" * len(begun[1])
    if not mistake.after or mistake.sign == "#":
        return Trap(at, "the table header that begins here is not closed", f"Write {begun[1]}{name}{close}")
    if mistake.sign == "]":
        missing = "the name of the table is missing" if not name or name.endswith(".") else "a bracket is missing"
        hint = f"Write {begun[1]}shot.walk{close}" if missing.startswith("the") else f"Write {begun[1]}{name}{close}"
        return Trap(mistake.at, missing, hint)
    whole = (begun[2] + mistake.after).partition("]")[0]
    if re.fullmatch(r"[\w.-]+(?:[ \t]+[\w.-]+)+", whole):
        dashed = "-".join(whole.split())
        return Trap(mistake.at, "a name holds no spaces", f"Write {begun[1]}{dashed}{close}")
    return Trap(mistake.at, f"{mistake.sign} cannot stand in the name of a table", _NAMES)


def broken_key(mistake: Mistake) -> Trap | None:
    """A key without `=`, with spaces or letters that need quotes, or no key at all."""
    if mistake.complaint.startswith("Expected '='"):
        return _no_equals(mistake)
    if not mistake.complaint.startswith(("Invalid statement", "Invalid initial")):
        return None
    if mistake.sign == "=":
        return Trap(mistake.at, "the key left of = is missing", 'Write e.g. prompt = "text"')
    if mistake.sign in ("]", "}"):
        return Trap(mistake.at, f"{mistake.sign} closes nothing", "Delete it, or write what it should close.")
    if mistake.after.startswith(("//", "/*", "--", ";")):
        return Trap(mistake.at, "a comment begins with #", "Write # in front of the line.")
    return Trap(mistake.at, f"no key or table begins with {mistake.sign or 'nothing'}", _NAMES)


def _no_equals(mistake: Mistake) -> Trap:
    key = re.split(r"[\s{,]", mistake.before.strip())[-1]
    if mistake.sign == ":":
        return Trap(mistake.at, "a key and its value stand around =, not :", f"Write {key} = …")
    if spaced := re.match(r"\s*([\w-]+(?:[ \t]+[\w-]+)+)\s*=", mistake.before + mistake.after):
        joined = "_".join(spaced[1].split())
        return Trap(mistake.at, "a key without quotes holds no spaces", f"Write {joined} = …")
    if mistake.sign.isalpha() and not mistake.before.endswith((" ", "\t")):
        return Trap(mistake.at, f"{mistake.sign} cannot stand in a key without quotes", _NAMES)
    return Trap(mistake.at, f"= is missing after {key}", f"Write {key} = …")
