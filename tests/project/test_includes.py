"""`include`: shared tables of other files, laid under the project's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kling_render.project import Project, load

Loaded = Callable[..., Project]
Faults = Callable[..., list[str]]
REST = 'schema = 1\n[project]\nname = "ferry"\nid = "nf-7c1e"\n'


def including(*names: str) -> str:
    """The head of a project that includes these files."""
    return f"include = {[f'{name}.toml' for name in names]}\n{REST}"


def test_shared_values_lie_under_the_own_ones(loaded: Loaded) -> None:
    project = loaded(
        '[vars]\nlook = "own"', head=including("brand"), brand='[vars]\nlook = "shared"\nplace = "quay"'
    )  # fmt: skip
    assert project.shots["walk"].variables() == {"look": "own", "place": "quay"}


def test_later_included_file_lies_over_the_earlier_one(loaded: Loaded) -> None:
    project = loaded(head=including("a", "b"), a="[vars]\nx = 1\ny = 1", b="[vars]\ny = 2")
    assert project.shots["walk"].variables() == {"x": 1, "y": 2}


def test_included_default_keeps_the_file_in_which_it_was_written(loaded: Loaded) -> None:
    project = loaded(head=including("brand"), brand='[defaults]\nmodel = "kling-3.0"')
    place = project.shots["walk"].fields["model"].place
    assert (place.file.name, place.key) == ("brand.toml", "defaults.model")


def test_own_element_replaces_the_included_one(loaded: Loaded) -> None:
    text = '[element.mira]\ndescription = "{}"\n'
    project = loaded(text.format("own"), head=including("cast"), cast=text.format("shared"))
    assert project.elements["mira"].table.description == "own"


def test_included_element_keeps_its_file_for_its_pictures(loaded: Loaded, tmp_path: Path) -> None:
    (tmp_path / "brand").mkdir()
    (tmp_path / "brand" / "cast.toml").write_text('[element.mira]\ndescription = "x"\nimages = ["mira.png"]\n')
    project = loaded(head=f'include = ["brand/cast.toml"]\n{REST}')
    assert project.elements["mira"].place.file.parent == tmp_path / "brand"


def test_include_reaches_files_beside_the_included_one(loaded: Loaded, tmp_path: Path) -> None:
    (tmp_path / "brand").mkdir()
    (tmp_path / "brand" / "a.toml").write_text('include = ["b.toml"]\n')
    (tmp_path / "brand" / "b.toml").write_text("[vars]\nx = 1\n")
    assert loaded(head=f'include = ["brand/a.toml"]\n{REST}').shots["walk"].vars["x"].value == 1


def test_chain_of_includes_is_laid_from_the_bottom(loaded: Loaded) -> None:
    project = loaded(
        head=including("a"),
        a='include = ["b.toml"]\n[vars]\nx = "a"',
        b='include = ["c.toml"]\n[vars]\nx = "b"\ny = "b"',
        c='[vars]\nx = "c"\ny = "c"\nz = "c"',
    )
    assert project.shots["walk"].variables() == {"x": "a", "y": "b", "z": "c"}


def test_file_that_is_included_twice_is_no_circle(loaded: Loaded) -> None:
    shared = 'include = ["c.toml"]'
    assert loaded(head=including("a", "b"), a=shared, b=shared, c="[vars]\nx = 1").shots["walk"].vars["x"].value == 1


def test_file_that_includes_itself_is_a_fault(faults: Faults) -> None:
    assert faults(head=including("project")) == [
        "project.toml: include[0]: project.toml includes project.toml: a circle"
    ]


def test_circle_of_includes_is_a_fault_where_it_closes(faults: Faults) -> None:
    found = faults(head=including("a"), a='include = ["b.toml"]', b='include = ["./a.toml"]')
    assert found == ["b.toml: include[0]: a.toml includes b.toml includes a.toml: a circle"]


def test_missing_included_file_is_a_fault(faults: Faults) -> None:
    assert faults(head=including("nowhere")) == ["project.toml: include[0]: there is no file nowhere.toml"]


@pytest.mark.parametrize("name", [".", "", "x" * 300, "/dev/null/x"])
def test_include_of_what_is_no_file_is_a_fault(faults: Faults, name: str) -> None:
    assert faults(head=f'include = ["{name}"]\n{REST}') == [f"project.toml: include[0]: there is no file {name}"]


def test_include_of_a_link_to_itself_is_a_fault(faults: Faults, tmp_path: Path) -> None:
    (tmp_path / "loop.toml").symlink_to(tmp_path / "loop.toml")
    assert faults(head=including("loop")) == ["project.toml: include[0]: there is no file loop.toml"]


@pytest.mark.parametrize("value", ['"brand.toml"', "[1]", "5", "{}"])
def test_include_that_is_no_list_of_names_is_a_fault(faults: Faults, value: str) -> None:
    found = faults(head=f"include = {value}\n{REST}")
    assert found == ["project.toml: include: include must be a list of file names"]


@pytest.mark.parametrize("key", ["project", "budget", "render", "shot", "film", "defalts"])
def test_key_that_cannot_be_shared_is_a_fault_of_the_included_file(faults: Faults, key: str) -> None:
    assert faults(head=including("brand"), brand=f"[{key}]\n") == [f"brand.toml: {key}: {key} cannot be included"]


def test_included_file_of_another_schema_is_a_fault(faults: Faults) -> None:
    found = faults(head=including("brand"), brand="schema = 2")
    assert found == ["brand.toml: schema: schema 2 is not known to this version"]


def test_included_file_needs_no_schema(loaded: Loaded) -> None:
    assert loaded(head=including("brand"), brand="").schema == 1


def test_included_file_that_is_no_toml_is_a_fault_with_its_line(faults: Faults) -> None:
    (found,) = faults(head=including("brand"), brand="[vars\n")
    assert found.startswith("brand.toml:1:1: the table header that begins here is not closed")


def test_faults_of_shared_tables_name_the_included_file(faults: Faults) -> None:
    brand = '[defaults]\nduration = 5\n[element.mira]\ndescripton = "x"\n[vars]\nloop = 1'
    assert [each.split(": ")[:2] for each in faults(head=including("brand"), brand=brand)] == [
        ["brand.toml", "defaults.duration"],
        ["brand.toml", "vars.loop"],
        ["brand.toml", "element.mira.description"],
        ["brand.toml", "element.mira.descripton"],
    ]


def test_folder_of_the_project_is_that_of_the_main_file(loaded: Loaded, tmp_path: Path) -> None:
    project = loaded(head=including("brand"), brand="")
    assert (project.folder, load(tmp_path).path.name) == (tmp_path, "project.toml")
