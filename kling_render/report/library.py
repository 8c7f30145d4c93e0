"""The prompt library, for people and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.padding import Padding
from rich.text import Text

from kling_render.expansion.examples import render_example
from kling_render.expansion.library import Fragment, Variable
from kling_render.report.console import console, table

_FULL = 3
"""Up to so many fragments are shown whole, more as a list."""


def print_fragments(fragments: Sequence[Fragment]) -> None:
    """Print a few fragments whole, many as a list."""
    out = console()
    if len(fragments) > _FULL:
        rows = table("fragment", "what it is")
        for fragment in fragments:
            rows.add_row(fragment.name.removesuffix(".j2"), Text(fragment.summary))
        out.print(rows)
        out.print("\nUse one with {% include 'NAME.j2' %}, a card with {% from 'NAME.j2' import … %}.")
        out.print("See one whole, with its variables: kling-render templates NAME")
        return
    for fragment in fragments:
        _print_whole(fragment)


def fragment_json(fragment: Fragment) -> dict[str, Any]:
    """A fragment with its variables, its rendered example and its source."""
    return {
        "name": fragment.name,
        "summary": fragment.summary,
        "macro": fragment.macro,
        "variables": [
            {"name": each.name, "example": each.example, "remark": each.remark, "optional": each.optional}
            for each in fragment.variables
        ],
        "example": render_example(fragment),
        "source": fragment.source,
    }


def _print_whole(fragment: Fragment) -> None:
    out = console()
    out.print(fragment.name, style="bold")
    out.print(f"  {fragment.summary}")
    for variable in fragment.variables:
        out.print(f"  {_describe(variable)}", style="cyan")
    out.print(_usage(fragment))
    out.print(Padding(Text(f"→ {render_example(fragment)}\n", style="italic"), (0, 0, 0, 2)))


def _describe(variable: Variable) -> str:
    remark = f"  ({variable.remark})" if variable.remark else ""
    return f"{variable.name} = {variable.example!r}{remark}"


def _usage(fragment: Fragment) -> str:
    if fragment.macro:
        return f"  {{% from '{fragment.name}' import {fragment.macro} %}}{{{{ {fragment.macro}(…) }}}}"
    return f"  {{% include '{fragment.name}' %}}"
