"""From a project to takes: what a shot inherits, how many takes it has, and where each fault is put."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kling_render.catalog import bundled_catalog
from kling_render.errors import InvalidProjectError
from kling_render.expansion import Expansion, Take, expand, expand_leniently
from kling_render.project import load, load_leniently

if TYPE_CHECKING:
    from tests.expansion.conftest import AProject

Body = Callable[..., dict[str, Any]]
Faults = Callable[..., list[str]]
Expanded = Callable[..., Expansion]
PROJECTS = Path(__file__).parents[2] / "projects"
GUIDE_PROMPT = (
    "A drone shot pulling back from a mountain lake at sunrise, mist rising off the water, cinematic lighting"
)
SHOT = '[shot.walk]\nprompt = "She walks"\n'
BARE = 'schema = 1\n[project]\nname = "ferry"\nid = "nf-7c1e"\n'


def test_first_request_of_mountain_lake_is_the_body_of_the_guide() -> None:
    first = expand(load(PROJECTS / "mountain-lake")).takes[0]
    assert first.action == "text_to_video"
    assert list(first.body.items()) == [
        ("model", "kling-3.0"),
        ("prompt", GUIDE_PROMPT),
        ("duration_seconds", 5),
        ("aspect_ratio", "16:9"),
        ("enable_sound", True),
        ("output_resolution", "1080p"),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["mountain-lake", "night-ferry"])
def test_example_project_expands_without_a_warning(name: str) -> None:
    assert expand(load(PROJECTS / name)).warnings == ()


def test_expanding_twice_gives_equal_takes() -> None:
    project = load(PROJECTS / "night-ferry")
    assert expand(project) == expand(project)


def test_fields_are_in_the_order_of_the_api_however_they_are_written(body: Body) -> None:
    shot = '[shot.a]\ncfg_scale = 0.5\nenable_sound = true\nduration_seconds = 5\nprompt = "x"\n'
    assert list(body(shot)) == ["model", "prompt", "duration_seconds", "enable_sound", "cfg_scale"]


# ── inheritance


def test_shot_inherits_the_defaults(body: Body) -> None:
    assert body(f"cfg_scale = 0.5\n{SHOT}") == {"model": "kling-3.0", "prompt": "She walks", "cfg_scale": 0.5}


def test_own_value_replaces_the_default(body: Body) -> None:
    assert body(f"cfg_scale = 0.5\n{SHOT}cfg_scale = 0.7\n")["cfg_scale"] == 0.7


def test_unset_removes_the_default(body: Body) -> None:
    assert "cfg_scale" not in body(f'cfg_scale = 0.5\n{SHOT}unset = ["cfg_scale"]\n')


def test_blank_value_removes_the_default(body: Body) -> None:
    assert "negative_prompt" not in body(f'negative_prompt = "rain"\n{SHOT}negative_prompt = ""\n')


def test_false_is_a_value(body: Body) -> None:
    assert body(f"enable_sound = true\n{SHOT}enable_sound = false\n")["enable_sound"] is False


def test_variables_of_the_shot_lie_over_those_of_the_project(body: Body) -> None:
    text = '[vars]\na = "A"\nb = "B"\n[shot.walk]\nprompt = "{{ a }}{{ b }}"\nvars = { b = "own" }\n'
    assert body(text)["prompt"] == "Aown"


def test_template_in_a_default_sees_the_variables_of_the_shot(body: Body) -> None:
    assert body(f'negative_prompt = "no {{{{ x }}}}"\n{SHOT}vars = {{ x = "rain" }}\n')["negative_prompt"] == "no rain"


def test_model_may_be_a_template(body: Body) -> None:
    assert body(f'{SHOT}vars = {{ v = "3.0" }}\nmodel = "kling-{{{{ v }}}}"\n')["model"] == "kling-3.0"


def test_forbidden_field_that_is_inherited_hints_at_unset(a_project: AProject) -> None:
    project = a_project(f'enable_sound = true\n{SHOT}model = "kling-v3-turbo"\n')
    with pytest.raises(InvalidProjectError, match="1 fault") as caught:
        expand(project)
    (fault,) = caught.value.faults
    assert fault.place.key == "defaults.enable_sound"
    assert fault.hint.startswith('shot.walk inherits it; leave it out there with: unset = ["enable_sound"] (source: ')


def test_forbidden_field_that_the_shot_writes_itself_does_not_hint_at_unset(a_project: AProject) -> None:
    with pytest.raises(InvalidProjectError, match="1 fault") as caught:
        expand(a_project(f'{SHOT}model = "kling-v3-turbo"\nenable_sound = false\n'))
    (fault,) = caught.value.faults
    assert fault.place.key == "shot.walk.enable_sound"
    assert fault.hint.startswith("Source: RunAPI's Python SDK")


def test_whole_number_with_a_point_is_sent_without(expanded: Expanded) -> None:
    take = expanded(f"{SHOT}cfg_scale = 1.0\nduration_seconds = 5.0\n").takes[0]
    assert take.wire_body({}) == (
        b'{"model": "kling-3.0", "prompt": "She walks", "duration_seconds": 5, "cfg_scale": 1}'
    )


def test_cuts_whose_lengths_have_a_point_are_summed(body: Body) -> None:
    cut = '[[shot.a.sequence]]\nprompt = "x"\nduration_seconds = 3.0\n'
    found = body(f"enable_sound = true\n[shot.a]\n{cut}{cut}")
    assert str(found["duration_seconds"]) == "6"


# ── endpoint and family


@pytest.mark.parametrize(
    ("lines", "action", "model"),
    [
        ("", "text_to_video", "kling-v3-turbo-text-to-video"),
        ('first_frame_image_url = "https://a.example/x.png"', "image_to_video", "kling-v3-turbo-image-to-video"),
        ('first_frame_image_url = ""', "text_to_video", "kling-v3-turbo-text-to-video"),
        ('endpoint = "text_to_video"', "text_to_video", "kling-v3-turbo-text-to-video"),
    ],
)
def test_family_becomes_the_model_of_the_endpoint(expanded: Expanded, lines: str, action: str, model: str) -> None:
    take = expanded(f'{SHOT}model = "kling-v3-turbo"\n{lines}\n').takes[0]
    assert (take.action, take.model) == (action, model)


def test_explicit_endpoint_wins_over_the_fields(expanded: Expanded) -> None:
    lines = 'endpoint = "text_to_video"\nfirst_frame_image_url = "https://a.example/x.png"\n'
    assert expanded(SHOT + lines).takes[0].action == "text_to_video"


@pytest.mark.parametrize(
    ("first", "action"), [("", "text_to_video"), ("https://a.example/x.png", "image_to_video"), (" ", "text_to_video")]
)
def test_endpoint_follows_what_a_field_renders_to(expanded: Expanded, first: str, action: str) -> None:
    lines = f'vars = {{ x = "{first}" }}\nfirst_frame_image_url = "{{% if x %}}{{{{ x }}}}{{% endif %}}"\n'
    take = expanded(f'{SHOT}model = "kling-v3-turbo"\n{lines}').takes[0]
    assert (take.action, "first_frame_image_url" in take.body) == (action, action == "image_to_video")


def test_model_that_the_endpoint_does_not_offer_is_a_fault(faults: Faults) -> None:
    (found,) = faults(f'{SHOT}endpoint = "ai_avatar"\n')
    assert found.startswith('error defaults.model: model "kling-3.0" is not offered on ai_avatar')


def test_missing_model_is_a_fault_with_a_hint(a_project: AProject) -> None:
    with pytest.raises(InvalidProjectError, match="1 fault") as caught:
        expand(a_project(SHOT, head=BARE))
    assert "shot.walk: model is required" in str(caught.value.faults[0])
    assert 'Write model = "kling-3.0"' in caught.value.faults[0].hint


def test_misspelt_model_is_one_fault_with_a_suggestion(faults: Faults) -> None:
    found = faults(f'{SHOT}model = "kling-v3-turbos"\n')
    assert found == ['error shot.walk.model: unknown model "kling-v3-turbos"; did you mean "kling-v3-turbo"?']


def test_failing_template_of_a_model_is_one_fault(faults: Faults) -> None:
    found = faults(f'{SHOT}model = "{{{{ nope }}}}"\n')
    assert found == ['error shot.walk.model: undefined variable "nope"']


# ── prompts and sequences


def test_missing_prompt_is_a_fault_that_names_the_ways_to_write_one(a_project: AProject) -> None:
    with pytest.raises(InvalidProjectError, match="1 fault") as caught:
        expand(a_project("[shot.walk]\n"))
    (fault,) = caught.value.faults
    assert (fault.place.key, fault.message[:17]) == ("shot.walk", "prompt is missing")
    assert fault.hint.startswith("Write prompt, prompt_file or [[shot.NAME.sequence]]. (source: RunAPI")


def test_prompt_that_renders_to_nothing_is_a_fault_at_the_prompt(faults: Faults) -> None:
    (found,) = faults("[shot.walk]\nprompt = \"{{ '' }}\"\n")
    assert found.startswith("error shot.walk.prompt: prompt is missing")


def test_white_space_of_texts_collapses(body: Body) -> None:
    text = "[shot.walk]\nprompt = '''\n  She\t walks\n\n  on.  '''\nnegative_prompt = ' a \\n b'\n"
    assert body(text)["prompt"] == "She walks on."


def test_white_space_is_kept_where_the_project_says_so(body: Body) -> None:
    prompt = "  She\t walks\n\n  on.  "
    head = BARE + 'prompt_whitespace = "keep"\n[defaults]\nmodel = "kling-3.0"\n'
    assert body(f"[shot.walk]\nprompt = '''{prompt}'''\n", head=head)["prompt"] == prompt


def test_white_space_of_cuts_collapses(body: Body) -> None:
    text = '[shot.a]\n[[shot.a.sequence]]\nprompt = " a\\n  b "\nduration_seconds = 3\n'
    assert body(text)["multi_prompt"][0]["prompt"] == "a b"


def test_prompt_file_is_found_beside_the_project_and_rendered(body: Body) -> None:
    text = '[vars]\nx = "rain"\n[shot.a]\nprompt_file = "prompts/a.j2"\n'
    assert body(text, files={"prompts/a.j2": "Only {{ x }}\nfalls\n"})["prompt"] == "Only rain falls"


def test_missing_prompt_file_is_a_fault_with_a_suggestion(faults: Faults) -> None:
    found = faults('[shot.a]\nprompt_file = "prompts/b.j2"\n', files={"prompts/a.j2": "x"})
    assert found == ['error shot.a.prompt_file: there is no template "prompts/b.j2"; did you mean "prompts/a.j2"?']


@pytest.mark.parametrize("name", ["a.j2", "a.txt", "a"])
def test_fault_in_a_prompt_file_names_the_file_and_the_line(faults: Faults, name: str) -> None:
    (found,) = faults(f'[shot.a]\nprompt_file = "prompts/{name}"\n', files={f"prompts/{name}": "x\n\n{{ nope }}"})
    assert found == 'error : undefined variable "nope"'


def test_fault_in_a_prompt_file_points_into_that_file(a_project: AProject) -> None:
    files = {"a.j2": "x\n\nand {{ nope }}"}
    with pytest.raises(InvalidProjectError, match="1 fault") as caught:
        expand(a_project('[shot.a]\nprompt_file = "a.j2"\n', files=files))
    (fault,) = caught.value.faults
    assert (fault.place.file.name, fault.place.line, fault.place.column) == ("a.j2", 3, 8)


def test_fault_in_a_prompt_points_at_its_character(a_project: AProject) -> None:
    with pytest.raises(InvalidProjectError, match="1 fault") as caught:
        expand(a_project("[shot.a]\nprompt = '''\nShe wálks,\nthen {{ nope }}'''\n"))
    (fault,) = caught.value.faults
    assert (fault.place.line, fault.place.column) == (11, 9)


CUTS = """
[[shot.talk.sequence]]
prompt = "One {{ x }}"
duration_seconds = 3
[[shot.talk.sequence]]
prompt_file = "two.j2"
duration_seconds = 4
"""


def test_sequence_becomes_a_multi_shot_request_of_the_summed_length(body: Body) -> None:
    text = f'enable_sound = true\n[vars]\nx = "!"\n[shot.talk]\n{CUTS}'
    assert body(text, files={"two.j2": "Two {{ x }}"}) == {
        "model": "kling-3.0",
        "multi_shots": True,
        "multi_prompt": [{"prompt": "One !", "duration_seconds": 3}, {"prompt": "Two !", "duration_seconds": 4}],
        "duration_seconds": 7,
        "enable_sound": True,
    }


def test_inherited_length_of_a_sequence_is_replaced_by_the_sum(body: Body) -> None:
    text = f'duration_seconds = 5\n[vars]\nx = "!"\n[shot.talk]\n{CUTS}'
    assert body(text, files={"two.j2": "x"})["duration_seconds"] == 7


def test_own_length_equal_to_the_sum_is_accepted(body: Body) -> None:
    text = f'[vars]\nx = "!"\n[shot.talk]\nduration_seconds = 7\n{CUTS}'
    assert body(text, files={"two.j2": "x"})["duration_seconds"] == 7


def test_own_length_that_differs_from_the_sum_is_a_fault_of_the_shot(faults: Faults) -> None:
    found = faults(
        f'enable_sound = true\n[vars]\nx = "!"\n[shot.talk]\nduration_seconds = 5\n{CUTS}', files={"two.j2": "x"}
    )
    message = "duration_seconds = 5, but its shots last 7 s: leave it out or make them equal"
    assert found == [f"error shot.talk.duration_seconds: {message}, for kling-3.0 (text_to_video)"]


@pytest.mark.parametrize(
    ("duration", "message"),
    [
        ('"{{ 3 }}"', 'duration_seconds = "3" must be a whole number'), ("3.5", "= 3.5 must be a whole number"),
        ("13", "= 13 must be from 1 to 12 s"), ("true", "= true must be a whole number"), ("[]", "is required"),
    ],
)  # fmt: skip
def test_wrong_length_of_a_cut_is_a_fault_of_that_cut(faults: Faults, duration: str, message: str) -> None:
    found = faults(f'enable_sound = true\n[shot.a]\n[[shot.a.sequence]]\nprompt = "x"\nduration_seconds = {duration}\n')
    (at_cut,) = [each for each in found if each.startswith("error shot.a.sequence[0].duration_seconds: ")]
    assert message in at_cut


def test_text_as_a_length_is_a_fault_even_where_it_renders_to_a_number(faults: Faults) -> None:
    (found,) = faults(f'{SHOT}duration_seconds = "{{{{ 5 }}}}"\n')
    assert found.startswith('error shot.walk.duration_seconds: duration_seconds = "5" must be a whole number')


def test_every_failing_cut_is_a_fault_of_its_own(faults: Faults) -> None:
    cut = '[[shot.a.sequence]]\nduration_seconds = 3\nprompt = "{}"\n'
    text = "[shot.a]\n" + cut.format("{{ one }}") + cut.format("fine") + cut.format("{{ two }}")
    assert faults(text) == [
        'error shot.a.sequence[0].prompt: undefined variable "one"',
        'error shot.a.sequence[2].prompt: undefined variable "two"',
    ]


# ── takes, warnings, reports


def test_takes_of_a_shot_differ_in_their_number_only(expanded: Expanded) -> None:
    takes = expanded(f"{SHOT}takes = 3\n").takes
    assert [str(take.address) for take in takes] == ["walk#1", "walk#2", "walk#3"]
    assert takes[0].body == takes[1].body == takes[2].body


def test_takes_are_in_the_order_of_the_file_and_not_of_the_film(expanded: Expanded) -> None:
    takes = expanded(f'{SHOT}[shot.a]\nprompt = "x"\n[film]\norder = ["a"]\n').takes
    assert [take.address.shot for take in takes] == ["walk", "a"]


def test_take_carries_title_tags_and_notes(expanded: Expanded) -> None:
    take = expanded(f'{SHOT}label = "S01"\ntags = ["end"]\nnotes = "keep"\n').takes[0]
    assert (take.title, take.tags, take.notes) == ("S01", ("end",), "keep")


def test_warning_does_not_stop_a_take(expanded: Expanded) -> None:
    expansion = expanded('[shot.a]\n[[shot.a.sequence]]\nprompt = "x"\nduration_seconds = 3\n')
    (warning,) = expansion.warnings
    assert (warning.severity, len(expansion.takes)) == ("warning", 1)


def test_faulty_shot_leaves_the_others_their_takes(a_project: AProject) -> None:
    takes, faults = expand_leniently(a_project(f'[shot.a]\nprompt = "{{{{ x }}}}"\n{SHOT}'))
    assert [str(take.address) for take in takes] == ["walk#1"]
    assert len(faults) == 1


def test_all_faults_of_all_shots_are_in_one_report_sorted_by_place(a_project: AProject) -> None:
    text = '[shot.b]\nprompt = "{{ x }}"\n[shot.a]\nprompt = "x"\nduration_seconds = 2\ncfg_scale = 7\n'
    with pytest.raises(InvalidProjectError, match="3 faults in the project") as caught:
        expand(a_project(text))
    keys = [fault.place.key for fault in caught.value.faults]
    assert keys == ["shot.b.prompt", "shot.a.duration_seconds", "shot.a.cfg_scale"]


@pytest.mark.parametrize("folder", ["x" * 300, "nowhere", "project.toml"])
def test_template_folder_that_is_none_holds_no_templates(faults: Faults, folder: str) -> None:
    head = BARE + f'templates = ["{folder}"]\n[defaults]\nmodel = "kling-3.0"\n'
    (found,) = faults("[shot.a]\nprompt = \"{% include 'zz' %}\"\n", head=head)
    assert found == 'error shot.a.prompt: there is no template "zz"'


# ── damaged files


SNIPPETS = [
    b'"', b"'", b"'''", b"[", b"]", b"[[", b"{", b"}", b"{{", b"}}", b"{%", b"%}", b"=", b".", b",", b"#", b"\n",
    b"\\", b"-", b"0", b"9" * 20, b"nan", b"inf", b"true", b"@", b"1979-05-27", b"\x00", b"\xff", b"|", b"(", b")",
    b"~",
    b"*", b"\\u0000",
]  # fmt: skip
DAMAGE = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 12), st.sampled_from(SNIPPETS) | st.binary(max_size=3)),
    min_size=1,
    max_size=4,
)


def damaged(content: bytes, damage: list[tuple[float, int, bytes]]) -> bytes:
    """The content with some passages replaced: where (a share of its length), how many bytes, by what."""
    for share, length, replacement in damage:
        at = int(share * len(content))
        content = content[:at] + replacement + content[at + length :]
    return content


@pytest.fixture(scope="module")
def playground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with copies of the example projects."""
    folder = tmp_path_factory.mktemp("projects")
    for name in ("mountain-lake", "night-ferry"):
        shutil.copytree(PROJECTS / name, folder / name, ignore=shutil.ignore_patterns("rehearsal", "renders*", ".*"))
    return folder


def expand_damaged(playground: Path, name: str, damage: list[tuple[float, int, bytes]]) -> list[Take]:
    """Whatever takes are left; raises what must not be raised."""
    file = playground / name / "project.toml"
    file.write_bytes(damaged((PROJECTS / name / "project.toml").read_bytes(), damage))
    loading = load_leniently(file, bundled_catalog())
    assert loading.project is not None or loading.faults
    return expand_leniently(loading.project)[0] if loading.project else []


@settings(max_examples=200, deadline=None)
@given(name=st.sampled_from(["mountain-lake", "night-ferry"]), damage=DAMAGE)
def test_damaged_project_is_faults_and_never_a_traceback(
    playground: Path, name: str, damage: list[tuple[float, int, bytes]]
) -> None:
    for take in expand_damaged(playground, name, damage):
        take.wire_body({file: file.stand_in_url for file in take.local_files})


@pytest.mark.soak
@settings(max_examples=10_000, deadline=None)
@given(name=st.sampled_from(["mountain-lake", "night-ferry"]), damage=DAMAGE)
def test_damaged_project_is_faults_and_never_a_traceback_for_long(
    playground: Path, name: str, damage: list[tuple[float, int, bytes]]
) -> None:
    for take in expand_damaged(playground, name, damage):
        take.wire_body({file: file.stand_in_url for file in take.local_files})
