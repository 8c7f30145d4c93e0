"""What holds of every template: analysis never breaks, and what it calls certain, rendering meets."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jinja2 import DictLoader, Environment

from kling_render.expansion.elements import ElementText, ElementTexts
from kling_render.expansion.templating.lexing import spotted_tokens, unified, written_offset
from kling_render.expansion.templating.renderer import Renderer, TemplateFailure
from kling_render.expansion.templating.sandbox import PromptEnvironment
from kling_render.expansion.templating.sources import SearchPath

WORDS = [
    "{{", "}}", "{%", "%}", "{#", "#}", "{%-", "-}}", "for", "in", "if", "else", "elif", "endfor", "endif", "set",
    "endset", "macro", "endmacro", "block", "endblock", "include", "import", "from", "as", "with", "endwith", "call",
    "endcall", "filter", "endfilter", "raw", "endraw", "extends", "recursive", "ignore missing", "not", "is", "defined",
    "and", "or", "a", "u", "say", "element", "mira", "loop", "self", "super()", "range", "true", "none", "(", ")", "[",
    "]", "{", "}", ",", ":", ".", "|", "~", "+", "*", "**", "%", "=", "==", "<", "'a'", '"b"', "'", '"', "1", "1e999",
    "upper", "join", "default", "map", "frm", "endfro", "'x.j2'", "'a.j2'", "\n", "\r\n", "\r", "走", "\\",
]  # fmt: skip
PARTS = ["a", "{{ a }}", "{{- 'b' -}}", "\r\n", "\n", "\r", " ", "走", "{# c #}", "{%- set x = 1 -%}"]
SAY = {"en": "Hi", "de": "Hallo"}
FILES = {
    "x.j2": "{{ u }}",
    "y.j2": "{{ u|default('d') }}{% set v = 1 %}",
    "m.j2": "{% macro m(t) %}{{ t }}{% endmacro %}",
}


class Files(SearchPath):
    """Templates that lie in no folder."""

    def __init__(self) -> None:
        super().__init__([])

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Any]:
        """The source of one of `FILES`."""
        return DictLoader(FILES).get_source(environment, template)[0], f"/{template}", lambda: True


RENDERER = Renderer(Files())
LEXER = PromptEnvironment(Files()).lexer
ELEMENTS = ElementTexts({"mira": ElementText("mira", "Mira", "@mira")})


def variables(c: bool = True, d: bool = True) -> dict[str, Any]:
    return {"a": "A", "n": 3, "names": ("x", "y"), "say": SAY, "lang": "en", "element": ELEMENTS, "c": c, "d": d}


JUMBLES = st.lists(st.sampled_from(WORDS) | st.text(max_size=2), max_size=16).map(" ".join) | st.lists(
    st.sampled_from(WORDS), max_size=12
).map("".join)


def is_analysed(source: str) -> None:
    for failure in RENDERER.analyse(source, variables()):
        assert failure.message
        if failure.file is None:
            assert failure.offset is not None
            assert 0 <= failure.offset <= len(source)
        else:
            assert (failure.line or 0) >= 1
            assert (failure.column or 0) >= 1


@settings(max_examples=400, deadline=None)
@given(JUMBLES)
def test_any_text_is_analysed(source: str) -> None:
    is_analysed(source)


@pytest.mark.soak
@settings(max_examples=30_000, deadline=None)
@given(JUMBLES)
def test_any_text_is_analysed_for_long(source: str) -> None:
    is_analysed(source)


@settings(max_examples=300, deadline=None)
@given(JUMBLES)
def test_text_that_does_not_render_for_its_syntax_has_a_certain_fault(source: str) -> None:
    try:
        RENDERER.render(source, variables())
    except TemplateFailure as failure:
        if failure.message.startswith("the template does not parse: ") and "named" not in failure.message:
            assert failure.offset is not None or failure.file is not None  # noqa: PT017 - either outcome is right


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(["a", "{{ a }}", "{{- 'b' -}}", "\r\n", "\n", "\r", " ", "走", "{# c #}", "{%- set x = 1 -%}"])
    )
)
def test_token_stands_where_its_offset_says(parts: list[str]) -> None:
    source = "".join(parts)
    for spot, _, text in spotted_tokens(LEXER, unified(source)):
        written = written_offset(source, spot.offset)
        if "\n" not in text:
            assert source[written : written + len(text)] == text


# ── small templates that are right in their syntax

LEAVES = [
    "{{ a }}", "{{ u }}", "{{ v }}", "{{ v|default('d') }}", "{{ u|d(a) }}", "{{ say.en }}", "{{ say.fr }}",
    "{{ say[lang] }}",
    "{{ say[u] }}", "{{ say.fr|default('z') }}", "{{ v.x|default('z') }}", "{% set u = 1 %}", "{% set v = a %}",
    "{% set v = u %}",
    "{% include 'x.j2' %}", "{% include 'y.j2' %}", "{% include 'x.j2' without context %}",
    "{% include 'no.j2' ignore missing %}",
    "{% from 'm.j2' import m %}", "{% import 'm.j2' as v %}", "{{ 'y' if u is defined else 'n' }}",
    "{{ [u]|length }}", "{{ u ~ v }}",
    "{{ a if c else u }}", "{{ u if d else a }}", "{{ a or u }}", "{{ a and u }}", "{{ u|upper }}",
    "{{ u|list|length }}", "{{ u|first }}",
    "{{ 'y' if u in names else 'n' }}", "{{ 'y' if a in [] else 'n' }}", "{{ 'y' if u == a else 'n' }}",
    "{{ 'y' if n < n < u else 'n' }}",
    "{{ 'y' if u is none else 'n' }}", "{{ 'y' if u is string else 'n' }}", "{{ {'k': u}.k|default('d') }}",
    "{{ (u, a)[1] }}",
    "{{ names|map('upper')|join(u) }}", "{{ a|replace('A', u) }}", "{{ a|default(u) }}", "{{ range(n)|join }}",
    "{{ u() }}", "{{ u.x }}",
    "{{ element.mira }}", "{{ element.nora }}", "{{ element.mira.nme }}", "{{ x }}", "{{ loop.index }}", "{{ m(u) }}",
    "{{ -u }}",
    "{{ a[:u] }}", "{{ 'y' if not u else 'n' }}", "{{ a.upper() }}", "{{ say.items()|length }}",
    "{{ u is defined and u }}",
    "{{ 'y' if u is defined and u == 1 else 'n' }}", "{{ dict(k=u)|length }}", "{% set ns = namespace(k=u) %}",
    "{{ 'a' * u }}",
    "{{ '%s' % u }}", "{{ u + 1 }}", "{{ [u, a]|select|list|length }}", "{% set u, v = 1, 2 %}", "{{ self.nothing }}",
]  # fmt: skip
AROUND = [
    "{% if c %}\0{% endif %}", "{% if d %}\0{% else %}\1{% endif %}", "{% if u is defined %}\0{% else %}\1{% endif %}",
    "{% if c and u is not defined %}\0{% elif v is defined %}\1{% endif %}", "{% for x in names %}\0{% endfor %}",
    "{% for u in names %}\0{% else %}\1{% endfor %}", "{% for x in [] %}\0{% else %}\1{% endfor %}",
    "{% for x in names if x == v %}\0{% endfor %}", "{% with u = 1 %}\0{% endwith %}\1",
    "{% with v = u, u = v %}\0{% endwith %}",
    "{% macro m(u, t=v) %}\0{% endmacro %}{{ m(1) }}\1", "{% macro m() %}\0{% endmacro %}\1",
    "{% set v %}\0{% endset %}{{ v }}\1",
    "{% filter upper %}\0{% endfilter %}", "{% filter default('x') %}\0{% endfilter %}",
    "{% autoescape false %}\0{% endautoescape %}",
    "{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}\0{% endcall %}\1", "{% with %}\0{% endwith %}{{ v }}",
]  # fmt: skip


def around(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    wrapped = st.builds(
        lambda frame, first, second: frame.replace("\0", first).replace("\1", second),
        st.sampled_from(AROUND),
        inner,
        inner,
    )
    return st.lists(st.sampled_from(LEAVES) | wrapped, max_size=4).map("".join)


SOURCES = st.recursive(st.lists(st.sampled_from(LEAVES), max_size=4).map("".join), around, max_leaves=5)


def rendering_failure(source: str, c: bool, d: bool) -> TemplateFailure | None:
    try:
        RENDERER.render(source, variables(c, d))
    except TemplateFailure as failure:
        return failure
    return None


def certain_means_certain(source: str) -> None:
    """What is certain fails under every condition; something said of a name fails under some condition."""
    failures = RENDERER.analyse(source, variables())
    outcomes = [rendering_failure(source, *conditions) for conditions in product((True, False), repeat=2)]
    if any(failure.certain for failure in failures):
        assert None not in outcomes


def places_agree(source: str) -> None:
    """An undefined name that rendering meets at a place of the text is met at a name like it."""
    failure = rendering_failure(source, True, True)
    if failure is not None and failure.message.startswith("undefined variable") and failure.offset is not None:
        name = failure.message.split('"')[1]
        assert source[failure.offset : failure.offset + failure.length] == name


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SOURCES)
def test_certain_fault_is_met_by_every_rendering(source: str) -> None:
    certain_means_certain(source)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SOURCES)
def test_undefined_name_is_met_where_it_stands(source: str) -> None:
    places_agree(source)


@pytest.mark.soak
@settings(max_examples=30_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SOURCES)
def test_certain_fault_is_met_by_every_rendering_for_long(source: str) -> None:
    certain_means_certain(source)
    places_agree(source)


BRANCHES = st.recursive(
    st.sampled_from(["{{ a }}", "{{ u }}", "{{ v ~ a }}", "{{ say.fr }}", "{{ say.en }}", "{{ element.nora }}"]),
    lambda inner: st.builds(
        lambda frame, first, second: frame.replace("\0", first).replace("\1", second),
        st.sampled_from(["{% if c %}\0{% endif %}", "{{ a if c }}\0{% if d %}\1{% endif %}",
        "{% for x in names %}\0{% endfor %}\1", "{% with x = 1 %}\0{% endwith %}\1", "\0\1"]),
        inner,
        inner,
    ),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(BRANCHES)
def test_fault_in_a_branch_is_met_when_the_branch_is_reached(source: str) -> None:
    failures = RENDERER.analyse(source, variables())
    assert bool(failures) == (rendering_failure(source, c=True, d=True) is not None)
