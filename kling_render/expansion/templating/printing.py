"""What can stand in a prompt: texts, numbers and elements; everything else is refused by name."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from jinja2 import Undefined
from jinja2.runtime import LoopContext, Macro

from kling_render.expansion.elements import ElementText, ElementTexts

_KINDS = {
    bool: "true or false", type(None): "none", list: "a list", tuple: "a list", LoopContext: "the loop",
    Macro: "a macro (call it: add parentheses)", ElementTexts: "all elements (name one: element.NAME)",
    float: "a number without end",
}  # fmt: skip
_CONVERSION = re.compile(r"%(?P<key>\([^()]*\))?[-#0 +]*[0-9*]*(?:\.[0-9*]*)?[hlL]?(?P<kind>.)", re.DOTALL)
"""One conversion as Python reads a printf pattern; where Python would give up, it may match anything."""


def printed(value: Any, what: str = "it prints") -> str:
    """The text that a value prints as.

    Raises:
        TypeError: it is no text, finite number or element; the message begins with `what`.
        UndefinedError: it is undefined.
    """
    if isinstance(value, (str, int, ElementText, Undefined)) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return str(value)
    shown = _KINDS.get(type(value), "a table" if isinstance(value, Mapping) else "an object")
    raise TypeError(f"{what} {shown}; only texts and numbers can stand in a prompt")


def printed_arguments(pattern: str, arguments: Any) -> list[str]:
    """What `pattern % arguments` prints, text by text.

    Raises:
        TypeError: something in it cannot stand in a prompt; or a table is meant as a whole, not by its entries; or
            the pattern prints Python's notation (`%r`, `%a`).
    """
    conversions = list(_CONVERSION.finditer(pattern))
    if any(each["kind"] in "ra" for each in conversions):
        raise TypeError("%r and %a print what only Python reads; write %s")
    if isinstance(arguments, Mapping):
        if not all(each["key"] or each[0] == "%%" for each in conversions):
            return [printed(arguments, "format is given")]
        arguments = tuple(arguments.values())
    entries = arguments if isinstance(arguments, tuple) else (arguments,)
    return [printed(each, "format is given") for each in entries]
