"""Which stretch of a prompt was printed by which variable."""

from __future__ import annotations

from typing import Any

import pytest

from kling_render.expansion import expand
from kling_render.expansion.marking import Marked, mark_takes
from kling_render.project import Project

from .conftest import AProject

VARS = '[vars]\nlight = "dusk"\ncount = 3\nlens = 1.8\nsay = { en = "Not tonight." }\nwide = "  far \\n away "\n'


def marked(project: Project) -> Marked:
    return next(iter(mark_takes(project, expand(project).takes).values()))


def shown(project: Project) -> str:
    (stretches,) = marked(project).prompts
    return "".join(f"<{each.variable}:{each.text}>" if each.variable else each.text for each in stretches)


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("A deck at {{ light }}.", "A deck at <light:dusk>."),
        ("{{ count }} gulls at f/{{ lens }}", "<count:3> gulls at f/<lens:1.8>"),
        ("She says {{ say.en }}", "She says <say:Not tonight.>"),
        ("It is {{ 'late' if light == 'dusk' else 'early' }} at {{ light }}", "It is late at <light:dusk>"),
        ("{{ light | upper }} and {{ light | capitalize }}", "<light:DUSK> and <light:Dusk>"),
        ('{{ "at " ~ light }} x', "at <light:dusk> x"),
        ("so {{ wide }} off", "so <wide:far away> off"),
        ("{% for each in [light, 'dawn'] %}{{ each }},{% endfor %}", "<light:dusk>,dawn,"),
        ("{% macro at(x) %}at {{ x }}{% endmacro %}{{ at(light) }}", "at <light:dusk>"),
        ("{{ count + 1 }} {{ light.upper() }}", "4 DUSK"),
        ("{{ light | truncate(3, true, '', 0) }} {{ light }}", "dus dusk"),
        ("plain", "plain"),
    ],
)
def test_what_a_variable_prints_is_marked(a_project: AProject, prompt: str, expected: str) -> None:
    assert shown(a_project(f"{VARS}[shot.walk]\nprompt = '''{prompt}'''")) == expected


def test_stretches_together_are_the_prompt(a_project: AProject) -> None:
    project = a_project(f"{VARS}[shot.walk]\nprompt = '{{{{ wide }}}}{{{{ light }}}} {{{{ say.en }}}}  x'")
    (stretches,) = marked(project).prompts
    assert "".join(each.text for each in stretches) == expand(project).takes[0].body["prompt"]


def test_include_named_by_a_variable_is_found(a_project: AProject) -> None:
    files: dict[str, Any] = {"at-dusk.j2": "at {{ light }}"}
    project = a_project(VARS + "[shot.walk]\nprompt = \"{% include 'at-' ~ light ~ '.j2' %}\"", files=files)
    assert shown(project) == "at <light:dusk>"


def test_element_is_marked_as_it_is_printed(a_project: AProject) -> None:
    text = '[element.mira]\ndescription = "Mira, red coat"\n[shot.walk]\nprompt = "{{ element.mira }} walks"'
    project = a_project(text)
    assert shown(project) == "<element.mira:Mira, red coat> walks"
    assert [each.name for each in marked(project).cast] == ["mira"]


def test_inherited_text_is_marked_through_super(a_project: AProject) -> None:
    text = (
        VARS + '[shot.base]\nprompt = "At {{ light }}."\n'
        '[shot.walk]\nextends = "base"\nprompt = "{{ super() }} She walks."'
    )
    project = a_project(text)
    (stretches,) = list(mark_takes(project, expand(project).takes).values())[1].prompts
    assert [each.variable for each in stretches] == ["", "light", ""]


def test_each_cut_of_a_sequence_is_marked(a_project: AProject) -> None:
    cuts = "".join(
        f'[[shot.walk.sequence]]\nduration_seconds = 3\nprompt = "{text}"\n' for text in ("At {{ light }}", "Then")
    )
    project = a_project(f"{VARS}[shot.walk]\nenable_sound = true\n{cuts}")
    assert [[each.variable for each in prompt] for prompt in marked(project).prompts] == [["", "light"], [""]]


def test_variable_tells_its_line(a_project: AProject) -> None:
    found = marked(a_project(f'{VARS}[shot.walk]\nprompt = "{{{{ light }}}}"'))
    light = next(each for each in found.variables if each.name == "light")
    assert light.is_used
    assert light.origins[0].layer == "vars"
    assert light.origins[0].place.line == 9
