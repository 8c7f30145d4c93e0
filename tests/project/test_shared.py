"""Defaults, variables and elements: names that can be used, and values of every kind."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import pytest

from kling_render.project import Project
from kling_render.project.frozen import freeze

Loaded = Callable[..., Project]
Faults = Callable[..., list[str]]
RESERVED = [
    "element", "range", "dict", "namespace", "loop", "self", "super", "caller", "not", "true", "false", "none", "True",
    "False", "None",
]  # fmt: skip


@pytest.mark.parametrize("name", RESERVED)
def test_name_of_the_template_language_cannot_be_a_variable(faults: Faults, name: str) -> None:
    assert faults(f"[vars]\n{name} = 1") == [f'project.toml: vars.{name}: "{name}" is a name of the template language']


@pytest.mark.parametrize("name", RESERVED)
def test_name_of_the_template_language_cannot_be_a_variable_of_a_shot(faults: Faults, name: str) -> None:
    (found,) = faults(shots=f'[shot.a]\nprompt = "x"\nvars = {{ {name} = 1 }}')
    assert found.startswith(f"project.toml: shot.a.vars.{name}: ")


@pytest.mark.parametrize("name", ["a-b", "1a", "", "a b", "é", "a.b", "{{"])
def test_name_that_no_template_can_write_cannot_be_a_variable(faults: Faults, name: str) -> None:
    (found,) = faults(f'[vars]\n"{name}" = 1')
    assert found.endswith(f'"{name}" cannot name a variable')


@pytest.mark.parametrize("name", ["a", "_a", "A1", "say_it", "duration_seconds", "shot"])
def test_other_names_can_be_variables(loaded: Loaded, name: str) -> None:
    assert loaded(f"[vars]\n{name} = 1").shots["walk"].vars[name].value == 1


@pytest.mark.parametrize("name", ["", "a b", "a#1", "a/b", "a.b", "é", "x" * 65, "a,b", "[a]", "*", "a\\n"])
@pytest.mark.parametrize("table", ["shot", "element"])
def test_name_that_could_not_stand_in_an_address_is_a_fault(faults: Faults, table: str, name: str) -> None:
    body = 'prompt = "x"' if table == "shot" else 'description = "x"'
    found = faults(f'[{table}."{name}"]\n{body}')
    assert [each for each in found if "cannot be a name" in each] == found != []


@pytest.mark.parametrize("name", ["a", "S01_010", "-", "x" * 64, "007"])
@pytest.mark.parametrize("table", ["shot", "element"])
def test_name_of_letters_digits_and_dashes_is_accepted(loaded: Loaded, table: str, name: str) -> None:
    body = 'prompt = "x"' if table == "shot" else 'description = "x"'
    project = loaded(f"[{table}.{name}]\n{body}")
    assert name in (project.shots if table == "shot" else project.elements)


@pytest.mark.parametrize("name", ["prompt", "multi_prompt", "multi_shots", "kling_elements"])
def test_field_of_a_single_shot_cannot_be_a_default(faults: Faults, name: str) -> None:
    assert faults(f'[defaults]\n{name} = "x"') == [
        f"project.toml: defaults.{name}: {name} belongs to a shot, not to [defaults]"
    ]


@pytest.mark.parametrize("name", ["takes", "label", "vars", "elements"])
def test_own_key_of_a_shot_cannot_be_a_default(faults: Faults, name: str) -> None:
    (found,) = faults(f"[defaults]\n{name} = 1")
    assert found.startswith(f'project.toml: defaults.{name}: unknown key "{name}"')


def test_element_without_description_is_a_fault(faults: Faults) -> None:
    assert faults("[element.mira]") == ["project.toml: element.mira.description: description is missing"]


@pytest.mark.parametrize(
    ("line", "key"), [("images = 'a.png'", "images"), ("images = [1]", "images[0]"), ("videos = {}", "videos")]
)
def test_pictures_that_are_no_list_of_paths_are_a_fault(faults: Faults, line: str, key: str) -> None:
    (found,) = faults(f'[element.mira]\ndescription = "x"\n{line}')
    assert found.startswith(f"project.toml: element.mira.{key}: ")


def test_element_that_is_no_table_is_a_fault(faults: Faults) -> None:
    assert faults("[element]\nmira = 5") == ["project.toml: element.mira: it must be a table"]


def test_frozen_value_is_equal_all_the_way_down() -> None:
    frozen = freeze({"a": [1, {"b": [2]}]})
    assert frozen == {"a": (1, {"b": (2,)})}
    assert isinstance(frozen["a"][1], MappingProxyType)
