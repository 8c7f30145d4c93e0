"""What tomllib cannot read, in words for the author of a project: where the mistake was made, and its remedy."""

from __future__ import annotations

from collections.abc import Callable

from kling_render.project.syntax.duplicates import duplicate
from kling_render.project.syntax.mistakes import Mistake, Trap, tokens
from kling_render.project.syntax.wrong_tables import (
    broken_braces,
    broken_header,
    broken_key,
    missing_comma,
    unclosed_list,
)
from kling_render.project.syntax.wrong_texts import (
    forbidden_sign,
    swallowed_text,
    text_ends_early,
    unclosed_text,
    wrong_escape,
)
from kling_render.project.syntax.wrong_values import more_after_value, wrong_value

_TRAPS: tuple[Callable[[Mistake], Trap | None], ...] = (
    forbidden_sign,
    duplicate,
    wrong_escape,
    unclosed_text,
    swallowed_text,
    text_ends_early,
    broken_header,
    unclosed_list,
    broken_braces,
    missing_comma,
    wrong_value,
    more_after_value,
    broken_key,
)
"""From the particular to the general: the first that recognises a mistake names it."""


def explain(mistake: Mistake) -> Trap:
    """What is wrong where tomllib gave up."""
    for recognise in _TRAPS:
        if trap := recognise(mistake):
            return trap
    complaint = mistake.complaint
    return Trap(mistake.at, f"this is not TOML: {complaint[:1].lower()}{complaint[1:]}", "See https://toml.io")


def deepest(text: str, limit: int) -> int:
    """The index of the bracket that first nests deeper than a limit; 0 where none does."""
    depth = 0
    for found in tokens(text, len(text)):
        depth += bool(found["opens"]) - bool(found["closes"])
        if depth > limit:
            return found.start()
    return 0
