"""Elements: `@name` with pictures where the model takes them and the shot lists them, the description elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from kling_render.expansion import Expansion
from kling_render.expansion.elements import ElementText, ElementTexts
from kling_render.expansion.templating.renderer import TemplateFailure

if TYPE_CHECKING:
    from tests.expansion.conftest import Rendered

Body = Callable[..., dict[str, Any]]
Faults = Callable[..., list[str]]
A, B = "https://a.example/front.png", "https://a.example/side.png"
MIRA = f'[element.mira]\ndescription = "Mira, red coat"\nimages = ["{A}", "{B}"]\n'
SHOT = '[shot.walk]\nprompt = "{{ element.mira }} walks"\n'


def test_listed_element_is_named_and_sent(body: Body) -> None:
    found = body(f'{MIRA}{SHOT}elements = ["mira"]\n')
    assert found["prompt"] == "@mira walks"
    assert found["kling_elements"] == [{"name": "mira", "description": "Mira, red coat", "element_input_urls": [A, B]}]


def test_element_that_the_shot_does_not_list_is_described(body: Body) -> None:
    assert body(MIRA + SHOT) == {"model": "kling-3.0", "prompt": "Mira, red coat walks"}


@pytest.mark.parametrize("model", ["kling-v3-turbo", "kling-v3-omni"])
def test_element_is_described_where_the_model_takes_none(body: Body, model: str) -> None:
    found = body(f'{MIRA}{SHOT}model = "{model}"\nelements = ["mira"]\n')
    assert (found["prompt"], "kling_elements" in found) == ("Mira, red coat walks", False)


def test_element_without_pictures_is_described(body: Body) -> None:
    found = body(f'[element.mira]\ndescription = "Mira"\n{SHOT}elements = ["mira"]\n')
    assert found == {"model": "kling-3.0", "prompt": "Mira walks"}


def test_element_with_a_video_is_named_and_sent(body: Body) -> None:
    element = '[element.mira]\ndescription = "Mira"\nvideos = ["https://a.example/walk.mp4"]\n'
    (sent,) = body(f'{element}{SHOT}elements = ["mira"]\n')["kling_elements"]
    assert sent == {"name": "mira", "description": "Mira", "element_input_video_urls": ["https://a.example/walk.mp4"]}


def test_element_goes_along_to_image_to_video(body: Body) -> None:
    found = body(f'{MIRA}{SHOT}elements = ["mira"]\nfirst_frame_image_url = "{A}"\n')
    assert found["kling_elements"][0]["name"] == "mira"


def test_element_that_is_listed_twice_is_sent_once(body: Body) -> None:
    assert len(body(f'{MIRA}{SHOT}elements = ["mira", "mira"]\n')["kling_elements"]) == 1


def test_white_space_of_a_description_collapses_wherever_it_is_sent(body: Body) -> None:
    element = MIRA.replace('"Mira, red coat"', "'''\nMira,\n  red coat'''")
    assert body(f'{element}{SHOT}elements = ["mira"]\n')["kling_elements"][0]["description"] == "Mira, red coat"


def test_element_is_readable_in_a_field_that_decides_the_endpoint(body: Body) -> None:
    frame = 'first_frame_image_url = "https://a.example/{{ element.mira.name }}.png"\n'
    found = body(f'{MIRA}{SHOT}elements = ["mira"]\n{frame}')
    assert (found["first_frame_image_url"], found["prompt"]) == ("https://a.example/mira.png", "@mira walks")


def test_listed_element_that_no_prompt_names_is_warned_about(faults: Faults) -> None:
    found = faults(f'{MIRA}[shot.walk]\nprompt = "x"\nelements = ["mira"]\n')
    assert found == [
        "warning shot.walk.elements: the element mira is declared, but no prompt uses it, for kling-3.0 (text_to_video)"
    ]


def test_name_written_by_hand_without_listing_is_a_fault(faults: Faults) -> None:
    (found,) = faults(f'{MIRA}[shot.walk]\nprompt = "@mira walks"\n')
    assert found.startswith("error shot.walk.prompt: @mira is named in the prompt but not declared")


def test_fourth_element_is_warned_about(expanded: Callable[..., Expansion]) -> None:
    names = ["a", "b", "c", "d"]
    elements = "".join(MIRA.replace("element.mira", f"element.{name}") for name in names)
    prompt = " ".join(f"{{{{ element.{name} }}}}" for name in names)
    (warning,) = expanded(f'{elements}[shot.walk]\nprompt = "{prompt}"\nelements = {names}\n').warnings
    assert "has 4 entries, more than 3" in warning.message


def test_unknown_element_in_a_template_is_a_fault_that_names_the_known(faults: Faults) -> None:
    (found,) = faults(f'{MIRA}[shot.walk]\nprompt = "{{{{ element.nora }}}}"\n')
    assert found == 'error shot.walk.prompt: no entry "nora" (there is mira)'


def test_element_without_a_name_in_a_template_is_a_fault(faults: Faults) -> None:
    (found,) = faults(f'{MIRA}[shot.walk]\nprompt = "{{{{ element }}}}"\n')
    assert "it prints all elements (name one: element.NAME)" in found


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("element.mira.name", "mira"), ("element.mira.description", "Mira, red coat"), ("element['mira']", "@mira"),
        ("'with ' ~ element.mira", "with @mira"), ("element.mira|trim", "@mira"), ("element.mira|upper", "@MIRA"),
        ("'with %s' % element.mira", "with @mira"), ("'X'|replace('X', element.mira)", "@mira"),
        ("[element.mira, 'x']|join(' and ')", "@mira and x"), ("element.mira|string", "@mira"),
    ],
)  # fmt: skip
def test_element_is_a_text_to_every_expression(rendered: Rendered, expression: str, text: str) -> None:
    variables = {"element": ElementTexts({"mira": ElementText("mira", "Mira, red coat", "@mira")})}
    assert rendered(f"{{{{ {expression} }}}}", variables) == text


@pytest.mark.parametrize("pattern", ["%s", "%(mira)s and %s", "%5s", "%-5.3s", "%%%s", "%(%)s%s"])
def test_all_elements_at_once_are_not_formatted(rendered: Rendered, pattern: str) -> None:
    variables = {"element": ElementTexts({"mira": ElementText("mira", "Mira", "@mira")})}
    with pytest.raises(TemplateFailure, match="format is given all elements"):
        rendered(f"{{{{ '{pattern}' % element }}}}", variables)


def test_elements_are_formatted_by_name(rendered: Rendered) -> None:
    variables = {"element": ElementTexts({"mira": ElementText("mira", "Mira", "@mira")})}
    assert rendered("{{ '%(mira)s, 100%%' % element }}", variables) == "@mira, 100%"


def test_misspelt_attribute_of_an_element_is_a_fault(faults: Faults) -> None:
    (found,) = faults(f'{MIRA}[shot.walk]\nprompt = "{{{{ element.mira.age }}}}"\n')
    assert 'an element has no "age"' in found


def test_own_kling_elements_are_sent_as_written(body: Body) -> None:
    own = (
        f'kling_elements = [{{ name = "dog", description = "A {{{{ x }}}} dog", element_input_urls = ["{A}", "{B}"] }}]'
    )
    found = body(f'[vars]\nx = "big"\n[shot.walk]\nprompt = "@dog runs"\n{own}\n')
    assert found["kling_elements"][0]["description"] == "A big dog"


def test_fault_of_own_kling_elements_is_put_at_that_key(faults: Faults) -> None:
    found = faults('[shot.walk]\nprompt = "@dog runs"\nkling_elements = [{ name = "dog" }]\n')
    assert found[0].endswith("kling_elements[0].description is required, for kling-3.0 (text_to_video)")
