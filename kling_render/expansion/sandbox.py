"""The Jinja environment of prompts: sandboxed, strict, deterministic, bounded by counts (limits.py, filters.py)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from jinja2 import BaseLoader, StrictUndefined, Template, Undefined, nodes, pass_context
from jinja2.compiler import CodeGenerator, Frame
from jinja2.environment import TemplateModule
from jinja2.exceptions import SecurityError, TemplateSyntaxError
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace, missing

from kling_render.expansion.elements import ElementText
from kling_render.expansion.filters import bounded_filters, check_percent
from kling_render.expansion.limits import Meter, check_operation, check_range, check_size
from kling_render.expansion.printing import printed

_TEXT_METHODS = frozenset({"upper", "lower", "title", "capitalize", "strip", "startswith", "endswith"})
_TABLE_METHODS = frozenset({"items", "keys", "values", "get"})
_READABLE = (LoopContext, Namespace, TemplateModule, ElementText)
_COUNTED = "counted loop"


class MissingName(StrictUndefined):
    """An undefined name; says what is missing in the project's words."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        if self._undefined_hint:
            return str(self._undefined_hint)
        if self._undefined_obj is missing:
            return f'undefined variable "{self._undefined_name}"'
        if isinstance(self._undefined_obj, Mapping):
            known = ", ".join(str(key) for key in list(self._undefined_obj)[:8])
            return f'no entry "{self._undefined_name}" (there is {known or "none"})'
        return f'"{self._undefined_name}" is nothing that a template may read here'


class _BoundedCode(CodeGenerator):
    """Compiles what writes or grows without a call (fixed text, `a ~ b`, lists, tables) into calls that look at it."""

    def _output_const_repr(self, group: Iterable[Any]) -> str:
        return f"environment.write_text({super()._output_const_repr(group)})"

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        self.write("environment.join_texts((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")

    def visit_List(self, node: nodes.List, frame: Frame) -> None:
        self.write("environment.check_size(")
        super().visit_List(node, frame)
        self.write(")")

    def visit_Dict(self, node: nodes.Dict, frame: Frame) -> None:
        self.write("environment.check_size(")
        super().visit_Dict(node, frame)
        self.write(")")

    def visit_Tuple(self, node: nodes.Tuple, frame: Frame) -> None:
        if node.ctx == "store":
            return super().visit_Tuple(node, frame)
        self.write("environment.check_size(")
        super().visit_Tuple(node, frame)
        self.write(")")


class PromptEnvironment(ImmutableSandboxedEnvironment):
    """Renders prompts; one rendering at a time, each with its own counts."""

    code_generator_class = _BoundedCode
    intercepted_binops = frozenset({"+", "*", "**", "%"})
    check_size = staticmethod(check_size)

    def __init__(self, loader: BaseLoader) -> None:
        # Not optimized: Jinja folds constants when it compiles, past everything that is bounded here.
        super().__init__(
            loader=loader,
            undefined=MissingName,
            finalize=_print_scalar,
            autoescape=False,
            cache_size=-1,
            optimized=False,
        )
        self.meter = Meter()
        self.globals = {"range": check_range, "dict": dict, "namespace": Namespace}
        self.filters = bounded_filters(self.meter)
        self.filters[_COUNTED] = self.meter.count

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for constant in tree.find_all(nodes.Const):
            if constant.value in (math.inf, -math.inf):  # 1e999: compiled code could not even name it
                raise TemplateSyntaxError("a number is too large", constant.lineno, name, filename)
        for loop in list(tree.find_all(nodes.For)):
            if loop.recursive:
                raise TemplateSyntaxError("recursive loops are not allowed", loop.lineno, name, filename)
            loop.iter = nodes.Filter(loop.iter, _COUNTED, [], [], None, None, lineno=loop.lineno)
        tree.set_environment(self)
        return tree

    def _load_template(self, name: str, globals: Any) -> Template:
        self.meter.step()
        return super()._load_template(name, globals)

    def write_text(self, text: str) -> str:
        """Fixed text of a template, counted where it is written."""
        self.meter.write(len(text))
        return text

    def join_texts(self, parts: Iterable[Any]) -> str:
        """`a ~ b`, bounded; only scalars can be joined."""
        return str(check_size("".join(printed(part) for part in parts)))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """An arithmetic operation, refused when its result would be huge."""
        check_operation(operator, left, right)
        if operator == "%" and isinstance(left, str):
            check_percent(left, right)
            self.meter.step(left, right)
        return check_size(super().call_binop(context, operator, left, right))

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        """A call of a macro, a function or one of the few allowed methods."""
        check_size((args, kwargs))
        __self.meter.step(getattr(__obj, "__self__", None), *args, *kwargs.values())
        return check_size(super().call(__context, __obj, *args, **kwargs))

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Whether a template may read this attribute: public ones of the few kinds of value it meets."""
        if not super().is_safe_attribute(obj, attr, value):
            return False
        if isinstance(obj, Mapping):
            return attr in _TABLE_METHODS
        return attr in _TEXT_METHODS if isinstance(obj, str) else isinstance(obj, _READABLE)

    def wrap_str_format(self, value: Any) -> None:
        """Keeps `str.format` out of reach: its widths could not be bounded."""

    def unsafe_undefined(self, obj: Any, attribute: str) -> Undefined:
        """What an attribute that may not be read turns into."""
        kind = "text" if isinstance(obj, str) else type(obj).__name__
        return self.undefined(f'"{attribute}" of a {kind} is out of reach for templates', exc=SecurityError)


@pass_context
def _print_scalar(context: Context, value: Any) -> str:
    text = printed(value)
    environment = context.environment
    assert isinstance(environment, PromptEnvironment)  # noqa: S101 - for the type checker: nothing else uses it
    environment.meter.write(len(text))
    return text
