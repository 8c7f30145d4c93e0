"""What can stand in a prompt: texts, numbers and elements; everything else is refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Undefined
from jinja2.runtime import LoopContext, Macro

from kling_render.expansion.elements import ElementText, ElementTexts

_KINDS = {
    bool: "true or false", type(None): "none", list: "a list", tuple: "a list", LoopContext: "the loop",
    Macro: "a macro (call it: add parentheses)", ElementTexts: "all elements (name one: element.NAME)",
}  # fmt: skip


def printed(value: Any, what: str = "it prints") -> str:
    """The text that a value prints as.

    Raises:
        TypeError: it is no text, number or element; the message begins with `what`.
        UndefinedError: it is undefined.
    """
    if isinstance(value, (str, int, float, ElementText, Undefined)) and not isinstance(value, bool):
        return str(value)
    shown = _KINDS.get(type(value), "a table" if isinstance(value, Mapping) else "an object")
    raise TypeError(f"{what} {shown}; only texts and numbers can stand in a prompt")
