"""Variables that no template uses, and elements that no shot uses; in doubt, nothing is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kling_render.expansion import expand
from kling_render.expansion.doubts import judge_unused
from kling_render.expansion.doubts.wording import Wordings
from kling_render.expansion.templating.sources import SearchPath
from kling_render.project import load

if TYPE_CHECKING:
    from tests.expansion.conftest import AProject

HEAD = 'schema = 1\n[project]\nname = "ferry"\nid = "nf-7c1e"\n'
SHOT = '[shot.walk]\nprompt = "{{ a }}"\nvars = { a = "x" }\n'
Unused = Callable[..., list[str]]


@pytest.fixture
def unused(a_project: AProject) -> Unused:
    """A function that writes a project and gives the places of what nothing uses; takes what `a_project` takes."""
    return lambda *args, **kwargs: [fault.place.key for fault in judge_unused(a_project(*args, **kwargs))]


def test_variable_of_the_film_that_no_shot_uses_is_told(a_project: AProject) -> None:
    (fault,) = judge_unused(a_project(f'[vars]\nlook = "warm"\n{SHOT}'))
    assert (fault.place.key, fault.place.of, fault.severity) == ("vars.look", "key", "warning")
    assert fault.message == "no shot uses the variable look"


def test_variable_of_a_scene_that_none_of_its_shots_uses_is_told(a_project: AProject) -> None:
    scene = '[scene.deck]\nvars = { place = "deck" }\n'
    (fault,) = judge_unused(a_project(f'{scene}{SHOT}scene = "deck"\n[shot.b]\nprompt = "{{{{ place }}}}"\n'
                                      'vars = { place = "x" }\n'))  # fmt: skip
    assert (fault.place.key, fault.message) == (
        "scene.deck.vars.place", "no shot of scene deck uses the variable place",
    )  # fmt: skip


def test_variable_of_a_shot_that_it_does_not_use_is_told(a_project: AProject) -> None:
    (fault,) = judge_unused(a_project('[shot.walk]\nprompt = "look"\nvars = { look = "x" }\n'))
    assert (fault.place.key, fault.message) == ("shot.walk.vars.look", "shot walk does not use the variable look")


@pytest.mark.parametrize(
    "prompt",
    [
        "{{ look }}", "{{ look | default('x') }}", "{% if look is defined %}x{% endif %}", "{{ say[look] }}",
        "{% include 'inner.j2' %}", "{% include ['none.j2', 'inner.j2'] %}", "{% include say %}",
        "{% from 'inner.j2' import x with context %}", "{{ '}}' ~ look }}", "{%- set a = look -%}",
    ],
)  # fmt: skip
def test_variable_that_is_used_somehow_is_fine(unused: Unused, prompt: str) -> None:
    text = f'[vars]\nlook = "warm"\nsay = {{ warm = "x" }}\n[shot.walk]\nprompt = """{prompt}{{{{ say }}}}"""\n'
    assert unused(text, files={"inner.j2": "{{ look }}{% macro x() %}{% endmacro %}"}) == []


@pytest.mark.parametrize("prompt", ["look", "{# {{ look }} #}", "{{ 'look' }}", "{% include 'inner.j2' %}"])
def test_word_that_is_no_variable_there_uses_none(unused: Unused, prompt: str) -> None:
    text = f'[vars]\nlook = "warm"\n[shot.walk]\nprompt = """{prompt}"""\n'
    assert unused(text, files={"inner.j2": "no tags, look"}) == ["vars.look"]


@pytest.mark.parametrize(
    "shot",
    [
        'prompt_file = "p.j2"\n', 'prompt = "x"\nnegative_prompt = "{{ look }}"\n',
        'prompt = "x"\nfirst_frame_image_url = "{{ look }}.png"\n', '[shot.walk.prompts]\na = "{{ look }}"\n',
        '[[shot.walk.sequence]]\nduration_seconds = 3\nprompt_file = "p.j2"\n',
        'prompt = "x"\n[shot.walk.matrix]\naxes = { negative_prompt = ["{{ look }}", "y"] }\n',
    ],
)  # fmt: skip
def test_every_field_of_a_shot_may_use_a_variable(unused: Unused, shot: str) -> None:
    assert unused(f'[vars]\nlook = "warm"\n[shot.walk]\n{shot}', files={"p.j2": "{{ look }}"}) == []


def test_inherited_text_counts_where_super_asks_for_it(unused: Unused) -> None:
    base = '[vars]\nlook = "warm"\n[defaults]\nmodel = "kling-3.0"\nnegative_prompt = "{{ look }}"\n'
    shot = '[shot.walk]\nprompt = "x"\nnegative_prompt = "%s"\n'
    assert unused(shot % "{{ super() }}, y", head=HEAD + base) == []
    assert unused(shot % "y", head=HEAD + base) == ["vars.look"]


def test_element_that_no_shot_uses_is_told(unused: Unused) -> None:
    assert unused(f'[element.mira]\ndescription = "Mira"\n{SHOT}') == ["element.mira"]


@pytest.mark.parametrize(
    "shot", ['prompt = "{{ element.mira }}"', "prompt = \"{{ element['mira'] }}\"", 'prompt = "{{ element | list }}"',
             'prompt = "x"\nelements = ["mira"]', 'prompt = "{{ element.mira.description }}"'],
)  # fmt: skip
def test_element_that_is_used_somehow_is_fine(unused: Unused, shot: str) -> None:
    assert unused(f'[element.mira]\ndescription = "Mira"\n[shot.walk]\n{shot}\n') == []


def test_shared_file_may_hold_what_this_film_does_not_use(unused: Unused) -> None:
    brand = 'schema = 1\n[vars]\nlook = "x"\n[element.mira]\ndescription = "Mira"\n'
    assert unused(SHOT, head=f'include = ["brand.toml"]\n{HEAD}', files={"brand.toml": brand}) == []
    assert unused(f"{brand.removeprefix('schema = 1')}{SHOT}") == ["vars.look", "element.mira"]


def test_of_a_project_with_profiles_a_plan_says_nothing(tmp_path: Path, a_project: AProject) -> None:
    walk = '[shot.walk]\nprompt = "x"\n[profile.final.shot.walk]\nprompt = "{{ look }}"\n'
    project = a_project(f'[vars]\nlook = "x"\n{walk}')
    assert [fault.place.key for fault in judge_unused(project)] == ["vars.look"]
    assert expand(project).warnings == ()
    assert judge_unused(load(tmp_path, profile="final")) == []


def test_template_that_includes_itself_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a.j2").write_text("{% include 'a.j2' %}{{ look }}", "utf-8")
    assert "look" in Wordings(SearchPath([tmp_path])).of_file("a.j2").names
