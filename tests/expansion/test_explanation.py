"""Where the values of a take come from: layers, files, lines, and what each lies over."""

from __future__ import annotations

from pathlib import Path

import pytest

from kling_render.errors import UsageError
from kling_render.expansion import Address, expand
from kling_render.expansion.explanation import Explained, Explanation, explain_take, find_address
from kling_render.project import load

from .conftest import write_all

BRAND = 'schema = 1\n[defaults]\noutput_resolution = "720p"\n[vars]\nlook = "brand"\n'
PROJECT = """\
schema = 1
include = ["brand.toml"]
[project]
name = "ferry"
id = "nf-7c1e"
[defaults]
model = "kling-v3-turbo"
duration_seconds = 5
negative_prompt = "blur"
[profile.final]
output_resolution = "1080p"
[versions]
axes = { lang = ["en", "de"] }
[vars]
look = "35mm"
idle = "x"
[scene.deck]
defaults = { aspect_ratio = "16:9" }
vars = { place = "deck" }
[shot.base]
prompt = "{{ look }}."
unset = ["negative_prompt"]
[shot.walk]
extends = "base"
scene = "deck"
prompt = "{{ super() }} {{ lang }} {{ place }} {{ light }} {{ product }}"
[shot.walk.matrix]
axes = { light = ["dusk", "night"] }
rows = "cast.csv"
key = ["sku"]
[shot.cuts]
model = "kling-3.0"
enable_sound = true
[[shot.cuts.sequence]]
prompt_file = "cut.j2"
duration_seconds = 3
[[shot.cuts.sequence]]
prompt = "steps"
duration_seconds = 4
[shot.turn]
unset = ["negative_prompt"]
[shot.turn.prompts]
quiet = "She waits"
loud = "She spins"
"""
FILES = {
    "project.toml": PROJECT, "brand.toml": BRAND, "cut.j2": "a horn, {{ look }}",
    "cast.csv": "sku,product,duration_seconds\na1,Teapot,\nb2,Cup,6\n",
}  # fmt: skip


def explained(folder: Path, address: str, profile: str = "default") -> Explanation:
    write_all(folder, FILES)
    project = load(folder, profile=profile)
    takes = expand(project).takes
    wanted = find_address(address, [take.address for take in takes])
    return explain_take(project, next(take for take in takes if take.address == wanted))


def told(explanation: Explanation, name: str) -> Explained:
    return next(each for each in (*explanation.fields, *explanation.variables) if each.name == name)


def sources(each: Explained) -> list[tuple[object, str, str, int | None]]:
    return [(origin.value, origin.layer, origin.place.file.name, origin.place.line) for origin in each.origins]


WALK = "en/walk[light=night,sku=b2]#1"


def test_value_of_a_row_names_its_line_and_what_it_lies_over(tmp_path: Path) -> None:
    seconds = told(explained(tmp_path, WALK), "duration_seconds")
    assert seconds.value == 6
    assert sources(seconds) == [(6, "variant", "cast.csv", 3), (5, "defaults", "project.toml", 8)]


def test_value_of_a_profile_lies_over_that_of_an_included_file(tmp_path: Path) -> None:
    assert sources(told(explained(tmp_path, WALK, "final"), "output_resolution")) == [
        ("1080p", "profile final", "project.toml", 11), ("720p", "defaults of brand.toml", "brand.toml", 3),
    ]  # fmt: skip


def test_prompt_is_rendered_and_keeps_the_one_it_takes_over(tmp_path: Path) -> None:
    prompt = told(explained(tmp_path, WALK), "prompt")
    assert prompt.value == "35mm. en deck night Cup"
    assert [each[1:] for each in sources(prompt)] == [
        ("shot walk", "project.toml", 26), ("shot base", "project.toml", 21),
    ]  # fmt: skip


def test_scene_and_axis_are_layers(tmp_path: Path) -> None:
    explanation = explained(tmp_path, WALK)
    assert sources(told(explanation, "aspect_ratio")) == [("16:9", "scene deck", "project.toml", 18)]
    assert sources(told(explanation, "light")) == [("night", "variant", "project.toml", 28)]
    assert sources(told(explanation, "lang")) == [("en", "version", "project.toml", 13)]


def test_variables_say_whether_the_templates_name_them(tmp_path: Path) -> None:
    used = {each.name: each.is_used for each in explained(tmp_path, WALK).variables}
    assert used == {
        "duration_seconds": False, "idle": False, "lang": True, "light": True, "look": True, "place": True,
        "product": True, "sku": False,
    }  # fmt: skip


def test_look_is_used_by_the_text_that_super_asks_for(tmp_path: Path) -> None:
    look = told(explained(tmp_path, WALK), "look")
    assert sources(look) == [
        ("35mm", "vars", "project.toml", 15), ("brand", "vars of brand.toml", "brand.toml", 5),
    ]  # fmt: skip


def test_family_says_which_model_it_stands_for(tmp_path: Path) -> None:
    model = told(explained(tmp_path, WALK), "model")
    assert model.value == "kling-v3-turbo-text-to-video"
    assert model.note == "kling-v3-turbo is a family: on this endpoint it stands for this model"


def test_field_that_unset_took_away_is_named(tmp_path: Path) -> None:
    assert explained(tmp_path, WALK).left_out == ("negative_prompt",)


def test_length_of_a_sequence_is_the_sum_and_lies_over_the_default(tmp_path: Path) -> None:
    seconds = told(explained(tmp_path, "cuts"), "duration_seconds")
    assert (seconds.value, seconds.note) == (7, "the sum of the cuts")
    assert [origin.layer for origin in seconds.origins] == ["shot cuts", "defaults"]


def test_variable_of_a_prompt_file_counts_as_used(tmp_path: Path) -> None:
    assert told(explained(tmp_path, "cuts"), "look").is_used


def test_alternative_names_the_prompt_that_it_takes(tmp_path: Path) -> None:
    prompt = told(explained(tmp_path, "en/turn[prompt=loud]"), "prompt")
    assert sources(prompt) == [("She spins", "shot turn, its prompts", "project.toml", 44)]


def test_default_names_who_says_so(tmp_path: Path) -> None:
    head = 'schema = 1\n[project]\nname = "ferry"\nid = "nf-7c1e"\n'
    shot = '[shot.a]\nmodel = "kling-3.0"\nprompt = "x"\nenable_sound = false\n'
    write_all(tmp_path, {"project.toml": head + shot})
    project = load(tmp_path)
    found = {each.name: each for each in explain_take(project, expand(project).takes[0]).defaults}
    assert {name: each.value for name, each in found.items()} == {
        "multi_shots": False, "duration_seconds": 5, "output_resolution": "720p",
    }  # fmt: skip
    assert found["multi_shots"].source == str(project.catalog.contract.sources["sdk"])


def test_endpoint_says_which_field_asked_for_it(tmp_path: Path) -> None:
    assert explained(tmp_path, WALK).endpoint.note == "nothing asks for another"
    head = 'schema = 1\n[project]\nname = "ferry"\nid = "nf-7c1e"\n'
    shot = '[shot.a]\nmodel = "kling-3.0"\nprompt = "x"\nfirst_frame_image_url = "https://a.example/f.png"\n'
    write_all(tmp_path / "b", {"project.toml": head + shot})
    take = expand(project := load(tmp_path / "b")).takes[0]
    found = explain_take(project, take).endpoint
    assert (found.value, found.note) == ("image_to_video", "first_frame_image_url asks for it")


ADDRESSES = [Address.of("walk", number, {"lens": lens}) for lens in ("24mm", "50mm") for number in (1, 2)]


def test_shot_alone_means_its_first_take() -> None:
    assert find_address("walk", ADDRESSES) == ADDRESSES[0]


def test_variant_without_a_number_means_its_first_take() -> None:
    assert find_address("walk[lens=50mm]", ADDRESSES) == ADDRESSES[2]


def test_beginning_of_a_short_id_means_its_take() -> None:
    assert find_address(f"walk.{ADDRESSES[3].code[:4]}#2", ADDRESSES) == ADDRESSES[3]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("wlak", 'there is no shot "wlak"; did you mean "walk"?'),
        ("wlak#1", 'there is no take "wlak#1"; did you mean "walk"?'),
        ("walk#9", 'there is no take "walk#9"'),
        ("wa lk", '"wa lk#1" is not an address'),
    ],
)
def test_address_that_means_nothing_is_a_usage_error(text: str, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        find_address(text, ADDRESSES)
    assert message in raised.value.message
