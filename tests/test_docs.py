"""README and docs say what the code does: every command, option, setting and key; their examples run."""

from __future__ import annotations

import re
import shlex
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import click
import jsonschema
import pytest

from kling_render import errors
from kling_render.catalog import bundled_catalog, lay_over
from kling_render.cli import GROUPS, cli, run
from kling_render.events import Kind
from kling_render.inspection import inspect
from kling_render.ledger import State
from kling_render.planning import Selection, plan
from kling_render.project import load
from kling_render.project.load import TOP_KEYS
from kling_render.project.schema import project_schema
from kling_render.project.tables import (
    BudgetTable,
    ElementTable,
    MatrixTable,
    ProfileTable,
    ProjectTable,
    RenderTable,
    SceneTable,
    ShotTable,
)
from kling_render.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PROJECT_EXAMPLE = README.split("```toml")[1].split("```")[0]
COMMANDS = [name for names in GROUPS.values() for name in names]


def options() -> list[str]:
    context = click.Context(cli)
    commands = [cli.get_command(context, name) for name in COMMANDS]
    subcommands = [sub for each in commands if isinstance(each, click.Group) for sub in each.commands.values()]
    leaves = [each for each in [*commands, *subcommands] if each is not None]
    return sorted({name for each in leaves for option in each.params for name in option.opts if name.startswith("--")})


@pytest.mark.parametrize("command", COMMANDS)
def test_command_is_documented(command: str) -> None:
    assert re.search(rf"^\| `{command}\b", README, re.MULTILINE)


@pytest.mark.parametrize("option", options())
def test_option_is_documented(option: str) -> None:
    assert f"`{option}" in README


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_setting_is_documented(name: str) -> None:
    alias = Settings.model_fields[name].validation_alias
    assert f"| `{alias or 'KLING_RENDER_' + name.upper()}` |" in README


def test_every_exit_code_is_documented() -> None:
    codes = {each.exit_code for each in vars(errors).values() if isinstance(each, type) and hasattr(each, "exit_code")}
    assert {f"| {code} |" for code in codes} <= {match[0] for match in re.finditer(r"\| \d+ \|", README)}


@pytest.mark.parametrize("kind", get_args(Kind))
def test_event_is_documented(kind: str) -> None:
    assert re.search(rf"^\| [^|]*`{kind}`", (ROOT / "docs" / "events.md").read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("state", [*State, "blocked"])
def test_state_is_documented(state: str) -> None:
    assert re.search(rf"^\| [^|]*`{state}`", (ROOT / "docs" / "rendering.md").read_text("utf-8"), re.MULTILINE)


TABLES = (ProjectTable, BudgetTable, RenderTable, ElementTable, SceneTable, ProfileTable, ShotTable, MatrixTable)


@pytest.mark.parametrize("key", [*TOP_KEYS, *(key for table in TABLES for key in table.model_fields)])
def test_project_key_is_documented(key: str) -> None:
    assert re.search(rf"(?m)^\W*{key} =|[\[.(]{key}[\].]|\b{key} = |\bor {key}\b", PROJECT_EXAMPLE)


def test_the_projects_example_has_no_faults(tmp_path: Path) -> None:
    file = tmp_path / "project.toml"
    file.write_text(PROJECT_EXAMPLE, "utf-8")
    assert [str(fault) for fault in inspect(file, bundled_catalog()).errors] == []
    jsonschema.validate(tomllib.loads(PROJECT_EXAMPLE), project_schema(bundled_catalog()))


def test_readme_shows_what_explain_prints(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    command, _, shown = README.partition("$ kling-render explain ")[2].partition("```")[0].partition("\n")
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "80")
    assert run(["explain", *shlex.split(command)]) == 0
    printed = "\n".join(line.rstrip() for line in capfd.readouterr().out.splitlines())
    assert all(piece.strip("\n") in printed for piece in shown.split("…\n"))


# docs/project-file.md

GUIDE = (ROOT / "docs" / "project-file.md").read_text("utf-8")
_BLOCK = re.compile(
    r"(?:^`(?P<name>[^`\n]+)`:\n\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Section:
    """One chapter of the guide with the blocks of its examples; a block whose name stands above it is a file."""

    title: str
    files: dict[str, str]
    projects: tuple[str, ...]
    fragments: tuple[str, ...]
    sessions: tuple[str, ...]

    @classmethod
    def read(cls, text: str) -> Section:
        """The chapter in a text that begins with its title."""
        blocks = [(match["name"], match["language"], match["text"]) for match in _BLOCK.finditer(text)]
        toml = [body for name, language, body in blocks if language == "toml" and not name]
        return cls(
            text.partition("\n")[0],
            {name: body for name, _, body in blocks if name},
            tuple(body for body in toml if body.startswith("schema = ")),
            tuple(body for body in toml if not body.startswith("schema = ")),
            tuple(body for _, language, body in blocks if language == "console"),
        )

    def write(self, folder: Path, project: str) -> Path:
        """One of its projects with the chapter's files, in a folder."""
        for name, text in {**self.files, "project.toml": project}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, "utf-8")
        return folder


SECTIONS = {each.title: each for each in map(Section.read, re.split(r"(?m)^## ", GUIDE)[1:])}
BROKEN = ("Faults",)
"""Chapters whose projects have faults, to show them."""


GUIDE_PROJECTS = [
    pytest.param(section, project, id=f"{section.title} {index}")
    for section in SECTIONS.values()
    for index, project in enumerate(section.projects, 1)
]


def test_the_guide_has_examples_and_they_were_found() -> None:
    assert sum(len(section.projects) for section in SECTIONS.values()) == GUIDE.count("\nschema = 1\n") - sum(
        text.startswith("schema = 1\n") for section in SECTIONS.values() for text in section.files.values()
    )
    assert sum(len(section.sessions) for section in SECTIONS.values()) == GUIDE.count("\n```console\n") > 5


@pytest.mark.parametrize(("section", "project"), GUIDE_PROJECTS)
def test_project_of_the_guide_is_sound_and_can_be_planned(tmp_path: Path, section: Section, project: str) -> None:
    faults = inspect(section.write(tmp_path, project), bundled_catalog()).faults
    if section.title in BROKEN:
        assert faults
        return
    assert [str(fault) for fault in faults] == []
    assert plan(load(tmp_path)).total_micro_usd > 0
    jsonschema.validate(tomllib.loads(project), project_schema(bundled_catalog()))


@pytest.mark.parametrize("text", [text for section in SECTIONS.values() for text in section.fragments])
def test_fragment_of_the_guide_is_toml(text: str) -> None:
    assert tomllib.loads(text)


@pytest.mark.parametrize("title", [title for title, section in SECTIONS.items() if section.sessions])
def test_session_of_the_guide_prints_what_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], title: str
) -> None:
    section = SECTIONS[title]
    for name, value in {"COLUMNS": "80", "XDG_CONFIG_HOME": str(tmp_path / "none")}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("RUNAPI_BASE_URL", raising=False)
    monkeypatch.chdir(section.write(tmp_path / "film", section.projects[-1]))
    for session in section.sessions:
        command, _, shown = session.partition("\n")
        run(shlex.split(command.removeprefix("$ kling-render ")))
        printed = "\n".join(line.rstrip() for line in capfd.readouterr().out.splitlines())
        assert printed.startswith(shown.rstrip())


FORMS = re.findall(r"(?m)^\| `([^`]+)` \|", GUIDE.partition("## Choosing takes")[2].partition("\n## ")[0])
MAY_BE_EMPTY = ("picked",)


@pytest.mark.parametrize("form", FORMS)
def test_form_of_a_selection_chooses_some_takes_and_not_all(tmp_path: Path, form: str) -> None:
    section = SECTIONS["Choosing takes"]
    takes = plan(load(section.write(tmp_path, section.projects[0]))).takes
    chosen = Selection.parse([form]).choose(takes)
    assert len(chosen) < len(takes)
    assert bool(chosen) is (form not in MAY_BE_EMPTY)


@pytest.mark.parametrize("kind", ["scene", "tag", "state", "version", "cost"])
def test_every_kind_of_selection_is_in_the_guide(kind: str) -> None:
    assert any(form.startswith(f"{kind}:") for form in FORMS)


PAGES = ("README.md", *(f"docs/{name}.md" for name in ("export", "film", "project-file", "testing", "mock-server")))


@pytest.mark.parametrize("page", [*PAGES, "projects/README.md"])
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"(?ms)^```.*?^```$", "", text)):
        if re.match(r"https?:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (ROOT / page).parent / name if name else ROOT / page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file.read_text("utf-8")), target


def anchors(text: str) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"(?m)^#+ (.+)$", re.sub(r"(?ms)^```.*?^```$", "", text))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_example_of_an_own_catalog_has_no_faults() -> None:
    example = tomllib.loads((ROOT / "docs/catalog.md").read_text("utf-8").split("```toml")[2].split("```")[0])
    catalog = lay_over(bundled_catalog(), example, "example")
    price = catalog.price("text_to_video", {"model": "kling-4.0", "prompt": "x", "duration_seconds": 30})
    assert price is not None
    assert price.micro_usd == 30 * 160_000


@pytest.mark.parametrize("model", sorted({model.name for model in bundled_catalog().contract.models}))
def test_price_table_covers_every_model(model: str) -> None:
    families = bundled_catalog().contract.families
    shown = next((name for name, members in families.items() if model in members.values()), model)
    assert re.search(rf"^\| {re.escape(shown)}\b", README, re.MULTILINE)


def test_the_readme_and_ci_share_their_two_lines() -> None:
    ci = (ROOT / ".ci" / "run").read_text("utf-8")
    for line in (
        "python3 -m venv .venv && .venv/bin/pip install -q . && .venv/bin/kling-render rehearse projects/mountain-lake",
        'python3 -m venv .venv && .venv/bin/pip install -q -e ".[test]" && .venv/bin/pytest',
    ):
        assert f"\n{line}\n" in README
        assert f"\n{line}\n" in ci


def test_session_of_the_export_guide_prints_what_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    guide = (ROOT / "docs" / "export.md").read_text("utf-8")
    command, _, shown = guide.split("```console\n")[1].split("```")[0].partition("\n")
    monkeypatch.chdir(tmp_path)
    run(["init", "my-film"])
    capfd.readouterr()
    assert run(shlex.split(command.removeprefix("$ kling-render "))) == 0
    assert capfd.readouterr().out == shown
