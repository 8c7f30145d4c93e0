from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

import kling_render
from kling_render import rehearsal
from kling_render.assets import agent_skill
from mock_server.media import ClipSpec, Cut, encode

from .conftest import Cli


def test_starter_project_is_named_after_its_folder_and_sound(cli: Cli, tmp_path: Path) -> None:
    ran = cli("init", tmp_path / "My Film!")
    assert ran.exit_code == 0
    project = kling_render.load(tmp_path / "My Film!")
    assert project.table.name == "my-film"
    assert cli("check", tmp_path / "My Film!", "--strict").exit_code == 0


def test_init_says_what_it_wrote_and_what_to_do_next(cli: Cli) -> None:
    ran = cli("init", "My Film")
    assert (ran.exit_code, ran.err) == (0, "")
    assert ran.out == (
        "wrote My Film/project.toml\n"
        "wrote My Film/project.schema.json\n"
        "wrote My Film/.gitignore\n"
        "\n"
        "Now try it, for nothing:\n"
        "  kling-render rehearse 'My Film'\n"
        "Then change My Film/project.toml: its comments explain it.\n"
    )


def test_starter_project_shows_a_shot_a_matrix_and_a_sequence(cli: Cli, tmp_path: Path) -> None:
    cli("init", "film")
    addresses = [str(planned.address) for planned in kling_render.plan(tmp_path / "film").takes]
    assert addresses == ["answer#1", "answer#2", "workshop[hour=dawn]#1", "workshop[hour=dusk]#1", "evening#1"]
    assert len(kling_render.load(tmp_path / "film").shots["evening"].cuts) == 2


def test_starter_project_is_cheap_and_within_its_budget(cli: Cli, tmp_path: Path) -> None:
    cli("init", "film")
    planned = kling_render.plan(tmp_path / "film")
    assert (planned.due_micro_usd, planned.refusals) == (4_800_000, ())


def test_starter_project_is_rehearsed_whole(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def tiny(spec: ClipSpec) -> bytes:
        return encode(ClipSpec("", "", "", "", "", (Cut("", 1),), 32, 18, False, spec.seed, fps=2))

    monkeypatch.setattr(rehearsal, "encode", tiny)
    cli("init", "film")
    rehearsed = kling_render.rehearse(tmp_path / "film")
    assert (rehearsed.outcome.exit_code, rehearsed.charged_micro_usd) == (0, 4_800_000)


def test_editor_finds_the_schema_beside_the_project_and_no_fault_by_it(cli: Cli, tmp_path: Path) -> None:
    cli("init", "film")
    text = (tmp_path / "film" / "project.toml").read_text("utf-8")
    schema = (tmp_path / "film" / "project.schema.json").read_text("utf-8")
    assert text.startswith("#:schema ./project.schema.json\n")
    assert schema == cli("schema").out
    jsonschema.validate(tomllib.loads(text), json.loads(schema))


@pytest.mark.parametrize("name", [".gitignore", "project.schema.json"])
def test_other_file_that_is_there_is_left_alone(cli: Cli, tmp_path: Path, name: str) -> None:
    (tmp_path / "film").mkdir()
    (tmp_path / "film" / name).write_text("mine", "utf-8")
    ran = cli("init", "film")
    assert ran.exit_code == 0
    assert f"wrote film/{name}\n" not in ran.out
    assert (tmp_path / "film" / name).read_text("utf-8") == "mine"


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
    assert [path.name for path in film.iterdir()] == ["project.toml"]


def test_folder_that_cannot_be_made_is_a_storage_error(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    ran = cli("init", tmp_path / "file" / "film")
    assert ran.exit_code == 12
    assert "cannot write" in ran.err


SKILL = Path(".agents", "skills", "kling-render", "SKILL.md")


def test_agent_gets_its_skill_beside_the_project(cli: Cli, tmp_path: Path) -> None:
    ran = cli("init", "film", "--agent")
    assert ran.exit_code == 0
    assert "wrote film/.agents/skills/kling-render/SKILL.md\n" in ran.out
    assert (tmp_path / "film" / SKILL).read_bytes() == agent_skill().read_bytes()
    assert cli("check", "film", "--strict").exit_code == 0


def test_without_an_agent_there_is_no_skill(cli: Cli, tmp_path: Path) -> None:
    cli("init", "film")
    assert not (tmp_path / "film" / ".agents").exists()


def test_skill_is_put_into_a_project_that_is_there(cli: Cli, film: Path) -> None:
    before = (film / "project.toml").read_bytes()
    ran = cli("init", film, "--agent")
    assert (ran.exit_code, ran.out) == (0, f"wrote {film / SKILL}\n")
    assert (film / "project.toml").read_bytes() == before


def test_skill_that_is_there_is_kept_and_that_is_told(cli: Cli, film: Path) -> None:
    (film / SKILL).parent.mkdir(parents=True)
    (film / SKILL).write_text("mine", "utf-8")
    ran = cli("init", film, "--agent")
    assert ran.exit_code == 0
    assert ran.out == f"kept {film / SKILL}: to get the one of this version, delete it first\n"
    assert (film / SKILL).read_text("utf-8") == "mine"
