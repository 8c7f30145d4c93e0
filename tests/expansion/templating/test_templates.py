"""The renderer: what templates write, and the words in which their failures reach their authors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kling_render.assets import template_library
from kling_render.expansion.templating.limits import MAX_SOURCE
from kling_render.expansion.templating.renderer import Renderer, TemplateFailure
from kling_render.expansion.templating.sources import SearchPath

if TYPE_CHECKING:
    from tests.expansion.conftest import Rendered


def failure(rendered: Rendered, source: str, variables: dict[str, Any] | None = None, **files: str) -> str:
    """The message of a template that fails."""
    with pytest.raises(TemplateFailure, match=r".") as caught:
        rendered(source, variables or {}, **files)
    return caught.value.message


@pytest.mark.parametrize("source", ["", "plain", "100 % } { text\n", "a # b", "{ {x} }", "x" * 70_000])
def test_text_without_marks_is_left_as_it_is(rendered: Rendered, source: str) -> None:
    assert rendered(source) == source


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ a }}", "A"), ("{{ n }}", "5"), ("{{ f }}", "0.5"), ("{{ say.en }}", "Hi"), ("{{ say['en'] }}", "Hi"),
        ("{{ list[1] }}", "two"), ("{% for each in list %}{{ loop.index }}{{ each }} {% endfor %}", "1one 2two "),
        ("{% if n > 3 %}big{% else %}small{% endif %}", "big"), ("{{ a if false else 'B' }}", "B"),
        ("{# not this #}x", "x"),
        ("{% set b = a ~ '!' %}{{ b }}", "A!"), ("{{ 'x' * 3 }}", "xxx"), ("{{ 2 ** 10 }}", "1024"),
        ("{{ 7 % 4 }}", "3"),
        ("{{ list | join(', ') }}", "one, two"), ("{{ nothing | default('B') }}", "B"), ("{{ a.lower() }}", "a"),
        ("{% macro m(x, y='?') %}{{ x }}{{ y }}{% endmacro %}{{ m('a') }}{{ m('b', '!') }}", "a?b!"),
        ("{% for key, word in say.items() %}{{ key }}={{ word }} {% endfor %}", "en=Hi de=Hallo "),
        ("{% with x = 'w' %}{{ x }}{% endwith %}", "w"), ("{% raw %}{{ a }}{% endraw %}", "{{ a }}"),
        ("{% set n = namespace(i=0) %}{% for x in list %}{% set n.i = n.i + 1 %}{% endfor %}{{ n.i }}", "2"),
        ("{{ '%s, %.1f, %d%%' % (a, f, n) }}", "A, 0.5, 5%"), ("{{ '%(x)s'|format(x=a) }}", "A"),
        ("{{ range(3)|join }}", "012"),
        ("{% for x in [3, 1, 2]|sort if x > 1 %}{{ x }}{% if not loop.last %}-{% endif %}{% endfor %}", "2-3"),
        ("{{ (1, 2)|sum }}{{ {'a': 1}.a }}{{ dict(b=2).b }}", "312"),
        ("{% for x in [] %}a{% else %}none{% endfor %}", "none"),
        ("{{ list|map('upper')|join(' ') }}", "ONE TWO"), ("{{ 'a<b' }}", "a<b"), ("{{ '走' }}", "走"),
        ("{{ 20000|string }}", "20000"),
    ],
)  # fmt: skip
def test_template_writes_what_jinja_would(rendered: Rendered, source: str, text: str) -> None:
    variables = {"a": "A", "n": 5, "f": 0.5, "say": {"en": "Hi", "de": "Hallo"}, "list": ("one", "two")}
    assert rendered(source, variables) == text


def test_include_sees_the_variables_around_it(rendered: Rendered) -> None:
    assert rendered("{% with x = 'w' %}{% include 'a.j2' %}{% endwith %}", a="<{{ x }}>") == "<w>"


def test_imported_macro_is_called(rendered: Rendered) -> None:
    source = "{% from 'a.j2' import m %}{{ m('x') }}{% import 'a.j2' as lib %}{{ lib.m('y') }}"
    assert rendered(source, a="{% macro m(t) %}<{{ t }}>{% endmacro %}") == "<x><y>"


def test_block_of_a_parent_is_filled(rendered: Rendered) -> None:
    source = "{% extends 'a.j2' %}{% block b %}[{{ super() }}]{% endblock %}"
    assert rendered(source, a="a{% block b %}b{% endblock %}") == "a[b]"


def test_rendering_twice_starts_from_the_same_counts(tmp_path: Path) -> None:
    renderer = Renderer(SearchPath([tmp_path]))
    source = "{% for i in range(1000) %}{% for j in range(4) %}.{% endfor %}{% endfor %}"
    assert [len(renderer.render(source, {})) for _ in range(5)] == [4000] * 5


def test_rendering_after_a_failure_starts_from_zero(tmp_path: Path) -> None:
    renderer = Renderer(SearchPath([tmp_path]))
    with pytest.raises(TemplateFailure, match="10,000 steps"):
        renderer.render("{% for i in range(1000) %}{% for j in range(1000) %}{% endfor %}{% endfor %}", {})
    assert renderer.render("{% for i in range(3) %}{{ i }}{% endfor %}", {}) == "012"


def test_same_source_sees_the_variables_of_each_call(tmp_path: Path) -> None:
    renderer = Renderer(SearchPath([tmp_path]))
    assert [renderer.render("{{ x }}", {"x": each}) for each in "ab"] == ["a", "b"]


# ── failures


def test_undefined_variable_is_named_with_a_suggestion_and_a_hint(rendered: Rendered) -> None:
    with pytest.raises(TemplateFailure, match='undefined variable "lok"; did you mean "look"') as caught:
        rendered("{{ lok }}", {"look": "x"})
    assert caught.value.hint == "Define it in [vars] or in the shot's vars."


def test_misspelt_element_variable_is_suggested(rendered: Rendered) -> None:
    assert '; did you mean "element"?' in failure(rendered, "{{ elemen }}")


@pytest.mark.parametrize(
    "source",
    [
        "{{ x ~ 'a' }}", "{% if x %}{% endif %}", "{% for a in x %}{% endfor %}", "{{ x|upper }}", "{{ [x]|join }}",
        "{{ x + 1 }}", "{{ x.y }}", "{{ x() }}", "{{ x == 1 }}", "{{ '%s' % x }}", "{{ 'a'|replace('a', x) }}",
    ],
)  # fmt: skip
def test_undefined_variable_fails_wherever_it_is_used(rendered: Rendered, source: str) -> None:
    assert failure(rendered, source).startswith('undefined variable "x"')


def test_unknown_entry_is_named_with_those_there_are(rendered: Rendered) -> None:
    found = failure(rendered, "{{ say.fr }}", {"say": {"en": "Hi", "de": "Hallo"}})
    assert found == 'no entry "fr" (there is en, de)'


def test_entry_of_an_empty_table_is_unknown(rendered: Rendered) -> None:
    assert failure(rendered, "{{ say.fr }}", {"say": {}}).startswith('no entry "fr" (there is none)')


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("none", "none"), ("true", "true or false"), ("1 > 2", "true or false"), ("[1]", "a list"),
        ("(1, 2)", "a list"),
        ("{'a': 1}", "a table"), ("say", "a table"), ("range(3)", "an object"), ("namespace()", "an object"),
        ("m", "a macro"),
        ("self", "an object"), ("say.items()", "an object"), ("range", "an object"), ("date", "an object"),
        ("[1]|map('abs')", "an object"),
    ],
)  # fmt: skip
def test_only_texts_and_numbers_are_printed(rendered: Rendered, expression: str, shown: str) -> None:
    source = "{% macro m() %}{% endmacro %}{{ " + expression + " }}"
    found = failure(rendered, source, {"say": {"en": "Hi"}, "date": object()})
    assert found.startswith(f"the template fails: it prints {shown}")
    assert "only texts and numbers can stand in a prompt" in found


@pytest.mark.parametrize(
    "expression", ["1e308 * 10", "-1e308 * 10", "'nan'|float", "'a' ~ 'inf'|float", "('inf'|float)|string"]
)
def test_number_without_end_is_not_printed(rendered: Rendered, expression: str) -> None:
    assert "a number without end; only texts and numbers" in failure(rendered, f"{{{{ {expression} }}}}")


@pytest.mark.parametrize("expression", ["'a' ~ none", "('a' ~ none)|upper", "'a' ~ [1]", "('a' ~ true)[0]", "'a' ~ m"])
def test_only_texts_and_numbers_are_joined(rendered: Rendered, expression: str) -> None:
    source = "{% macro m() %}{% endmacro %}{{ " + expression + " }}"
    assert failure(rendered, source).startswith("the template fails: it prints ")


def test_loop_is_not_printed(rendered: Rendered) -> None:
    assert "it prints the loop" in failure(rendered, "{% for i in [1] %}{{ loop }}{% endfor %}")


@pytest.mark.parametrize(
    "source",
    [
        "\n\n{{ ▸x }}", "{{ 'a' }}\n{% ▸if %}", "{% if true %}\n{{ ▸1 // 0 }}\n{% endif %}",
        "\n{% for a in [1] %}\n{{ a.▸b.c }}{% endfor %}", "\n{{ 'a'|▸nofilter }}", "\n\n{{ ▸'a' * 10**9 }}",
        "ä\n走 {{ a ~ '走' ~ ▸x ~ a }}", "{{ a }}{{ say.en }}{{ say.▸fr }}", "{{ a if say[▸'fr'] else a }}",
        "{% set größe = 1 %}{{ größe }} {{ größe ~ ▸höhe }}", "{% set b = ▸x %}\n{{ a }}\n{{ b }}",
        "{{ a | upper | replace(a, ▸x) }}", "{% for i in ▸x %}{% endfor %}",
        "{{ a }} {% if a == 'A' and ▸x %}{% endif %}",
        "{% include ▸'none.j2' %}", "{% macro m(t) %}{{ t }}{% endmacro %}\n{{ m(▸x) }}",
        "{% macro m(t) %}{{ t }}{{ ▸x }}{% endmacro %}\n{{ m('a') }}", "{% block b %}\n{{ ▸x }}{% endblock %}",
        "{{ a }} {{ ▸nofunction() }}", "{{ a.▸nomethod() }}",
        "{{ [1, 2] | ▸join(none) }}",
        "{{ (a ~ a)[▸x:] }}", "{{ '%s' % ▸x }}", "{{ 1 + 'a'.▸b }}", "{{ a is ▸divisibleby 3 }}",
        "{{ {'a': 1}[▸'b'] }}", "a\r\nb\rc{{ a }}\r\n{{ ▸x }}", "{{- a -}}   \n {{- ▸x -}} ",
        "{% set b %}{{ a }}{{ ▸x }}{% endset %}", "{% filter upper %}{{ a }} {{ ▸x }}{% endfilter %}",
        "{% call ▸m() %}{% endcall %}", "{% with b = a %}{{ b ~ ▸x }}{% endwith %}",
    ],
)  # fmt: skip
def test_failure_points_at_the_character(rendered: Rendered, source: str) -> None:
    with pytest.raises(TemplateFailure, match=r".") as caught:
        rendered(source.replace("▸", ""), {"a": "A", "say": {"en": "Hi"}})
    assert caught.value.offset == source.index("▸")
    assert "(line" not in caught.value.message


def test_loop_without_measure_is_named_by_its_tag(rendered: Rendered) -> None:
    source = "{% for i in range(1000) %}{% for j in range(1000) %}{% endfor %}{% endfor %}"
    with pytest.raises(TemplateFailure, match="10,000 steps") as caught:
        rendered(source)
    inner = source.index("{% for j")  # which word of the tag depends on the version of Python
    assert inner < (caught.value.offset or 0) < source.index("{% endfor")


@pytest.mark.parametrize(
    ("content", "line", "column"),
    [
        ("\n{{ x }}", 2, 4), ("\n\n{% if %}", 3, 4), ("{% macro m() %}\n{{ 1 // 0 }}\n{% endmacro %}{{ m() }}", 2, 4),
        ("走{{ a ~ x }}", 1, 9), ("{{ 'a'\n", 1, 1),
    ],
)  # fmt: skip
def test_failure_inside_an_include_names_that_file_with_line_and_column(
    rendered: Rendered, tmp_path: Path, content: str, line: int, column: int
) -> None:
    with pytest.raises(TemplateFailure, match=r".") as caught:
        rendered("\n\n\n{% include 'a.j2' %}", {"a": "A"}, a=content)
    found = caught.value
    assert (found.file, found.line, found.column, found.offset) == (tmp_path / "a.j2", line, column, None)


def test_failure_inside_a_nested_include_tells_the_way_there(rendered: Rendered) -> None:
    with pytest.raises(TemplateFailure, match='undefined variable "x"') as caught:
        rendered("\n{% include 'a.j2' %}", a="\n\n{% include 'b.j2' %}", b="{{ x }}")
    assert caught.value.chain == ("includes a.j2 (line 2)", "includes b.j2 (line 3)")


@pytest.mark.parametrize(
    "source",
    [
        "{{", "{{ x", "{% if x %}", "{% endif %}", "{{ 'a }}", "{{ a b }}", "{% zebra %}", "{% for x %}{% endfor %}",
        "{# x", "{{ not }}", "{% set 1 = 2 %}", "{{ 1e999 }}", "{{ -1e999 }}",
        "{% block a %}{% endblock %}{% block a %}{% endblock %}",
    ],
)  # fmt: skip
def test_template_that_does_not_parse_is_a_failure(rendered: Rendered, source: str) -> None:
    assert failure(rendered, source).startswith("the template does not parse: ")


@pytest.mark.parametrize(
    "source",
    [
        "{{ 1 // 0 }}", "{{ 'a' + 1 }}", "{{ [2, 'a']|sort }}", "{{ 'a'() }}", "{{ range('a') }}", "{{ '%s %s' % 1 }}",
        "{{ '%d' % 'a' }}", "{{ [1][5]['a'] }}", "{% include 5 %}", "{% set a, b = 1 %}", "{{ loop }}", "{{ super() }}",
        "{{ caller() }}", "{{ 10.0 ** 999 }}", "{% for a in 5 %}{% endfor %}", "{{ 9" + "9" * 5000 + " }}",
        "{% include [] %}", "{{ '%c' % 9999999 }}", "{{ 'x' is filter('upper') }}",
        "{{ 'abc def'|truncate(1) }}",
    ],
)  # fmt: skip
def test_template_that_goes_wrong_is_a_failure(rendered: Rendered, source: str) -> None:
    assert failure(rendered, source)


@pytest.mark.parametrize("source", ["{{ '\\ud800' }}", "{{ 'a' ~ '\\udfff' }}", "{% set x = '\\ud800' %}{{ x }}"])
def test_half_a_character_is_a_failure(rendered: Rendered, source: str) -> None:
    assert "half a character" in failure(rendered, source)


def test_source_of_the_largest_size_is_rendered(rendered: Rendered) -> None:
    assert rendered("{#" + "x" * (MAX_SOURCE - 4) + "#}") == ""


def test_larger_source_is_a_failure(rendered: Rendered) -> None:
    assert "a template of more than 65,536 characters" in failure(rendered, "{{ 'x' }}" + " " * MAX_SOURCE)


WORDS = [
    "{{", "}}", "{%", "%}", "{#", "#}", "{%-", "-}}", "for", "in", "if", "else", "endfor", "endif", "set", "macro",
    "endmacro",
    "block", "endblock", "include", "import", "from", "as", "with", "endwith", "call", "endcall", "filter", "endfilter",
    "raw",
    "endraw", "autoescape", "endautoescape", "extends", "recursive", "not", "is", "and", "or", "x", "say", "element",
    "loop",
    "self", "super()", "caller()", "range", "dict", "namespace", "true", "none", "(", ")", "[", "]", "{", "}", ",", ":",
    ".", "|",
    "~", "+", "-", "*", "**", "%", "/", "//", "=", "==", "<", "'a'", '"b"', "'%(a)s'", "'%99999d'", "1", "0",
    "99999999999", "1e999",
    "'\\ud800'", "upper", "join", "replace", "format", "map", "sort", "list", "sum", "indent", "center", "default",
    "string", "int",
    "round", "dictsort", "unique", "__class__", "items()", "format_map", "'cards/cut-card.j2'", "'lens/50mm.j2'",
    "'nope.j2'", "\n",
]  # fmt: skip
RENDERER = Renderer(SearchPath([template_library()]))
VARIABLES = {"x": "X", "say": {"en": "Hi"}, "list": (1, "a", None)}


def is_text_or_failure(source: str) -> None:
    try:
        text = RENDERER.render(source, VARIABLES)
    except TemplateFailure as failure:
        assert failure.message  # noqa: PT017 - either outcome is right
    else:
        text.encode()


TEMPLATES = st.lists(st.sampled_from(WORDS) | st.text(max_size=2), max_size=14).map(" ".join)
EXPRESSIONS = st.lists(st.sampled_from(WORDS[36:]), min_size=1, max_size=8).map(
    lambda words: f"{{{{ {' '.join(words)} }}}}"
)


@settings(max_examples=300, deadline=None)
@given(TEMPLATES | EXPRESSIONS)
def test_any_template_is_a_text_or_a_failure(source: str) -> None:
    is_text_or_failure(source)


@pytest.mark.soak
@settings(max_examples=20_000, deadline=None)
@given(TEMPLATES | EXPRESSIONS)
def test_any_template_is_a_text_or_a_failure_for_long(source: str) -> None:
    is_text_or_failure(source)
