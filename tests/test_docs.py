"""The README says what the code does: every command, option, setting and exit code."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import click
import pytest

from kling_render import errors
from kling_render.catalog import bundled_catalog, lay_over
from kling_render.cli import GROUPS, cli
from kling_render.inspection import inspect
from kling_render.project.load import TOP_KEYS
from kling_render.project.tables import BudgetTable, ElementTable, ProjectTable, RenderTable, ShotTable
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


TABLES = (ProjectTable, BudgetTable, RenderTable, ElementTable, ShotTable)


@pytest.mark.parametrize("key", [*TOP_KEYS, *(key for table in TABLES for key in table.model_fields)])
def test_project_key_is_documented(key: str) -> None:
    assert re.search(rf"(?m)^\W*{key} =|[\[.(]{key}[\].]|\b{key} = |\bor {key}\b", PROJECT_EXAMPLE)


def test_the_projects_example_has_no_faults(tmp_path: Path) -> None:
    file = tmp_path / "project.toml"
    file.write_text(PROJECT_EXAMPLE, "utf-8")
    assert [str(fault) for fault in inspect(file, bundled_catalog()).errors] == []


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
