"""Compiles templates: what writes or grows looks at what it makes, and every expression knows where it stands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame, operators

from kling_render.expansion.templating.lexing import Spot, name_after_dot, name_of_test, unified

SPOTS = "expression_spots"
STATEMENTS = "statement_spots"
_SHORT = 20
_LEFT = ("left", "expr", "expr1", "node")
_WEIGHTS: dict[type[nodes.Node], int] = {nodes.Getattr: 6, nodes.Getitem: 6, nodes.Test: 4}
_NODES_PER_STEP = 8
"""How many nodes of a loop's or macro's body cost one more step of each turn: names, tests, attributes."""


class BoundedCode(CodeGenerator):
    """Jinja's compiler; fixed text, `a ~ b`, slices, comparisons, lists and tables become calls that measure."""

    def __init__(self, *args: Any, source: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._source = unified(source)
        self._column = 0
        self.statements: list[tuple[int, Spot]] = []
        self.deepest = 0
        self._expressions: list[tuple[int, int, int, tuple[int, int, int, int], str]] = []

    # ── where everything stands

    def write(self, x: str) -> None:
        """Writes code and keeps count of the column, in bytes as Python does."""
        begins_line = self._new_lines > 0
        super().write(x)
        self._column = (4 * self._indentation if begins_line else self._column) + len(x.encode())

    def newline(self, node: nodes.Node | None = None, extra: int = 0) -> None:
        """Begins a line of code, and notes whose it is."""
        super().newline(node, extra)
        if node is not None and isinstance(node.lineno, Spot):
            self.statements.append((self.code_lineno + self._new_lines, node.lineno))

    def visit(self, node: nodes.Node, *args: Any, **kwargs: Any) -> Any:
        """Compiles a node; for an expression, notes which bytes of code are its own."""
        if isinstance(node.lineno, Spot):
            self.deepest = node.lineno
        if not isinstance(node, nodes.Expr) or not isinstance(node.lineno, Spot):
            return super().visit(node, *args, **kwargs)
        begin = 4 * self._indentation if self._new_lines else self._column
        result = super().visit(node, *args, **kwargs)
        spot, label = self._point(node)
        self._expressions.append((self.code_lineno, begin, self._column, _place(spot), label))
        return result

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:
        """The whole module, with the places as its last lines."""
        super().visit_Template(node, frame)
        self.writeline(f"{SPOTS} = {tuple(self._expressions)!r}")
        self.writeline(f"{STATEMENTS} = {tuple((line, _place(spot)) for line, spot in self.statements)!r}")

    def _point(self, node: nodes.Expr) -> tuple[Spot, str]:
        """Where to point when an expression fails, and the name that the failure may mention."""
        spot = node.lineno
        assert isinstance(spot, Spot)  # noqa: S101 - for the type checker
        if isinstance(node, (nodes.Name, nodes.NSRef, nodes.Filter)):
            return spot, node.name or ""
        if isinstance(node, nodes.Getattr):
            return name_after_dot(self._source, spot), node.attr
        if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
            return node.arg.lineno if isinstance(node.arg.lineno, Spot) else spot, str(node.arg.value)
        if isinstance(node, nodes.Test):
            return name_of_test(self._source, spot), node.name
        if isinstance(node, nodes.Call):
            return (*self._point(node.node)[:1], "")
        return leftmost(node), ""

    # ── what is measured

    def write_commons(self) -> None:
        """The names that the code of a template uses for what it measures."""
        super().write_commons()
        for name in ("print_value", "write_text", "join_texts", "check_size", "cut", "weigh"):
            self.writeline(f"{name} = environment.{name}")

    def _output_const_repr(self, group: Iterable[Any]) -> str:
        return f"write_text({super()._output_const_repr(group)})"

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or frame.eval_ctx.autoescape:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("print_value(")

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or frame.eval_ctx.autoescape:
            super()._output_child_post(node, frame, finalize)
        else:
            self.write(")")

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        """`a ~ b`."""
        self.write("join_texts((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")

    def visit_List(self, node: nodes.List, frame: Frame) -> None:
        """`[a, b]`."""
        self.write("check_size(")
        super().visit_List(node, frame)
        self.write(")")

    def visit_Dict(self, node: nodes.Dict, frame: Frame) -> None:
        """`{a: b}`."""
        self.write("check_size(")
        super().visit_Dict(node, frame)
        self.write(")")

    def visit_Tuple(self, node: nodes.Tuple, frame: Frame) -> None:
        """`(a, b)`, unless something is assigned to it."""
        if node.ctx == "store":
            return super().visit_Tuple(node, frame)
        self.write("check_size(")
        super().visit_Tuple(node, frame)
        self.write(")")

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:
        """`a[b]`; a slice is cut by the environment, which Jinja would not ask."""
        if not isinstance(node.arg, nodes.Slice):
            return super().visit_Getitem(node, frame)
        self.write("cut(")
        self.visit(node.node, frame)
        for bound in (node.arg.start, node.arg.stop, node.arg.step):
            self.write(", ")
            if bound is None:
                self.write("None")
            else:
                self.visit(bound, frame)
        self.write(")")

    def visit_Compare(self, node: nodes.Compare, frame: Frame) -> None:
        """`a == b < c`, each part weighed when it is looked at."""
        self.write("(")
        self._weighed(node.expr, frame)
        for each in node.ops:
            self.visit(each, frame)
        self.write(")")

    def visit_Operand(self, node: nodes.Operand, frame: Frame) -> None:
        """`== b`."""
        self.write(f" {operators[node.op]} ")
        self._weighed(node.expr, frame)

    def _weighed(self, node: nodes.Expr, frame: Frame) -> None:
        if isinstance(node, nodes.Const) and not (isinstance(node.value, str) and len(node.value) > _SHORT):
            self.visit(node, frame)
            return
        self.write("weigh(")
        self.visit(node, frame)
        self.write(")")


def weight(body: Iterable[nodes.Node]) -> int:
    """The steps that everything in a body costs which is not counted by itself."""
    count = sum(_WEIGHTS.get(type(each), 1) for node in body for each in (node, *node.find_all(nodes.Node)))
    return count // _NODES_PER_STEP


def _place(spot: Spot) -> tuple[int, int, int, int]:
    return int(spot), spot.column, spot.offset, spot.length


def leftmost(node: nodes.Node) -> Spot:
    """Where an expression begins: operators know only their own place."""
    spot = node.lineno
    while True:
        inner = next((each for field in _LEFT if isinstance(each := getattr(node, field, None), nodes.Node)), None)
        if isinstance(node, nodes.Concat):
            inner = node.nodes[0]
        if inner is None:
            break
        node = inner
        if isinstance(node.lineno, Spot) and isinstance(spot, Spot) and node.lineno.offset < spot.offset:
            spot = node.lineno
    assert isinstance(spot, Spot)  # noqa: S101 - for the type checker: it is the place of a parsed node
    return spot
