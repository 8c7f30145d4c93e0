"""Faults of templates found before rendering: every one of them, each at its very character, and no false alarm."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from kling_render.assets import template_library
from kling_render.expansion.elements import ElementText, ElementTexts
from kling_render.expansion.library import Fragment, example_context, example_source, load_library
from kling_render.expansion.templating.inherited import InheritedText
from kling_render.expansion.templating.renderer import Renderer, TemplateFailure
from kling_render.expansion.templating.sources import SearchPath, search_path
from kling_render.expansion.variants import Variant, cells_of, variables_of, versions_of
from kling_render.project import load
from tests.expansion.conftest import write_all

MIRA = ElementText("mira", "Mira, 30s", "@mira")
VARIABLES: dict[str, Any] = {
    "look": "35mm", "n": 3, "lang": "en", "other": "fr", "place": "the quay", "say": {"en": "Hi", "de": "Hallo"},
    "deep": {"a": {"b": "c"}}, "names": ("one", "two"), "element": ElementTexts({"mira": MIRA}),
}  # fmt: skip
PROJECTS = sorted((Path(__file__).parents[3] / "projects").glob("*/project.toml"))


def a_renderer(folder: Path, **files: str) -> Renderer:
    """A renderer of the files NAME.j2, and of the library."""
    write_all(folder, {f"{name}.j2": content for name, content in files.items()})
    return Renderer(SearchPath([folder, template_library()]))


def marked(source: str) -> tuple[str, list[int]]:
    """The source without its marks `▸`, and where they stood."""
    parts = source.split("▸")
    offsets = [sum(map(len, parts[: index + 1])) for index in range(len(parts) - 1)]
    return "".join(parts), offsets


def found(folder: Path, source: str, variables: Mapping[str, Any] = VARIABLES, **files: str) -> list[TemplateFailure]:
    """What analysis says of a source."""
    return a_renderer(folder, **files).analyse(source, variables)


def messages(failures: list[TemplateFailure]) -> list[str]:
    return [failure.message for failure in failures]


# ── places


@pytest.mark.parametrize(
    "source",
    [
        "{{ ▸lok }}", "{{ look }} {{ ▸lok }} {{ lok }} {{ ▸plce }}", "ä走\n  {{ look ~ '走' ~ ▸lok }}",
        "a\r\nb\r\n{{ ▸lok }}", "a\rb{{ look }}\r\n\r\n{{ look ~\r\n ▸lok }}", "{{- look -}} \n\n {{- ▸lok }}",
        "{% raw %}{{ lok }}{% endraw %}{{ ▸lok }}", "{# {{ lok }} #}{{ ▸lok }}", "{{ 'lok' ~ ▸lok }}",
        "{{ element.▸mria }} {{ element.mira.▸describtion }} {{ element[▸'mria'] }}",
        "{{ say.▸dee }} {{ say[▸'dee'] }} {{ say[▸other] }} {{ say[lang] }}", "{{ deep.▸x.b }} {{ deep.a.▸y }}",
        "{{ say . ▸dee }}", "{{ say.▸pop }} {{ look.▸uper() }}", "{{ names[▸5] }}",
        "{{ look | ▸uper }} {{ look is not ▸strng }} {{ ▸rnage(3) }}", "{{ look|upper|▸lowr('x') }}",
        "{% for x in ▸lst %}{% endfor %}", "{% if ▸lok %}{% endif %}", "{% if ▸lok == 1 %}{% endif %}",
        "{% for x in say recursive %}{% endfor %}".replace("rec", "▸rec"), "{{ ▸1e999 }} {{ ▸lok }}",
        "{% include ▸'nope.j2' %} {% import ▸'nope.j2' as a %} {% from ▸'nope.j2' import b %}",
        "{% include [▸'nope.j2', 'none.j2'] %}", "{% set x = look %}{{ x }}{{ ▸y }}", "{{ ▸x }}{% set x = 1 %}",
        "{% for i in say %}{{ i }}{% endfor %}{{ ▸i }}", "{% with x = look %}{{ x }}{% endwith %}{{ ▸x }}",
        "{% macro m(x) %}{{ x }}{% endmacro %}{{ m('a') }}{{ ▸x }}", "{{ ▸lok.x.y }}", "{{ ▸lok | upper }}",
        "{{ ▸lok.x | default('a') }}", "{{ say[▸'fr'] ~ 'a' }}", "{{ ▸lok() }}", "{{ -▸lok }}{{ ▸x + 1 }}{{ 1 * ▸y }}",
        "{% filter upper %}{{ ▸lok }}{% endfilter %}", "{% set x %}{{ ▸lok }}{% endset %}",
        "{% block b %}{{ ▸lok }}{% endblock %}",
    ],
)  # fmt: skip
def test_every_fault_is_found_at_its_character(tmp_path: Path, source: str) -> None:
    text, offsets = marked(source)
    failures = found(tmp_path, text)
    assert [failure.offset for failure in failures] == offsets
    assert all(failure.certain and failure.length >= 1 for failure in failures)
    with pytest.raises(TemplateFailure, match=r"."):
        a_renderer(tmp_path).render(text, VARIABLES)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("▸{{ look", "{{ is never closed; write }}"), ("▸{% if look", "{% is never closed; write %}"),
        ("a ▸{# b", "{# is never closed; write #}"), ("a ▸{% raw %} b",
        "{% raw %} is never closed; write {% endraw %}"),
        ("▸{{ look {% if look %}a{% endif %}", "{{ is never closed; write }}"),
        ("▸{{ look {{ look }}", "{{ is never closed; write }}"),
        ("{% ▸if look %}a", "{% if %} is never closed; write {% endif %}"),
        ("{% if look %}{% ▸for x in say %}{% endif %}", "{% for %} is not closed before {% endif %}"),
        ("{{ look ▸%} {{ place }}", "{{ is closed by %}; write }}"),
        ("{% if look ▸}}a{% else %}b{% endif %}", "{% is closed by }}; write %}"),
        ("{% if look %}a{% endif ▸}}", "{% is closed by }}; write %}"),
        ("{% if look ~ ▸'a %}a{% endif %}", "a text without its closing quote"),
        ("{% ▸endif %}", "{% endif %} has no {% if %} before it"),
        ("{% ▸else %}", "{% else %} has no {% if %} before it"),
        ("{% ▸inclde 'camera/handheld.j2' %}", 'there is no tag "inclde"; did you mean "include"?'),
        ("{% ▸fro x in say %}{{ x }}{% endfor %}", 'there is no tag "fro"; did you mean "for"?'),
        ("{% ▸zebra %}", 'there is no tag "zebra"'), ("{{ ▸'abc }}", "a text without its closing quote"),
        ("{{ look ▸$ }}", "unexpected '$'"), ("{{ (look ▸}}", "unexpected '}', expected ')'"), ("{{ look▸] }}",
        "unexpected ']'"),
        ("{{ look ▸place }}", "expected token 'end of print statement', got 'place'"),
        ("走{{ look ~ ▸}}", "unexpected 'end of print statement'"),
        ("{% for x ▸%}{{ x }}{% endfor %}", "expected token 'in', got 'end of statement block'"),
        ("{% set ▸1 = 2 %}", "expected token 'end of statement block', got 'integer'"),
        ("{{ " + "(" * 60 + "▸(" + "1" + ")" * 61 + " }}", "brackets nest deeper than 60"),
    ],
)  # fmt: skip
def test_fault_of_the_syntax_is_found_at_its_character(tmp_path: Path, source: str, message: str) -> None:
    text, offsets = marked(source)
    failures = found(tmp_path, text)
    assert [failure.offset for failure in failures] == offsets
    assert failures[0].message.startswith("the template does not parse: ")
    if not message.startswith("expected token 'end of statement"):
        assert messages(failures) == [f"the template does not parse: {message}"]


def test_faults_of_every_kind_are_found_at_once(tmp_path: Path) -> None:
    source, offsets = marked(
        "{{ ▸lok }} {{ a ▸b }} {% if ▸%}x{% else %}y{% endif %} {{ look|▸uper }}\n"
        "{% ▸endfor %} {{ ▸'a }} {{ say.▸fr }} {% ▸for y in say %}"
    )
    assert [failure.offset for failure in found(tmp_path, source)] == offsets


def test_nothing_is_said_of_names_in_what_cannot_be_read(tmp_path: Path) -> None:
    failures = found(tmp_path, "{% set x = look look %}{{ x }}")
    assert len(failures) == 1


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{{ lok }}", 'undefined variable "lok"; did you mean "look"?'),
        ("{{ elemen.mira }}", 'undefined variable "elemen"; did you mean "element"?'),
        ("{% set wether = 1 %}{{ weather }}", 'undefined variable "weather"; did you mean "wether"?'),
        ("{{ element.mria }}", 'no entry "mria" (there is mira); did you mean "mira"?'),
        ("{{ say.dee }}", 'no entry "dee" (there is en, de); did you mean "de"?'),
        ("{{ say[other] }}", 'no entry "fr" (there is en, de)'),
        ("{{ rnage(3) }}", 'there is no function "rnage"; did you mean "range"?'),
        ("{{ look|uper }}", 'there is no filter "uper"; did you mean "upper"?'),
        ("{{ look is strng }}", 'there is no test "strng"; did you mean "string"?'),
        (
            "{{ element.mira.describtion }}",
            'an element has no "describtion" (it has name and description); did you mean "description"?',
        ),
        ("{% include 'camera/orbt.j2' %}", 'there is no template "camera/orbt.j2"; did you mean "camera/orbit.j2"?'),
    ],
)
def test_fault_names_what_was_probably_meant(tmp_path: Path, source: str, message: str) -> None:
    assert messages(found(tmp_path, source)) == [message]


# ── no false alarms


@pytest.mark.parametrize(
    "source",
    [
        "", "plain {x}", "{{ look }}", "{{ lok is defined }}".replace("{{", "{% if").replace("}}", "%}a{% endif %}"),
        "{{ lok | default('x') }}{{ lok | d('x') }}{{ say.fr | default('x') }}",
        "{% if lok is defined %}{{ lok }}{% endif %}",
        "{% if lok is not defined %}{% set lok = 1 %}{% endif %}{{ lok }}", "{{ lok if lok is defined else 'x' }}",
        "{% if lok is defined and lok == 1 %}{{ lok }}{% elif n == 3 %}{{ lok|d('') }}{% else %}x{% endif %}",
        "{% set lok = lok | default('x') %}{{ lok }}", "{% set a, b = 1, 2 %}{{ a }}{{ b }}", "{{ 'lok' }}",
        "{% for k, v in say.items() %}{{ loop.index }}{{ k }}{{ v }}{% if loop.last %}.{% endif %}{% endfor %}",
        "{% macro m(a, b=look) %}{{ a }}{{ b }}{{ varargs|length }}{{ kwargs|length }}{% endmacro %}{{ m(1, 2, 3) }}",
        "{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}x{{ look }}{% endcall %}",
        "{% macro m() %}{{ later }}{% endmacro %}{% set later = 'x' %}{{ m() }}",
        "{% set ns = namespace(i=0) %}{% for x in names %}{% set ns.i = ns.i + 1 %}{% endfor %}{{ ns.i }}",
        "{% with a = look, b = say.en %}{{ a }}{{ b }}{% endwith %}", "{% raw %}{{ lok }}{% endraw %}",
        "{# {{ lok }} #}",
        "{{ say.get('fr', 'x') }}{{ say.keys()|join }}{{ (say.values()|list)[0] }}{{ say['e' ~ 'n'] }}",
        "{% for key in ['en', 'de'] %}{{ say[key] }}{% endfor %}{{ look.upper()[:2] }}{{ names[0] }}{{ names[-1] }}",
        "{{ element.mira }}{{ element.mira.name }}{{ element['mira'].printed }}{{ element|length }}",
        "{% include 'nope.j2' ignore missing %}", "{% include ['nope.j2', 'a.j2'] %}",
        "{% include 'camera/hand' ~ 'held.j2' ignore missing %}",
        "{% set x = 1 %}{% include 'x.j2' %}", "{% with x = 1 %}{% include 'x.j2' %}{% endwith %}",
        "{% for x in names %}{% include 'x.j2' %}{% endfor %}", "{% from 'm.j2' import m %}{{ m('a') }}",
        "{% import 'm.j2' as lib %}{{ lib.m('a') }}", "{% from 'm.j2' import m as n2 with context %}{{ n2('a') }}",
        "{% extends 'p.j2' %}{% block b %}{{ super() }}{{ look }}{% endblock %}{{ lok }}",
        "{% block b %}{{ look }}{% endblock %}{{ self.b() }}",
        "{% extends 'p.j2' %}{% set title = 'x' %}", "{% set b %}{{ look }}{% endset %}{{ b }}",
        "{{ range(3)|join }}{{ dict(a=1).a }}",
        "{{ names|map('upper')|join }}{{ names|select('in', ['one'])|join }}",
        "{{ names|map(attribute='x', default='y')|join }}",
        "{{ {'lok': 1}.lok }}{{ {'a': {'b': 1}}.a.b }}{{ [1, [2]]|length }}",
        "{{ look ~ ('-' ~ lok if lok is defined else '') }}",
        "{{ '{{' }}{{ '%}' }}{{ \"}}\" }}", "{{ n in [1, 2] }}".replace("n in [1, 2]", "'a' if n in [1, 2] else 'b'"),
        "{% set x = lok %}x", "{{ super() }}",
    ],
)  # fmt: skip
def test_template_that_renders_has_no_certain_fault(tmp_path: Path, source: str) -> None:
    files = {
        "a": "a", "x": "{{ x }}{{ look }}", "m": "{% macro m(t) %}{{ t }}{{ t|default('') }}{% endmacro %}",
        "p": "{{ title|d('') }}{% block b %}{{ look }}{% endblock %}",
    }  # fmt: skip
    renderer = a_renderer(tmp_path, **files)
    variables = {**VARIABLES, "super": InheritedText("above")}
    text, failures = renderer.try_render(source, variables)
    assert (failures, text is None) == ([], False)
    assert [failure.message for failure in renderer.analyse(source, variables) if failure.certain] == []


@pytest.mark.parametrize("fragment", load_library(template_library()), ids=lambda fragment: fragment.name)
def test_fragment_of_the_library_has_no_fault(tmp_path: Path, fragment: Fragment) -> None:
    assert messages(found(tmp_path, example_source(fragment), example_context(fragment))) == []


@pytest.mark.parametrize("file", PROJECTS, ids=lambda file: file.parent.name)
def test_prompt_of_an_example_project_has_no_fault(file: Path) -> None:
    project = load(file.parent)
    renderer = Renderer(search_path(project))
    elements = {name: ElementText(name, "d", f"@{name}") for name in project.elements}
    for shot in project.shots.values():
        variant = Variant(next(versions_of(project)), next(iter(cells_of(shot.matrix))))
        variables = {**shot.variables(), **variables_of(variant), "element": ElementTexts(elements)}
        variables["super"] = InheritedText("x")
        texts = [shot.table.prompt, *(cut.prompt for cut in shot.cuts)]
        assert [messages(renderer.analyse(text, variables)) for text in texts if text] == [[] for text in texts if text]


# ── what not every rendering meets


@pytest.mark.parametrize(
    "source",
    [
        "{% if n == 1 %}{{ ▸lok }}{% endif %}", "{{ 'a' if n == 3 else ▸lok }}",
        "{% for x in [] %}{{ ▸lok }}{% endfor %}",
        "{% macro m() %}{{ ▸lok }}{% endmacro %}", "{% set y = ▸lok %}", "{% with y = ▸lok %}{% endwith %}",
        "{{ 'a' if n == 3 or ▸lok else 'b' }}", "{% if n == 1 %}{{ say.▸fr }}{% endif %}",
        "{% if n == 1 %}{% include ▸'nope.j2' %}{% endif %}", "{% macro m(t) %}{% endmacro %}{{ m(▸lok) }}",
        "{% if n == 3 %}a{% elif ▸lok %}b{% endif %}", "{% if n == 1 %}{{ look|▸uper }}{% endif %}",
        "{% extends 'camera/static-locked.j2' %}{{ ▸lok }}", "{% from 'cards/cut-card.j2' import ▸cut_crd %}",
    ],
)  # fmt: skip
def test_fault_that_a_rendering_may_not_meet_is_uncertain(tmp_path: Path, source: str) -> None:
    text, offsets = marked(source)
    renderer = a_renderer(tmp_path)
    assert [(each.offset, each.certain) for each in renderer.analyse(text, VARIABLES)] == [(offsets[0], False)]
    assert renderer.try_render(text, VARIABLES)[1] == []


def test_name_is_reported_once_and_certain_if_any_use_is(tmp_path: Path) -> None:
    (failure,) = found(tmp_path, "{% if n == 1 %}{{ lok }}{% endif %}{{ lok }}")
    assert (failure.offset, failure.certain) == (18, True)


def test_failed_rendering_reports_its_own_fault_and_the_uncertain_ones(tmp_path: Path) -> None:
    source = "{% if n == 1 %}{{ lok }}{% endif %}{{ 1 // 0 }}"
    _, failures = a_renderer(tmp_path).try_render(source, VARIABLES)
    assert [failure.offset for failure in failures] == [18, 38]


# ── other templates


def test_fault_in_an_included_file_points_into_it_and_tells_the_way(tmp_path: Path) -> None:
    source = "a\n\n{% include 'cards/shot.j2' %}"
    files = {"cards/shot": "\n{% include 'camera/x.j2' %}", "camera/x": "走 {{ look }}{{ speed }}"}
    (failure,) = found(tmp_path, source, VARIABLES, **files)
    assert failure.message == 'undefined variable "speed"'
    assert failure.chain == ("includes cards/shot.j2 (line 3)", "includes camera/x.j2 (line 2)")
    assert (failure.file, failure.line, failure.column) == (tmp_path / "camera" / "x.j2", 1, 16)
    assert (failure.offset, failure.length, failure.certain) == (None, 5, True)
    assert "{% with speed = … %}" in failure.hint


def test_syntax_of_an_included_file_is_a_fault_there(tmp_path: Path) -> None:
    failures = found(tmp_path, "{% include 'a.j2' %}{{ lok }}", a="\n{% if look %}\n{{ look look }}")
    assert [(each.file and each.file.name, each.line, each.column, each.offset) for each in failures] == [
        (None, None, None, 23), ("a.j2", 2, 4, None), ("a.j2", 3, 9, None),
    ]  # fmt: skip


def test_import_does_not_see_the_variables(tmp_path: Path) -> None:
    (failure,) = found(tmp_path, "{% import 'a.j2' as a %}", a="{{ look }}")
    assert (failure.file, failure.column, failure.certain) == (tmp_path / "a.j2", 4, True)


def test_import_with_context_sees_the_variables(tmp_path: Path) -> None:
    assert found(tmp_path, "{% import 'a.j2' as a with context %}", a="{{ look }}") == []


def test_include_without_context_does_not_see_the_variables(tmp_path: Path) -> None:
    assert len(found(tmp_path, "{% include 'a.j2' without context %}", a="{{ look }}")) == 1


@pytest.mark.parametrize(
    ("files", "place"),
    [
        ({"a": "{% include 'a.j2' %}"}, ("a.j2", 1, 12)),
        ({"a": "\n{% include 'b.j2' %}", "b": "{% include 'a.j2' %}"}, ("b.j2", 1, 12)),
        ({"a": "{% extends 'a.j2' %}"}, ("a.j2", 1, 12)),
    ],
)
def test_templates_in_a_circle_are_a_fault(tmp_path: Path, files: dict[str, str], place: tuple[str, int, int]) -> None:
    (failure,) = found(tmp_path, "{% include 'a.j2' %}", VARIABLES, **files)
    assert failure.message.startswith('"a.j2" ')
    assert failure.file is not None
    assert (failure.file.name, failure.line, failure.column) == place


def test_circle_behind_a_condition_is_uncertain(tmp_path: Path) -> None:
    source = "{% if n > 0 %}{% with n = n - 1 %}{% include 'a.j2' %}{% endwith %}{% endif %}"
    renderer = a_renderer(tmp_path, a=source)
    assert [failure.certain for failure in renderer.analyse(source, VARIABLES)] == [False]
    assert renderer.render(source, VARIABLES) == ""


def test_file_is_judged_for_each_surrounding(tmp_path: Path) -> None:
    source = "{% with x = 1 %}{% include 'a.j2' %}{% endwith %}{% include 'a.j2' %}{% include 'a.j2' %}"
    assert len(found(tmp_path, source, a="{{ x }}")) == 1


def test_template_file_is_analysed_like_a_text(tmp_path: Path) -> None:
    failures = a_renderer(tmp_path, a="{{ look }}\n{{ lok }}").analyse_file("a.j2", VARIABLES)
    assert [(each.file, each.line, each.column) for each in failures] == [(tmp_path / "a.j2", 2, 4)]


def test_missing_template_file_is_left_to_rendering(tmp_path: Path) -> None:
    text, failures = a_renderer(tmp_path).try_render_file("nope.j2", VARIABLES)
    assert (text, messages(failures)) == (None, ['there is no template "nope.j2"'])


# ── super


def test_inherited_text_is_called_as_super(tmp_path: Path) -> None:
    variables = {"super": InheritedText("above")}
    renderer = a_renderer(tmp_path)
    assert renderer.try_render("{{ super() }}, and {{ super()|upper }}", variables) == ("above, and ABOVE", [])


def test_super_inside_a_block_is_the_block_of_the_parent(tmp_path: Path) -> None:
    source = "{% extends 'a.j2' %}{% block b %}{{ super() }}{% endblock %}"
    renderer = a_renderer(tmp_path, a="{% block b %}parent{% endblock %}")
    assert renderer.try_render(source, {"super": InheritedText("above")}) == ("parent", [])


def test_super_without_an_inherited_text_is_unknown(tmp_path: Path) -> None:
    assert messages(found(tmp_path, "{{ super() }}", {})) == ['there is no function "super"']


@pytest.mark.parametrize("expression", ["super.text", "super.__call__", "super.__class__"])
def test_inside_of_the_inherited_text_is_out_of_reach(tmp_path: Path, expression: str) -> None:
    with pytest.raises(TemplateFailure, match="out of reach"):
        a_renderer(tmp_path).render(f"{{{{ {expression} }}}}", {"super": InheritedText("above")})


@pytest.mark.parametrize("value", [print, str, lambda: "x"])
def test_no_other_function_of_the_variables_is_called(tmp_path: Path, value: Any) -> None:
    with pytest.raises(TemplateFailure, match="not safely callable"):
        a_renderer(tmp_path).render("{{ f() }}", {"f": value})


def test_same_source_is_judged_by_the_variables_of_each_call(tmp_path: Path) -> None:
    renderer = a_renderer(tmp_path)
    source = "{{ say[lang] }}{{ x }}"
    assert renderer.analyse(source, {"say": {"en": "Hi"}, "lang": "en", "x": 1}) == []
    assert [each.offset for each in renderer.analyse(source, {"say": {"en": "Hi"}, "lang": "de"})] == [7, 18]


def test_source_too_large_is_a_fault(tmp_path: Path) -> None:
    (failure,) = found(tmp_path, "{{ look }}" + "x" * 65_536)
    assert failure.message.endswith("a template of more than 65,536 characters")
