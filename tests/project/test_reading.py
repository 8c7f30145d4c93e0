"""One TOML file: what cannot be read, what is no TOML, and keys that do not belong in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kling_render.errors import InvalidProjectError
from kling_render.project import Project, load

if TYPE_CHECKING:
    from tests.project.conftest import ProjectFile

Loaded = Callable[..., Project]
Faults = Callable[..., list[str]]
KEYS = ["sk-live_4f9a8b7c6d5e4f3a2b1c", "rk_0123456789abcdef0123", "runapi_9f8e7d6c5b4a39281706"]


def the_fault(path: Path) -> str:
    """Message and hint of the only fault."""
    with pytest.raises(InvalidProjectError, match="1 fault in the project") as caught:
        load(path)
    return str(caught.value.faults[0])


def test_file_and_its_folder_mean_the_same_project(project_file: ProjectFile) -> None:
    file = project_file()
    assert load(file.parent).path == load(file).path == file


def test_missing_file_is_a_fault(tmp_path: Path) -> None:
    fault = the_fault(tmp_path / "film.toml")
    assert "film.toml: there is no such project file" in fault
    assert "Give the project's folder or its TOML file." in fault


def test_folder_without_project_says_how_to_start_one(tmp_path: Path) -> None:
    assert "Start one with: kling-render init DIR" in the_fault(tmp_path)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("schema = 1\nname = ", "2:8"),
        ("schema = = 1", "1:10"),
        ("[a]\n[a]\n", "2:2"),
        ("a = 1\na = 2\n", "2:1"),
        ('a = "x\n"\n', "1:5"),
        ("schema = 1\n\n[shot", "3:1"),
        ('a = """never closed\n\n', "1:5"),
    ],
)
def test_file_that_is_no_toml_is_a_fault_with_line_and_column(faults: Faults, text: str, place: str) -> None:
    (found,) = faults(text.encode())
    assert found.startswith(f"project.toml:{place}: ")


def test_byte_that_is_no_utf8_is_a_fault_with_its_position(faults: Faults) -> None:
    assert faults(b"schema = 1\n# caf\xe9\n") == ["project.toml:2:6: this is not UTF-8"]


@pytest.mark.parametrize("text", [b"\xff\xfes\x00c\x00", b"\x00\x01\x02", b"\x80" * 99])
def test_binary_file_is_a_fault(faults: Faults, text: bytes) -> None:
    assert len(faults(text)) == 1


def test_folder_named_like_a_project_file_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "project.toml").mkdir()
    assert "there is no such project file" in the_fault(tmp_path)


def test_byte_order_mark_is_accepted(project_file: ProjectFile) -> None:
    plain = project_file().read_bytes()
    assert load(project_file(b"\xef\xbb\xbf" + plain)).table.name == "ferry"


def test_windows_line_ends_are_accepted_and_mean_the_same(loaded: Loaded, project_file: ProjectFile) -> None:
    shots = '[shot.walk]\nprompt = """\nShe walks\nslowly"""\n'
    plain = loaded(shots=shots)
    content = plain.path.read_bytes().replace(b"\n", b"\r\n")
    assert load(project_file(content)).shots["walk"].table == plain.shots["walk"].table


@pytest.mark.parametrize("text", ["[vars]\na = " + "[" * 9999 + "]" * 9999, "[vars]\na = " + "{a=" * 9999])
def test_lists_nested_beyond_the_stack_are_a_fault(faults: Faults, text: str) -> None:
    assert len(faults(text)) == 1


@pytest.mark.parametrize("text", [f"vars.{'.'.join('a' * 3000)} = 1", f"[{'.'.join('a' * 3000)}]"])
def test_keys_nested_beyond_the_stack_are_a_fault(faults: Faults, text: str) -> None:
    (found,) = faults(f"schema = 1\n{text}".encode())
    assert found.endswith("nested more than 32 levels deep")


def test_thirty_levels_are_not_too_deep(loaded: Loaded) -> None:
    assert loaded(f"[vars]\na = {'[' * 30}{']' * 30}").shots["walk"].vars["a"].value


@pytest.mark.parametrize("number", ["9" * 5000, "0x" + "f" * 5000, "9" * 30, "-" + "9" * 30])
@pytest.mark.parametrize("key", ["vars.n", "render.concurrency", "budget.max_usd", "defaults.duration_seconds"])
def test_number_beyond_64_bits_is_a_fault(faults: Faults, key: str, number: str) -> None:
    (found,) = faults(f"schema = 1\n{key} = {number}".encode())
    column = len(key) + 4
    assert found in (
        f"project.toml: {key}: a number of more than 64 bits",
        f"project.toml:2:{column}: a number has thousands of digits",
    )


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63)])
def test_number_of_64_bits_is_accepted(loaded: Loaded, number: int) -> None:
    assert loaded(f"[vars]\nn = {number}").shots["walk"].vars["n"].value == number


@pytest.mark.parametrize("text", ['include = ["a\\u0000b"]', '[project]\ntemplates = ["a\\u0000b"]'])
def test_nul_character_is_a_fault(faults: Faults, text: str) -> None:
    (found,) = faults(text.encode())
    assert found.endswith("[0]: a text with a NUL character")


# ── keys


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "line",
    [
        'api_key = "{}"', "# my key: {}", '[vars]\nsecret = "{}"', 'prompt = "{}"', "{}", "[{}]",
        'header = "Authorization: Bearer {}"', '"{}" = 1', "x = '''\n{}\n'''", 'RUNAPI_API_KEY="{}"',
        "a = {{ b = '{}' }}",
    ],
)  # fmt: skip
def test_pasted_key_is_a_fault_and_never_repeated(project_file: ProjectFile, key: str, line: str) -> None:
    text = line.format(key)
    with pytest.raises(InvalidProjectError, match="1 fault") as caught:
        load(project_file(f"schema = 1\n{text}\n".encode()))
    fault = caught.value.faults[0]
    assert fault.message == "an API key does not belong in a project file"
    assert "RUNAPI_API_KEY" in fault.hint
    assert key not in repr(caught.value.faults) + str(caught.value)


@pytest.mark.parametrize(
    "name", ["api_key", "API_KEY", "apiKey", "api-key", "runapi_api_key", '"api_key"', "authorization"]
)
def test_value_of_a_key_that_is_named_one_is_a_fault_and_never_repeated(faults: Faults, name: str) -> None:
    found = faults(f'schema = 1\n{name} = "hunter2-correct-horse"\n'.encode())
    assert found == ["project.toml:2:1: an API key does not belong in a project file"]


def test_pasted_key_is_found_in_a_file_that_is_no_toml(faults: Faults) -> None:
    assert faults(f"schema = = {KEYS[0]}".encode()) == [
        "project.toml:1:12: an API key does not belong in a project file"
    ]


def test_every_line_with_a_key_is_a_fault(faults: Faults) -> None:
    assert [each.split(": ")[0] for each in faults(f"# {KEYS[0]}\n\n# {KEYS[1]}\n".encode())] == [
        "project.toml:1:3",
        "project.toml:3:3",
    ]


def test_key_in_an_included_file_is_a_fault_of_that_file(faults: Faults) -> None:
    found = faults(head='include = ["brand.toml"]\nschema = 1\n', brand=f'[vars]\nk = "{KEYS[0]}"')
    assert found[0] == "brand.toml:2:6: an API key does not belong in a project file"


@pytest.mark.parametrize(
    "text",
    [
        "a risk-averse sk-etch, a task_list",
        "the runapi-kling film of a quiet harbour",
        "the bearer of bad news waits",
        "api_keys = none",
    ],
)
def test_words_that_only_look_like_keys_are_accepted(loaded: Loaded, text: str) -> None:
    assert loaded(shots=f'[shot.walk]\nprompt = "{text}"').shots["walk"].table.prompt == text
