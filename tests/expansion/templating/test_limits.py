"""What a template may cost. Everything is counted in steps, characters and bytes, nothing in time."""

from __future__ import annotations

import signal
import tracemalloc
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any

import pytest

from kling_render.expansion.templating.limits import (
    MAX_CHARS,
    MAX_ENTRIES,
    MAX_STEPS,
    Meter,
    TemplateLimitError,
    check_format,
    check_range,
    check_size,
)
from kling_render.expansion.templating.renderer import TemplateFailure

if TYPE_CHECKING:
    from tests.expansion.conftest import Rendered

MEGABYTE = 2**20


@pytest.fixture(autouse=True)
def no_endless_test() -> Iterator[None]:
    """Ends a test that a broken limit lets run on; no verdict depends on it."""

    def stop(signum: int, frame: FrameType | None) -> None:
        pytest.fail("the template was not stopped")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(5)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def refusal(rendered: Rendered, source: str, **files: str) -> str:
    """Why a template is refused; it may not need much memory before it is."""
    rendered("{{ 1 }}")
    tracemalloc.start()
    try:
        with pytest.raises(TemplateFailure, match=r".") as caught:
            rendered(source, {}, **files)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * MEGABYTE
    return caught.value.message.removeprefix("a template may not do this: ")


STEPS = "the template takes more than 10,000 steps"
WRITES = "the template writes more than 20,000 characters"
TEXT = "a text of more than 20,000 characters"
ENTRIES = "a list of more than 1,000 entries, those of inner lists included"
NUMBER = "a number of more than 64 bits"
FORMAT = "a format wider than 999 characters, or as wide as an argument says"
RECURSIVE = "the template does not parse: recursive loops are not allowed"
WORDS = "the template does not parse: one pair of brackets with more than 5,000 words and signs"
LOOPS = "the template does not parse: loops nest deeper than 20"
FOREVER = "the template calls, includes or nests without end"


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("'a' * 10**9", "a repetition to more than 20,000"), ("10**9 * 'a'", "a repetition to more than 20,000"),
        ("[1] * 10**9", "a repetition to more than 1,000"), ("'a' * 20001", "a repetition to more than 20,000"),
        ("('a' * 20000) * 2", "a repetition to more than 20,000"), ("(1,) * 1001", "a repetition to more than 1,000"),
        ("[[1] * 1000] * 1000", ENTRIES), ("[[1] * 500, [1] * 500]", ENTRIES), ("([1] * 600) + ([1] * 600)", ENTRIES),
        ("{'a': [1] * 1000}", ENTRIES), ("dict(a=[1] * 1000)", ENTRIES), ("('a' * 1001)|list", ENTRIES),
        ("('a' * 15000) ~ ('b' * 15000)", TEXT), ("('a' * 15000) + ('b' * 15000)", TEXT),
        ("7 ** 10**8", NUMBER), ("2 ** 64", NUMBER), ("9 ** 9 ** 9 ** 9", NUMBER), ("(2**62) * 8", NUMBER),
        ("2 ** (0 - 10**9)", NUMBER),
        ("('f' * 5000)|int(base=16)", NUMBER),
        ("'a'|center(10**9)", "the number 1e+09 as an argument of center"),
        ("'a'|center(width=10**9)", "the number 1e+09 as an argument of center"),
        ("'a'|indent(10**9)", "the number 1e+09 as an argument of indent"),
        ("'a'|truncate(10**9)", "the number 1e+09 as an argument of truncate"),
        ("'a'|wordwrap(10**9)", "the number 1e+09 as an argument of wordwrap"),
        ("1.5|round(10**9)", "the number 1e+09 as an argument of round"),
        ("1.5|round(-10**9)", "the number -1e+09 as an argument of round"),
        ("'%999999999d' % 1", FORMAT), ("'%.999999999f' % 1", FORMAT), ("'%-099999d' % 1", FORMAT),
        ("'%*d' % (10**9, 1)", FORMAT),
        ("'%.*f' % (10**9, 1.5)", FORMAT), ("'%(a)999999999d' % {'a': 1}", FORMAT), ("'%999999999d'|format(1)", FORMAT),
        ("'%(a)999999999d'|format(a=1)", FORMAT), ("'%((a))999999999d'|format(**{'(a)': 1})", FORMAT),
        ("'%(%)999999999d' % {'%': 1}", FORMAT), ("'%(1)9999s' % {'1': 1}", FORMAT),
        ("('%s' * 900) % (('a' * 20000,) * 900)", TEXT), ("('%(a)s' * 3000)|format(a='a' * 20000)", TEXT),
        ("('a' * 20000)|replace('a', 'b' * 20000)", TEXT), ("('a' * 20000)|replace(old='a', new='b' * 20000)", TEXT),
        ("('a' * 20000)|replace('', 'b' * 20000)", TEXT), ("('1' * 20000)|replace(1, 'b' * 20000)", TEXT),
        ("('\\n' * 20000)|indent('x' * 20000, blank=true)", TEXT), ("('\\n' * 20000)|indent(10000, blank=true)", TEXT),
        ("('a ' * 10000)|wordwrap(1, wrapstring='x' * 20000)", TEXT), ("('a' * 20000)|join('b' * 20000)", TEXT),
        ("(['a' * 100] * 1000)|join", TEXT), ("'a'|center(10000) ~ 'a'|center(10000) ~ 'a'", TEXT),
        ("range(10**9)", "a range of more than 1,000 numbers"), ("range(1001)", "a range of more than 1,000 numbers"),
        ("range(0, -5000, -1)", "a range of more than 1,000 numbers"),
        ("range(99999999999999999999)", "a range of more than 1,000 numbers"),
    ],
)  # fmt: skip
def test_expression_that_would_make_something_huge_is_refused(
    rendered: Rendered, expression: str, message: str
) -> None:
    assert refusal(rendered, f"{{{{ {expression} }}}}") == message


DOUBLED = "{{% set n = namespace(x={start}) %}}{{% for i in range(100) %}}{{% set n.x = {step} %}}{{% endfor %}}"


@pytest.mark.parametrize(
    ("start", "step", "message"),
    [
        ("'ab'", "n.x ~ n.x", TEXT), ("'ab'", "n.x + n.x", TEXT),
        ("'ab'", "n.x * 2", "a repetition to more than 20,000"),
        ("[1]", "n.x + n.x", ENTRIES), ("[1]", "[n.x, n.x]", ENTRIES), ("1", "(n.x, n.x)", ENTRIES),
        ("1", "{1: n.x, 2: n.x}", ENTRIES),
        ("1", "dict(a=n.x, b=n.x)", ENTRIES), ("2", "n.x * n.x", NUMBER), ("2", "n.x + n.x", NUMBER),
        ("2", "n.x ** 2", NUMBER),
        ("'ab'", "'%s%s' % (n.x, n.x)", TEXT), ("'ab'", "n.x|replace('', n.x)", TEXT),
        ("'ab'", "[n.x, n.x]|join", TEXT),
    ],
)  # fmt: skip
def test_growth_step_by_step_is_refused(rendered: Rendered, start: str, step: str, message: str) -> None:
    assert refusal(rendered, DOUBLED.format(start=start, step=step)).startswith(message)


def test_lists_that_share_their_halves_are_refused_before_anybody_compares_them(rendered: Rendered) -> None:
    doubling = "{% set a = [a, a] %}{% set b = [b, b] %}" * 40
    source = f"{{% set a = [1] %}}{{% set b = [1] %}}{doubling}{{{{ 'same' if a == b }}}}"
    assert refusal(rendered, source).startswith(ENTRIES)


def test_arguments_that_share_their_halves_are_refused(rendered: Rendered) -> None:
    source = (
        "{% macro m(n) %}{% if n %}{{ m(n - 1, varargs, varargs) }}{% else %}{{ varargs|length }}{% endif %}"
        "{% endmacro %}"
        "{{ m(40, 1) }}"
    )
    assert refusal(rendered, source).startswith(ENTRIES)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{% for i in range(1000) %}{% for j in range(1000) %}{% endfor %}{% endfor %}", STEPS),
        ("{% for i in range(101) %}{% for j in range(100) %}.{% endfor %}{% endfor %}", STEPS),
        ("{% for i in range(1000) %}{{ (range(1000)|map('abs')|list|length) if true else 0 }}{% endfor %}", STEPS),
        ("{% macro m() %}{% endmacro %}{% for i in range(1000) %}" + "{% set x = m() %}" * 10 + "{% endfor %}", STEPS),
        ("{% for i in range(1000) %}" + "{% set x = 'a'|upper %}" * 10 + "{% endfor %}", STEPS),
        ("{% for i in range(1000) %}{% for j in range(1000) %}{% if true %}{% endif %}{% endfor %}{% endfor %}", STEPS),
        ("{% for i in range(1000) %}{% for j in range(1000) if false %}{% endfor %}{% endfor %}", STEPS),
        ("{% set x='\\n' * 19999 %}{% for i in range(100) %}{% set y=x|wordwrap(3) %}{% endfor %}", STEPS),
        ("{% set x='a' * 19999 %}{% for i in range(100) %}{% set y=x.title() %}{% endfor %}", STEPS),
        ("{% set x='a' * 19999 %}{% for i in range(100) %}{% set y=('%s' % x) %}{% endfor %}", STEPS),
        ("{% set x=['a' * 19] * 1000 %}{% for i in range(100) %}{% set y=x|sort %}{% endfor %}", STEPS),
        ("{% for i in range(1000) %}{{ 'twenty-one characters' }}{% endfor %}", WRITES),
        ("{% for i in range(1000) %}twenty-one characters{% endfor %}", WRITES),
        ("{% for i in range(1000) %}{% if true %}twenty-one characters{% endif %}{% endfor %}", WRITES),
        ("{{ 1 }}" + "x" * 20_000, WRITES),
        ("{% if true %}" + "x" * 20_001 + "{% endif %}", WRITES),
        ("{% macro m() %}" + "x" * 150 + "{% endmacro %}{% for i in range(150) %}{{ m()[:0] }}{% endfor %}", WRITES),
        ("{% for i in range(150) %}{% set y %}" + "x" * 150 + "{% endset %}{% endfor %}", WRITES),
        ("{% for i in range(150) %}{% filter upper %}" + "x" * 150 + "{% endfilter %}{% endfor %}", WRITES),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", FOREVER),
        ("{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}", FOREVER),
        ("{% block b %}{{ self.b() }}{% endblock %}", FOREVER),
        ("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", "the template does not parse: brackets nest deeper than 60"),
        ("{{ " + "not " * 5000 + "1 }}", FOREVER),
        ("{{ 1" + " + 1" * 10_000 + " }}", WORDS),
        ("{{ 1" + " + 1" * 900 + " }}", FOREVER),
        ("{% for a in [1] %}" * 21 + "{% endfor %}" * 21, LOOPS),
        ("{% for a in range(1000) %}" * 500 + "{% endfor %}" * 500, LOOPS),
        ("{% if 1 %}" * 500 + "{% endif %}" * 500, FOREVER),
        ("{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}", RECURSIVE),
    ],
)  # fmt: skip
def test_template_that_would_run_or_write_too_long_is_refused(rendered: Rendered, source: str, message: str) -> None:
    assert refusal(rendered, source).startswith(message)


TEXTS = "{% set x = 'ab ' * 6666 %}"
LISTS = "{% set x = range(1000)|list %}"
TWICE = "{% for i in range(1000) %}{% for j in range(1000) %}\0{% endfor %}{% endfor %}"


# What each of these costs until it is stopped, on one core of 2024: 20 ms in the median, 45 ms at worst.
@pytest.mark.parametrize(
    ("before", "body"),
    [
        (TEXTS, "{% set y = 'c' in x %}"), (TEXTS, "{% set y = x == x ~ 'b' %}"), (TEXTS, "{% set y = x < x %}"),
        (TEXTS, "{% set y = x[::-1] %}"), (TEXTS, "{% set y = x + 'b' %}"), (TEXTS, "{% set y = x ~ 'b' %}"),
        (TEXTS, "{% set y = x is in x %}"), (TEXTS, "{% set y = x is upper %}"), (TEXTS, "{% set y = x.title() %}"),
        (TEXTS, "{% set y = x|wordwrap(3) %}"), (TEXTS, "{% set y = x|replace('ab', 'b') %}"),
        (LISTS, "{% set y = x[1:] %}"), (LISTS, "{% set y = x[1:] + [1] %}"), (LISTS, "{% set y = 'q' in x %}"),
        (LISTS, "{% set y = x == x[:] %}"), (LISTS, "{% set y = 'q' is in x %}"), (LISTS, "{% set y = x|sort %}"),
        (LISTS, "{% set y = x|unique|list %}"), (LISTS, "{% set y = x|max %}"), (LISTS, "{% set y = x|reverse|list %}"),
        ("{% set x = range(990)|list %}", "{% set y = [x] %}"), ("", "{% set y = 'a' * 20000 %}"),
        ("", "{% set y = [1] * 1000 %}"), ("", "{% set y = 1 " + "+ 1 " * 100 + "%}"), ("", "{% set y = 1 %}" * 1000),
        ("{% set z = {'a': {'b': 1}} %}", "{% set y = z.a.b %}" * 300),
        ("", "{% if i == 1 and j == 2 %}{% endif %}" * 300),
        ("", "{{ '' if i else '' }}" * 200), ("", "{{ '' }}" * 400), ("", "{% with a = 1 %}{% endwith %}" * 200),
        ("", "{% set y = range(1000) %}" * 50), ("", "{% set y = loop.cycle(1, 2) %}"), ("", "{% set y = '%s' % 1 %}"),
        ("{% macro m() %}" + "{% set y = 1 %}" * 2000 + "{% endmacro %}", "{{ m() }}"),
        ("{% macro m() %}{{ caller() }}{% endmacro %}", "{% call m() %}{% endcall %}"),
    ],
)  # fmt: skip
def test_work_that_writes_nothing_is_counted_where_it_is_done(rendered: Rendered, before: str, body: str) -> None:
    source = before + TWICE.replace("\0", body)
    with pytest.raises(TemplateFailure, match=STEPS) as caught:
        rendered(source)
    assert caught.value.offset is not None


def test_long_body_makes_its_loop_dearer(rendered: Rendered) -> None:
    refusal(rendered, "{% for i in range(1000) %}" + "{% set y = 1 %}" * 40 + "{% endfor %}")
    assert rendered("{% for i in range(1000) %}" + "{% set y = 1 %}" * 20 + "{% endfor %}") == ""


@pytest.mark.parametrize(
    "source",
    [
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "{% block b %}{{ self.b() }}{% endblock %}",
        "{{ " + "not " * 3000 + "1 }}", "{{ 1" + " + 1" * 900 + " }}", "{% if 1 %}" * 500 + "{% endif %}" * 500,
        "{{ " + "(" * 10_000 + "1 }}", "{% for a in [1] %}" * 30 + "{% endfor %}" * 30,
        "{% for i in [1] recursive %}{% endfor %}",
    ],
)  # fmt: skip
def test_nesting_without_end_names_its_place(rendered: Rendered, source: str) -> None:
    with pytest.raises(TemplateFailure, match=r".") as caught:
        rendered(source)
    assert caught.value.offset is not None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{% include 'a.j2' %}", FOREVER),
        ("{% import 'a.j2' as a %}", FOREVER),
        ("{% extends 'a.j2' %}", FOREVER),
        ("x" * 20_001, WRITES),
        ("x" * 65_537, "a.j2 has more than 65,536 characters"),
    ],
)
def test_include_without_end_or_measure_is_refused(rendered: Rendered, content: str, message: str) -> None:
    assert refusal(rendered, "{% include 'a.j2' %}", a=content).startswith(message)


def test_many_includes_of_a_large_file_are_refused(rendered: Rendered) -> None:
    source = "{% for i in range(1000) %}{% include 'a.j2' %}{% endfor %}"
    assert refusal(rendered, source, a="x" * 15_000).startswith(WRITES)


def test_many_includes_of_an_empty_file_are_refused(rendered: Rendered) -> None:
    source = "{% for i in range(1000) %}" + "{% include 'a.j2' %}" * 10 + "{% endfor %}"
    assert refusal(rendered, source, a="").startswith(STEPS)


# ── what is still allowed


@pytest.mark.parametrize(
    ("expression", "length"),
    [
        ("'a' * 20000", 20_000), ("('%999d' % 1)", 999), ("('a' * 10000) ~ ('b' * 10000)", 20_000),
        ("'a'|center(10000)", 10_000),
        ("('a' * 200)|replace('a', 'b' * 100)", 20_000), ("(['a' * 20] * 1000)|join", 20_000),
        ("range(1000)|map('replace', '1', '')|join", 2590),
        ("2 ** 32", 10), ("'in the 1980s: %s' % 'x' * 1", 15), ("'1000 %s, %d%%' % ('a', 5)", 10),
    ],
)  # fmt: skip
def test_expression_inside_the_limits_is_written(rendered: Rendered, expression: str, length: int) -> None:
    assert len(rendered(f"{{{{ {expression} }}}}")) == length


def test_last_allowed_step_is_taken() -> None:
    meter = Meter()
    for _ in range(MAX_STEPS):
        meter.step()
    with pytest.raises(TemplateLimitError, match="more than 10,000 steps"):
        meter.step()


def test_last_allowed_character_is_written() -> None:
    meter = Meter()
    meter.write(MAX_CHARS)
    with pytest.raises(TemplateLimitError, match="more than 20,000 characters"):
        meter.write(1)


def test_turns_of_a_loop_are_counted_one_by_one() -> None:
    meter = Meter()
    turns = meter.count([1, 2, 3])
    next(iter(turns))
    assert meter.steps == 1


def test_reset_meter_starts_from_zero() -> None:
    meter = Meter()
    meter.step()
    meter.write(5)
    meter.reset()
    assert (meter.steps, meter.chars) == (0, 0)


@pytest.mark.parametrize(
    "value", ["x" * MAX_CHARS, [1] * MAX_ENTRIES, (1,) * MAX_ENTRIES, 2**63, -(2**63), 1e300, None, True]
)
def test_value_of_the_largest_size_passes(value: Any) -> None:
    assert check_size(value) is value


@pytest.mark.parametrize(
    "value", ["x" * (MAX_CHARS + 1), [1] * (MAX_ENTRIES + 1), [[1] * MAX_ENTRIES], {1: [1] * MAX_ENTRIES}, 2**64]
)
def test_larger_value_is_refused(value: Any) -> None:
    with pytest.raises(TemplateLimitError, match="of more than"):
        check_size(value)


@pytest.mark.parametrize("pattern", ["%s", "%5.2f", "%-20s", "100%", "%%", "in 1999 %s", "%(a)s 2024", "%(year)04d"])
def test_ordinary_format_passes(pattern: str) -> None:
    check_format(pattern)


def test_range_of_the_largest_size_passes() -> None:
    assert len(check_range(MAX_ENTRIES)) == MAX_ENTRIES
