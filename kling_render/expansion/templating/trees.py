"""What is looked for in the tree of a template before it is compiled, and what is added to it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from jinja2 import TemplateSyntaxError, nodes

from kling_render.expansion.templating.compiling import leftmost, weight
from kling_render.expansion.templating.lexing import Spot, word_after

COUNTED = "counted loop"
"""The filter around what a loop runs over."""
CHARGED = "charged body"
"""The filter that a macro, a block or a template begins with."""


def forbidden(tree: nodes.Template, source: str) -> Iterator[TemplateSyntaxError]:
    """What Jinja would take and prompts may not have."""
    for constant in tree.find_all(nodes.Const):
        if constant.value in (math.inf, -math.inf):  # 1e999: compiled code could not even name it
            yield TemplateSyntaxError("a number is too large", constant.lineno)
    for loop in tree.find_all(nodes.For):
        if loop.recursive:
            place = word_after(source, "recursive", loop.lineno) if isinstance(loop.lineno, Spot) else loop.lineno
            yield TemplateSyntaxError("recursive loops are not allowed", place)


def deep(error: RecursionError, line: int, filename: str | None) -> RecursionError:
    """The error with its place, as errors of the syntax have it."""
    error.lineno, error.filename = line, filename  # type: ignore[attr-defined]
    return error


def deepest_line(tree: nodes.Template) -> int:
    """Where a tree nests so deeply that Python cannot walk through it."""
    parts = [part for each in tree.body for part in (each.nodes if isinstance(each, nodes.Output) else [each])]
    largest = max((part for part in parts if isinstance(part.lineno, Spot)), key=_size, default=tree)
    return leftmost(largest) if isinstance(largest, nodes.Expr) else largest.lineno


def _size(node: nodes.Node) -> float:
    try:
        return sum(1 for _ in node.find_all(nodes.Node))
    except RecursionError:
        return math.inf


def charge_bodies(tree: nodes.Template) -> None:
    """Lets each turn of a loop and each call of a body cost what its plain operations cost."""
    for loop in list(tree.find_all(nodes.For)):
        turn = nodes.Const(1 + weight(loop.body), lineno=loop.iter.lineno)
        loop.iter = nodes.Filter(loop.iter, COUNTED, [turn], [], None, None, lineno=loop.iter.lineno)
    bodies: list[nodes.Template | nodes.Macro | nodes.CallBlock | nodes.Block] = [tree]
    bodies += [*tree.find_all(nodes.Macro), *tree.find_all(nodes.CallBlock), *tree.find_all(nodes.Block)]
    for each in bodies:
        steps = weight(each.body)
        if steps:
            cost = nodes.Filter(nodes.Const(steps), CHARGED, [], [], None, None, lineno=each.lineno)
            each.body.insert(0, nodes.ExprStmt(cost, lineno=each.lineno))
