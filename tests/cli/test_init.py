from __future__ import annotations

from pathlib import Path

import kling_render

from .conftest import Cli


def test_starter_project_is_named_after_its_folder_and_sound(cli: Cli, tmp_path: Path) -> None:
    ran = cli("init", tmp_path / "My Film!")
    assert ran.exit_code == 0
    assert "kling-render rehearse" in ran.out
    project = kling_render.load(tmp_path / "My Film!")
    assert project.table.name == "my-film"
    assert cli("check", tmp_path / "My Film!", "--strict").exit_code == 0


def test_two_starter_projects_have_two_identities(cli: Cli, tmp_path: Path) -> None:
    cli("init", tmp_path / "one" / "film")
    cli("init", tmp_path / "two" / "film")
    ids = {kling_render.load(tmp_path / each / "film").table.id for each in ("one", "two")}
    assert len(ids) == 2


def test_existing_project_is_left_alone(cli: Cli, film: Path) -> None:
    before = (film / "project.toml").read_bytes()
    ran = cli("init", film)
    assert ran.exit_code == 2
    assert "there is a project already" in ran.err
    assert (film / "project.toml").read_bytes() == before


def test_folder_that_cannot_be_made_is_a_storage_error(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    ran = cli("init", tmp_path / "file" / "film")
    assert ran.exit_code == 12
    assert "cannot write" in ran.err
