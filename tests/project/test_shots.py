"""Shots: what can be said of them before anything is rendered."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kling_render.project import Project

Loaded = Callable[..., Project]
Faults = Callable[..., list[str]]
CUT = '[[shot.walk.sequence]]\nprompt = "x"\nduration_seconds = 3\n'


def of_walk(faults: Faults, lines: str) -> list[str]:
    """The faults of a shot with these lines, without file."""
    return [each.removeprefix("project.toml: ") for each in faults(shots=f"[shot.walk]\n{lines}")]


def test_project_without_shots_is_a_fault(faults: Faults) -> None:
    assert faults(shots="") == ["project.toml: shot: the project has no shots"]


def test_shot_that_is_no_table_is_a_fault(faults: Faults) -> None:
    assert faults(shots="[shot]\nwalk = 5") == ["project.toml: shot.walk: shot.walk must be a table"]


def test_missing_prompt_is_left_to_the_judge_of_the_request(loaded: Loaded) -> None:
    assert loaded(shots="[shot.walk]").shots["walk"].table.prompt is None


def test_prompt_and_prompt_file_exclude_each_other(faults: Faults) -> None:
    found = of_walk(faults, 'prompt = "x"\nprompt_file = "x.j2"')
    assert found == ["shot.walk: prompt and prompt_file exclude each other"]


def test_prompt_and_sequence_exclude_each_other(faults: Faults) -> None:
    assert of_walk(faults, f'prompt = "x"\n{CUT}') == ["shot.walk: prompt and sequence exclude each other"]


def test_prompt_file_and_sequence_exclude_each_other(faults: Faults) -> None:
    found = of_walk(faults, f'prompt_file = "x.j2"\n{CUT}')
    assert found == ["shot.walk: prompt_file and sequence exclude each other"]


@pytest.mark.parametrize("field", ["multi_prompt = []", "multi_shots = true", "multi_shots = false"])
def test_sequence_beside_the_fields_that_it_writes_is_a_fault(faults: Faults, field: str) -> None:
    assert of_walk(faults, f"{field}\n{CUT}") == [f"shot.walk: sequence writes {field.split()[0]} itself"]


def test_cut_with_neither_prompt_nor_file_is_a_fault(faults: Faults) -> None:
    found = of_walk(faults, f"{CUT}[[shot.walk.sequence]]\nduration_seconds = 3")
    assert found == ["shot.walk.sequence[1]: a cut needs either prompt or prompt_file"]


def test_cut_with_prompt_and_file_is_a_fault(faults: Faults) -> None:
    found = of_walk(faults, f'{CUT}prompt_file = "x.j2"')
    assert found == ["shot.walk.sequence[0]: a cut needs either prompt or prompt_file"]


@pytest.mark.parametrize(
    ("lines", "key"), [("sequence = 5", "sequence"), ("sequence = [5]", "sequence[0]"), ("sequence = {}", "sequence")]
)
def test_sequence_that_is_no_list_of_tables_is_a_fault(faults: Faults, lines: str, key: str) -> None:
    (found,) = of_walk(faults, lines)
    assert found.startswith(f"shot.walk.{key}: ")


def test_unknown_element_is_a_fault_with_a_suggestion(faults: Faults) -> None:
    found = faults('[element.mira]\ndescription = "x"', shots='[shot.a]\nprompt = "x"\nelements = ["mira", "mirra"]')
    assert found == ['project.toml: shot.a.elements[1]: unknown element "mirra"; did you mean "mira"?']


def test_elements_and_kling_elements_exclude_each_other(faults: Faults) -> None:
    found = faults(
        '[element.mira]\ndescription = "x"',
        shots='[shot.a]\nprompt = "x"\nelements = ["mira"]\nkling_elements = [{ name = "b" }]',
    )
    assert found == ["project.toml: shot.a: elements and kling_elements exclude each other"]


def test_unknown_unset_field_is_a_fault_with_a_suggestion(faults: Faults) -> None:
    found = of_walk(faults, 'prompt = "x"\nunset = ["enable_sond"]')
    assert found == ['shot.walk.unset[0]: unknown field "enable_sond"; did you mean "enable_sound"?']


def test_unknown_endpoint_is_a_fault_with_a_suggestion(faults: Faults) -> None:
    found = of_walk(faults, 'prompt = "x"\nendpoint = "text-to-video"')
    assert found == ['shot.walk.endpoint: unknown endpoint "text-to-video"; did you mean "text_to_video"?']


@pytest.mark.parametrize(
    ("takes", "message"),
    [
        ("0", "takes = 0 must be at least 1"), ("-1", "takes = -1 must be at least 1"),
        ("1001", "takes = 1001 must be at most 1000"), ("2.0", "takes must be a whole number"),
        ("true", "takes must be a whole number"), ('"2"', "takes must be a whole number"),
    ],
)  # fmt: skip
def test_number_of_takes_out_of_its_limits_is_a_fault(faults: Faults, takes: str, message: str) -> None:
    assert of_walk(faults, f'prompt = "x"\ntakes = {takes}') == [f"shot.walk.takes: {message}"]


@pytest.mark.parametrize("takes", [1, 1000])
def test_number_of_takes_at_its_limits_is_accepted(loaded: Loaded, takes: int) -> None:
    assert loaded(shots=f'[shot.walk]\nprompt = "x"\ntakes = {takes}').shots["walk"].table.takes == takes


@pytest.mark.parametrize("label", ["", "a/b", "a\\\\b", "a\\nb", "x" * 81])
def test_label_that_could_not_name_a_file_is_a_fault(faults: Faults, label: str) -> None:
    found = of_walk(faults, f'prompt = "x"\nlabel = "{label}"')
    assert found == ["shot.walk.label: label must be 1 to 80 characters without slashes: it names files"]


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("prompt = 5", "prompt"), ("prompt = ['x']", "prompt"), ("notes = 5", "notes"), ("tags = 'a'", "tags"),
        ("tags = [1]", "tags[0]"), ("vars = 5", "vars"), ("elements = 'mira'", "elements"), ("unset = [5]", "unset[0]"),
        ("endpoint = 5", "endpoint"), ("label = 5", "label"), ("prompt_file = []", "prompt_file"),
    ],
)  # fmt: skip
def test_own_key_of_a_wrong_type_is_a_fault(faults: Faults, line: str, key: str) -> None:
    (found,) = of_walk(faults, line)
    assert found.startswith(f"shot.walk.{key}: {key.removesuffix('[0]') if '[' not in key else '0'} must be ")


def test_fields_of_the_api_are_kept_with_the_place_where_they_stand(loaded: Loaded) -> None:
    shot = loaded(shots='[shot.walk]\nprompt = "x"\ncfg_scale = 0.5').shots["walk"]
    assert list(shot.fields) == ["cfg_scale"]
    assert (shot.fields["cfg_scale"].value, shot.fields["cfg_scale"].place.key) == (0.5, "shot.walk.cfg_scale")


def test_every_faulty_shot_is_reported(faults: Faults) -> None:
    found = faults(shots="[shot.a]\ntakes = 0\n[shot.b]\ntakes = 0\n")
    assert [each.split(": ")[1] for each in found] == ["shot.a.takes", "shot.b.takes"]
