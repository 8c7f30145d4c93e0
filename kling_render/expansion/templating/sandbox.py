"""The Jinja environment of prompts: sandboxed, strict, deterministic, bounded by counts (limits.py, filters.py)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from types import BuiltinMethodType, CodeType, MethodType
from typing import Any, NoReturn, cast

from jinja2 import BaseLoader, StrictUndefined, Template, Undefined, nodes, pass_context
from jinja2.environment import TemplateModule
from jinja2.exceptions import SecurityError, TemplateSyntaxError
from jinja2.lexer import TokenStream
from jinja2.parser import Parser
from jinja2.runtime import BlockReference, Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS
from jinja2.utils import Namespace, missing

from kling_render.expansion.elements import ElementText
from kling_render.expansion.templating.compiling import BoundedCode
from kling_render.expansion.templating.filters import bounded_filters, bounded_tests, check_percent
from kling_render.expansion.templating.inherited import InheritedText
from kling_render.expansion.templating.lexing import spotted_tokens, unified
from kling_render.expansion.templating.limits import Meter, check_operation, check_range
from kling_render.expansion.templating.printing import printed
from kling_render.expansion.templating.trees import CHARGED, COUNTED, charge_bodies, deep, deepest_line, forbidden

TEXT_METHODS = frozenset({"upper", "lower", "title", "capitalize", "strip", "startswith", "endswith"})
TABLE_METHODS = frozenset({"items", "keys", "values", "get"})
_READABLE = (LoopContext, Namespace, TemplateModule, ElementText)
_CALLABLE = (Macro, BlockReference, InheritedText, LoopContext)
_METHODS = (MethodType, BuiltinMethodType)


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
        if isinstance(self._undefined_obj, ElementText):
            return f'an element has no "{self._undefined_name}" (it has name and description)'
        return f'"{self._undefined_name}" is nothing that a template may read here'


class PromptEnvironment(ImmutableSandboxedEnvironment):
    """Renders prompts; one rendering at a time, each with its own counts."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self, loader: BaseLoader) -> None:
        # Not optimized: Jinja folds constants when it compiles, past everything that is bounded here.
        super().__init__(
            loader=loader,
            undefined=MissingName,
            finalize=_print_in_context,
            autoescape=False,
            cache_size=-1,
            optimized=False,
            auto_reload=False,
        )
        self.meter = Meter()
        self.write_text = self.meter.write_text
        self.weigh = self.meter.weigh
        self.check_size = self.meter.admit
        self.globals = {"range": check_range, "dict": dict, "namespace": Namespace}
        self.filters = bounded_filters(self.meter)
        self.known_filters = frozenset(self.filters)
        self.filters[COUNTED] = self.meter.count
        self.filters[CHARGED] = self.meter.charge
        self.tests = {**bounded_tests(cast("dict[str, Callable[..., Any]]", TESTS), self.meter)}

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """What every template sees, in one plain table: Jinja's chain of them is copied for each rendering, slowly."""
        return {**self.globals, **(d or {})}

    # ── compiling

    def _tokenize(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> TokenStream:
        tokens = spotted_tokens(self.lexer, unified(source), file=filename)
        return TokenStream(self.lexer.wrap(tokens), name, filename)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        parser = Parser(self, source, name, filename)
        try:
            tree = parser.parse()
        except RecursionError as error:
            raise deep(error, parser.stream.current.lineno, filename) from None
        try:
            for fault in forbidden(tree, unified(source)):
                fault.filename = filename
                raise fault
            charge_bodies(tree)
            tree.set_environment(self)
        except RecursionError as error:
            raise deep(error, deepest_line(tree), filename) from None
        self._source = source
        return tree

    def _generate(
        self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False
    ) -> str:
        generator = BoundedCode(self, name, filename, None, defer_init, self.optimized, source=self._source)
        try:
            generator.visit(source)
        except RecursionError as error:
            raise deep(error, generator.deepest or deepest_line(source), filename) from None
        self._statements = generator.statements
        return str(generator.stream.getvalue())  # type: ignore[attr-defined]

    def _compile(self, source: str, filename: str) -> CodeType:
        try:
            return super()._compile(source, filename)
        except SyntaxError as error:  # Python nests blocks and brackets less deeply than Jinja
            spots = [spot for line, spot in self._statements if line <= (error.lineno or 0)]
            message = "it nests too deeply" if "nested" in error.msg else error.msg
            raise TemplateSyntaxError(message, spots[-1] if spots else 1, filename=filename) from None
        except RecursionError as error:
            raise deep(error, self._statements[0][1] if self._statements else 1, filename) from None

    def _load_template(self, name: str, globals: Any) -> Template:
        self.meter.charge(3)
        return super()._load_template(name, globals)

    def handle_exception(self, source: str | None = None) -> NoReturn:
        """Lets an error be as it was raised: its traceback leads to the very expression."""
        error = sys.exc_info()[1]
        assert error is not None  # noqa: S101 - Jinja calls this while it deals with one
        raise error

    # ── what compiled templates call

    def print_value(self, value: Any) -> str:
        """What a value writes, counted."""
        text = value if type(value) is str else printed(value)
        return self.write_text(text)

    def join_texts(self, parts: Iterable[Any]) -> str:
        """`a ~ b`, bounded; only scalars can be joined."""
        return str(self.weigh(self.check_size("".join([printed(part) for part in parts]))))

    def cut(self, value: Any, start: Any, stop: Any, step: Any) -> Any:
        """`value[start:stop:step]`."""
        for bound in (start, stop, step):
            if isinstance(bound, Undefined):
                str(bound)  # says which name it is; Python would only say that it is no number
        return self.weigh(value[start:stop:step])

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """An arithmetic operation, refused when its result would be huge."""
        check_operation(operator, left, right)
        if operator == "%" and isinstance(left, str):
            check_percent(left, right)
            self.meter.step(left, right)
        result = self.check_size(super().call_binop(context, operator, left, right))
        return self.weigh(result) if type(result) is str else result

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        """A call of a macro, a function or one of the few allowed methods."""
        if args or kwargs:
            __self.check_size((args, kwargs))
        __self.meter.step(getattr(__obj, "__self__", None), *args, *kwargs.values())
        return __self.check_size(super().call(__context, __obj, *args, **kwargs))

    # ── what templates may reach

    def is_safe_callable(self, obj: Any) -> bool:
        """Whether a template may call this: macros, blocks, `super`, the functions above, readable methods."""
        if not super().is_safe_callable(obj):
            return False
        if isinstance(obj, _METHODS):
            return isinstance(obj.__self__, (str, Mapping, *_READABLE))
        return not callable(obj) or isinstance(obj, _CALLABLE) or obj in self.globals.values()

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Whether a template may read this attribute: public ones of the few kinds of value it meets."""
        if not super().is_safe_attribute(obj, attr, value):
            return False
        if isinstance(obj, Mapping):
            return attr in TABLE_METHODS
        return attr in TEXT_METHODS if isinstance(obj, str) else isinstance(obj, _READABLE)

    def wrap_str_format(self, value: Any) -> None:
        """Keeps `str.format` out of reach: its widths could not be bounded."""

    def unsafe_undefined(self, obj: Any, attribute: str) -> Undefined:
        """What an attribute that may not be read turns into."""
        kind = "text" if isinstance(obj, str) else type(obj).__name__
        return self.undefined(f'"{attribute}" of a {kind} is out of reach for templates', exc=SecurityError)


@pass_context
def _print_in_context(context: Context, value: Any) -> str:
    """What Jinja calls inside `{% autoescape %}`; that it wants the context keeps it from folding constants."""
    environment = context.environment
    assert isinstance(environment, PromptEnvironment)  # noqa: S101 - for the type checker: nothing else uses it
    return environment.print_value(value)
