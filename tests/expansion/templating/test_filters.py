"""Filters take what can be printed, and refuse the rest by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kling_render.expansion.templating.filters import bounded_filters
from kling_render.expansion.templating.limits import Meter
from kling_render.expansion.templating.renderer import TemplateFailure

if TYPE_CHECKING:
    from tests.expansion.conftest import Rendered

TEXT_FILTERS = [
    "capitalize", "center", "format", "indent", "lower", "replace('a', 'b')", "string", "title", "trim", "truncate",
    "upper",
    "wordcount", "wordwrap",
]  # fmt: skip


@pytest.mark.parametrize("name", TEXT_FILTERS)
@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("none", "none"), ("true", "true or false"), ("['a']", "a list"), ("{'a': 1}", "a table"),
        ("range", "an object"), ("m", "a macro"), ("namespace()", "an object"),
    ],
)  # fmt: skip
def test_text_filter_refuses_what_cannot_be_printed(rendered: Rendered, name: str, value: str, shown: str) -> None:
    with pytest.raises(TemplateFailure, match=f"{name.split('(')[0]} is given {shown}"):
        rendered(f"{{% macro m() %}}{{% endmacro %}}{{{{ {value}|{name} }}}}")


@pytest.mark.parametrize(
    "expression",
    [
        "[none]|join", "[range]|join", "[[1]]|join", "['a']|join([1])", "[{'x': none}]|join(attribute='x')",
        "'a'|replace('a', range)", "'a'|replace('a', [1])", "'%s'|format(none)", "'%s'|format([1])", "'%s' % none",
        "'%s' % [1]", "'%s' % (1, [2])", "'%(a)s' % {'a': range}", "'%d' % true", "'a'|trim(['a'])",
        "'a'|truncate(1, true, [1])", "'%s' % {'a': 1}", "'%s'|format(a=1)", "'%(a)s %d' % {'a': 1}",
        "'a'|replace('a', none)", "'a'|replace('a', true)", "'a'|replace('a', 1e308 * 10)", "'%f' % (1e308 * 10)",
        "'%.1f'|format('nan'|float)",
    ],
)  # fmt: skip
def test_argument_that_cannot_be_printed_is_refused(rendered: Rendered, expression: str) -> None:
    with pytest.raises(TemplateFailure, match="only texts and numbers can stand in a prompt"):
        rendered(f"{{{{ {expression} }}}}")


@pytest.mark.parametrize(
    "expression",
    ["'%r' % 'a'", "'%a' % 'a'", "'%-9.3r' % 'a'", "'%r'|format('a')", "'%(x)a'|format(x=1)", "'%(x)r' % {'x': 1}"],
)
def test_format_in_the_notation_of_python_is_refused(rendered: Rendered, expression: str) -> None:
    with pytest.raises(TemplateFailure, match="%r and %a print what only Python reads; write %s"):
        rendered(f"{{{{ {expression} }}}}")


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("'%% %(r)s%(a).1f' % {'r': 'r', 'a': 1}", "% r1.0"), ("'100%%' % {'a': 1}", "100%"),
        ("'50%% rain' % ()", "50% rain"),
        ("5|string", "5"), ("12345|replace(5, 6)", "12346"), ("1.5|string", "1.5"),
        ("'aXbX'|replace('X', '-', 1)", "a-bX"),
        ("'a'|replace(old='a', new='b', count=1)", "b"), ("'%.2f'|format(1.5)", "1.50"), ("'%s'|format(x)", "X"),
        ("'a\\nb'|indent(2)", "a\n  b"), ("'a\\nb'|indent('> ', first=true)", "> a\n> b"), ("'one two'|wordcount", "2"),
        ("'a b'|wordwrap(1, wrapstring='/')", "a/b"), ("'a b c'|truncate(3, true, '', 0)", "a b"),
        ("'xax'|trim('x')", "a"),
        ("'ab'|join('-')", "a-b"), ("[{'n': 1}, {'n': 2}]|join('+', attribute='n')", "1+2"),
        ("[1, 'a', 0.5]|join(' ')", "1 a 0.5"),
        ("[]|join", ""), ("[3, 1]|sort|first", "1"), ("-5|abs", "5"), ("nope|default('d')", "d"),
        ("''|d('d', true)", "d"),
        ("['a', 'a']|unique|list|length", "1"), ("[1, 2]|select('odd')|list|length", "1"), ("'7'|int + 1", "8"),
        ("'1.5'|float", "1.5"),
    ],
)  # fmt: skip
def test_filter_does_what_jinja_says(rendered: Rendered, expression: str, text: str) -> None:
    assert rendered(f"{{{{ {expression} }}}}", {"x": "X"}) == text


@pytest.mark.parametrize(
    ("value", "steps"),
    [
        ("a" * 19, 1),
        ("a" * 20, 2),
        ("a" * 400, 21),
        ([1] * 40, 3),
        (["a" * 19], 2),
        ([["a" * 18]], 2),
        ({1: "a" * 39}, 3),
    ],
)
def test_filter_of_something_long_is_more_steps(value: Any, steps: int) -> None:
    meter = Meter()
    bounded_filters(meter)["default"](value)
    assert meter.steps == steps


def test_every_call_of_a_filter_is_a_step() -> None:
    meter = Meter()
    filters = bounded_filters(meter)
    filters["upper"]("a")
    filters["length"]([1])
    assert meter.steps == 2
