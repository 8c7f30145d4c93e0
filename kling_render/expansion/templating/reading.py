"""Walks through a template as rendering would and notes what it uses that is not its own (uses.py)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from jinja2 import nodes
from jinja2.visitor import NodeVisitor

from kling_render.catalog import did_you_mean
from kling_render.expansion.templating.lexing import Spot, name_after_dot, name_of_test, word_after
from kling_render.expansion.templating.uses import Inclusion, Reading, Step, Use

_EXCUSING_FILTERS = frozenset({"default", "d"})
_EXCUSING_TESTS = frozenset({"defined", "undefined"})
_STRICT_FILTERS = frozenset(
    {
        "capitalize", "center", "format", "indent", "lower", "replace", "string", "title", "trim", "truncate", "upper",
        "wordcount", "wordwrap", "abs", "count", "first", "float", "int", "join", "length", "list", "max", "min",
        "round", "sort", "sum",
    }
)  # fmt: skip
"""Filters that fail at once when they are given something undefined."""
_OF_MACROS = frozenset({"caller", "varargs", "kwargs"})


def read_template(
    tree: nodes.Template, source: str, filters: Collection[str], tests: Collection[str], doubtful: Iterable[str]
) -> Reading:
    """What a template uses; of doubtful names nothing is said."""
    reader = _Reader(source, filters, tests, _assigned(tree), set(doubtful))
    reader.visit(tree, False)
    return reader.reading


def _assigned(tree: nodes.Template) -> set[str]:
    """Every name that the template gives a value anywhere."""
    names = {each.name for each in tree.find_all(nodes.Name) if each.ctx != "load"}
    names.update(each.name for each in tree.find_all(nodes.Macro))
    names.update(each.target for each in tree.find_all(nodes.Import))
    for each in tree.find_all(nodes.FromImport):
        names.update(name[1] if isinstance(name, tuple) else name for name in each.names)
    return names


class _Reader(NodeVisitor):
    """Walks through a template as rendering would, keeping the names that are its own."""

    def __init__(
        self, source: str, filters: Collection[str], tests: Collection[str], own: set[str], doubtful: set[str]
    ) -> None:
        self.reading = Reading(own=own)
        self._source, self._filters, self._tests = source, filters, tests
        self._scopes: list[set[str]] = [doubtful | {"self"}]
        self._reached = True

    # ── scopes

    @contextmanager
    def _scope(self, names: Iterable[str] = (), *, reached: bool = True) -> Iterator[None]:
        """Names that exist inside only; `reached` is False where a rendering may not come by."""
        before = self._reached
        self._reached = before and reached
        self._scopes.append(set(names))
        yield
        self._scopes.pop()
        self._reached = before

    @contextmanager
    def _branch(self, guarded: Iterable[str]) -> Iterator[None]:
        """A part that is not always reached; what it assigns exists afterwards, too, as far as anybody can tell."""
        with self._scope(guarded, reached=False):
            self._scopes[-1], guards = set(), self._scopes[-1]
            self._scopes.insert(-1, guards)
            yield
            assigned = self._scopes[-1]
            del self._scopes[-2]
        self._scopes[-1] |= assigned

    def _is_own(self, name: str) -> bool:
        return any(name in scope for scope in self._scopes)

    def _assign(self, target: nodes.Node) -> None:
        self._scopes[-1].update(_targets(target))

    def _all(self, parts: Iterable[nodes.Node], strict: bool = False) -> None:
        for part in parts:
            self.visit(part, strict)

    # ── statements

    def visit_Output(self, node: nodes.Output, strict: bool) -> None:
        self._all(node.nodes, strict=True)

    def visit_If(self, node: nodes.If, strict: bool) -> None:
        tests = [node.test, *(each.test for each in node.elif_)]
        guarded = {name for test in tests for name in _guarded(test)}
        with self._guards(guarded):
            self.visit(node.test, True)
        for body in (node.body, *([each.test, *each.body] for each in node.elif_), node.else_):
            with self._branch(guarded):
                self._all(body, strict=True)

    @contextmanager
    def _guards(self, names: Iterable[str]) -> Iterator[None]:
        self._scopes.append(set(names))
        yield
        self._scopes.pop()

    def visit_For(self, node: nodes.For, strict: bool) -> None:
        self.visit(node.iter, True)
        with self._scope({*_targets(node.target), "loop"}, reached=False):
            self._all([*([node.test] if node.test else []), *node.body], strict=True)
        with self._scope(reached=False):
            self._all(node.else_)

    def visit_With(self, node: nodes.With, strict: bool) -> None:
        self._all(node.values)
        with self._scope(name for target in node.targets for name in _targets(target)):
            self._all(node.body)

    def visit_Assign(self, node: nodes.Assign, strict: bool) -> None:
        self.visit(node.node, False)
        self._assign(node.target)

    def visit_AssignBlock(self, node: nodes.AssignBlock, strict: bool) -> None:
        self._captured(node.body, node.filter)
        self._assign(node.target)

    def visit_FilterBlock(self, node: nodes.FilterBlock, strict: bool) -> None:
        self._captured(node.body, node.filter)

    def _captured(self, body: list[nodes.Node], filtered: nodes.Filter | None) -> None:
        with self._scope():
            self._all(body)
            if filtered is not None:
                self.visit(filtered, False)

    def visit_Macro(self, node: nodes.Macro, strict: bool) -> None:
        self._scopes[-1].add(node.name)
        self._called_later(node)

    def visit_CallBlock(self, node: nodes.CallBlock, strict: bool) -> None:
        self.visit(node.call, True)
        self._called_later(node)

    def _called_later(self, node: nodes.Macro | nodes.CallBlock) -> None:
        """A body that runs when it is called, and sees by then what is assigned after it."""
        with self._scope({*self.reading.own, *_OF_MACROS}, reached=False):
            self._all([*node.defaults, *node.body])

    def visit_Block(self, node: nodes.Block, strict: bool) -> None:
        with self._scope({*self.reading.own, "super"}):
            self._all(node.body)

    def visit_Scope(self, node: nodes.Scope, strict: bool) -> None:
        with self._scope():
            self._all(node.body)

    # ── other templates

    def visit_Include(self, node: nodes.Include, strict: bool) -> None:
        self._include("includes", node, node.with_context, node.ignore_missing)

    def visit_Import(self, node: nodes.Import, strict: bool) -> None:
        self._include("imports", node, node.with_context)
        self._scopes[-1].add(node.target)

    def visit_FromImport(self, node: nodes.FromImport, strict: bool) -> None:
        pairs = [name if isinstance(name, tuple) else (name, name) for name in node.names]
        begin = node.lineno if isinstance(node.lineno, Spot) else Spot.at(self._source, 0)
        begin = word_after(self._source, "import", begin)
        imported = tuple((name, word_after(self._source, name, begin)) for name, _ in pairs)
        self._include("imports", node, node.with_context, imported=imported)
        self._scopes[-1].update(alias for _, alias in pairs)

    def visit_Extends(self, node: nodes.Extends, strict: bool) -> None:
        self._include("extends", node, with_context=True)
        self._reached = False  # what follows is shown only as far as the parent has blocks for it

    def _include(
        self,
        verb: str,
        node: nodes.Include | nodes.Import | nodes.FromImport | nodes.Extends,
        with_context: bool,
        may_be_missing: bool = False,
        imported: tuple[tuple[str, Spot], ...] = (),
    ) -> None:
        named = node.template.items if isinstance(node.template, (nodes.Tuple, nodes.List)) else [node.template]
        names = [(each.value, each.lineno) for each in named if isinstance(each, nodes.Const)]
        texts = tuple((name, spot) for name, spot in names if isinstance(name, str) and isinstance(spot, Spot))
        if not texts or len(texts) < len(named):
            self.visit(node.template, True)
            return
        visible = frozenset().union(*self._scopes, self.reading.own if verb == "extends" else ())
        self.reading.inclusions.append(
            Inclusion(verb, texts, with_context, may_be_missing, self._reached, visible, imported)
        )

    # ── expressions: strict where something undefined fails at once

    def visit_Name(self, node: nodes.Name, strict: bool) -> None:
        if node.ctx == "load":
            self._use(node, (), strict)

    def visit_Getattr(self, node: nodes.Getattr, strict: bool, called: bool = False) -> None:
        self._into(node, strict, excused=False, called=called)

    def visit_Getitem(self, node: nodes.Getitem, strict: bool) -> None:
        self._into(node, strict, excused=False)

    def visit_Call(self, node: nodes.Call, strict: bool) -> None:
        if isinstance(node.node, nodes.Name):
            self._use(node.node, (), strict=True, called=True)
        else:
            self.visit(node.node, True)
        self._arguments(node, strict=False)

    def visit_Filter(self, node: nodes.Filter, strict: bool) -> None:
        self._check_known("filter", node.name, node.lineno, self._filters)
        strict = node.name in _STRICT_FILTERS
        if node.node is not None:
            self._operand(node.node, strict, excused=node.name in _EXCUSING_FILTERS)
        self._arguments(node, strict=False)

    def visit_Test(self, node: nodes.Test, strict: bool) -> None:
        place = name_of_test(self._source, node.lineno) if isinstance(node.lineno, Spot) else node.lineno
        self._check_known("test", node.name, place, self._tests)
        self._operand(node.node, strict=False, excused=node.name in _EXCUSING_TESTS)
        self._arguments(node, strict=False)

    def visit_CondExpr(self, node: nodes.CondExpr, strict: bool) -> None:
        guarded = _guarded(node.test)
        with self._guards(guarded):
            self.visit(node.test, True)
        with self._scope(guarded, reached=False):
            self._all([node.expr1, *([node.expr2] if node.expr2 else [])], strict)

    def visit_And(self, node: nodes.And, strict: bool) -> None:
        self._short_circuit(node, strict)

    def visit_Or(self, node: nodes.Or, strict: bool) -> None:
        self._short_circuit(node, strict)

    def _short_circuit(self, node: nodes.BinExpr, strict: bool) -> None:
        guarded = _guarded(node.left)
        with self._guards(guarded):
            self.visit(node.left, True)
        with self._scope(guarded, reached=False):
            self.visit(node.right, strict)

    def visit_Compare(self, node: nodes.Compare, strict: bool) -> None:
        first, *others = node.ops
        self.visit(node.expr, first.op not in ("in", "notin"))
        self.visit(first.expr, True)
        with self._scope(reached=False):
            self._all((each.expr for each in others), strict=True)

    def generic_visit(self, node: nodes.Node, strict: bool = False) -> None:
        """Operators need their operands, lists and tables only pass on their entries."""
        if isinstance(node, nodes.Expr):
            strict = isinstance(node, (nodes.BinExpr, nodes.UnaryExpr, nodes.Concat))
        for child in node.iter_child_nodes():
            self.visit(child, strict)

    def _arguments(self, node: nodes.Call | nodes.Filter | nodes.Test, strict: bool) -> None:
        self._all([*node.args, *(each.value for each in node.kwargs)], strict)
        self._all([each for each in (node.dyn_args, node.dyn_kwargs) if each is not None], strict)

    def _operand(self, node: nodes.Expr, strict: bool, excused: bool) -> None:
        """What a filter or test looks at; `default` and `is defined` excuse its last step."""
        if excused and isinstance(node, nodes.Name):
            return
        if excused and isinstance(node, (nodes.Getattr, nodes.Getitem)):
            self._into(node, strict, excused=True)
        else:
            self.visit(node, strict)

    def _check_known(self, kind: str, name: str, place: Any, known: Collection[str]) -> None:
        if name not in known and isinstance(place, Spot):
            message = f'there is no {kind} "{name}"{did_you_mean(name, known)}'
            self.reading.faults.append((message, place, self._reached))

    # ── names and steps

    def _into(self, node: nodes.Getattr | nodes.Getitem, strict: bool, excused: bool, called: bool = False) -> None:
        steps: list[Step | None] = []
        inner: nodes.Expr = node
        while isinstance(inner, (nodes.Getattr, nodes.Getitem)):
            steps.insert(0, self._step(inner))
            if isinstance(inner, nodes.Getitem):
                self.visit(inner.arg, False)
            inner = inner.node
        if not isinstance(inner, nodes.Name):
            self.visit(inner, True)
            return
        known = steps[: steps.index(None)] if None in steps else steps
        whole = len(known) == len(steps)
        if whole and excused:
            known = known[:-1]
        self._use(inner, tuple(step for step in known if step), strict or not whole or excused)

    def _step(self, node: nodes.Getattr | nodes.Getitem) -> Step | None:
        place = node.lineno
        if not isinstance(place, Spot):
            return None
        if isinstance(node, nodes.Getattr):
            return Step(node.attr, None, True, name_after_dot(self._source, place))
        key, at = node.arg, node.arg.lineno if isinstance(node.arg.lineno, Spot) else place
        if isinstance(key, nodes.Const) and isinstance(key.value, (str, int)):
            return Step(key.value, None, False, at)
        if isinstance(key, nodes.Name) and not self._is_own(key.name):
            return Step(None, key.name, False, at)
        return None

    def _use(self, node: nodes.Name, steps: tuple[Step, ...], strict: bool, called: bool = False) -> None:
        if isinstance(node.lineno, Spot) and not self._is_own(node.name):
            self.reading.uses.append(Use(node.name, steps, node.lineno, strict, self._reached, called))


def _targets(node: nodes.Node) -> set[str]:
    names = [node] if isinstance(node, nodes.Name) else node.find_all(nodes.Name)
    return {each.name for each in names}


def _guarded(test: nodes.Node) -> set[str]:
    """The names that a condition asks about with `is defined`; nothing is certain of them around it."""
    asked = [each for each in (test, *test.find_all(nodes.Test)) if isinstance(each, nodes.Test)]
    roots = [each.node for each in asked if each.name in _EXCUSING_TESTS]
    return {name.name for root in roots for name in (root, *root.find_all(nodes.Name)) if isinstance(name, nodes.Name)}
