from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kling_render import __version__
from kling_render.cli import GROUPS

from .conftest import Cli

HEAVY = ("httpx", "pydantic", "jinja2", "av", "sqlalchemy", "starlette", "rich", "PIL", "trio", "uvicorn")


def test_help_loads_no_heavy_library() -> None:
    asked = [sys.executable, "-X", "importtime", "-m", "kling_render", "--help"]
    printed = subprocess.run(asked, capture_output=True, text=True, check=True)  # noqa: S603 - ourselves
    loaded = {line.rsplit("|", 1)[-1].strip() for line in printed.stderr.splitlines()}
    assert "click" in loaded
    assert not [name for name in HEAVY if name in loaded]


@pytest.mark.parametrize("command", [name for names in GROUPS.values() for name in names])
def test_help_lists_every_command_under_its_group(cli: Cli, command: str) -> None:
    ran = cli("--help")
    assert ran.exit_code == 0
    assert f"\n  {command} " in ran.out


@pytest.mark.parametrize("command", [name for names in GROUPS.values() for name in names])
def test_help_of_a_command_says_what_it_does(cli: Cli, command: str) -> None:
    ran = cli(command, "--help")
    assert ran.exit_code == 0
    assert f"kling-render {command}" in ran.out


def test_version_is_printed(cli: Cli) -> None:
    assert cli("--version").out == f"kling-render, version {__version__}\n"


def test_mistyped_command_is_a_usage_error_with_a_suggestion(cli: Cli) -> None:
    ran = cli("rehears")
    assert ran.exit_code == 2
    assert 'No such command "rehears"; did you mean "rehearse"?' in ran.err


def test_unknown_option_is_a_usage_error(cli: Cli) -> None:
    ran = cli("plan", "--request")
    assert (ran.exit_code, "--requests" in ran.err) == (2, True)


@pytest.mark.parametrize("amount", ["much", "-1", "nan", "inf", ""])
def test_amount_that_is_none_is_a_usage_error(cli: Cli, amount: str) -> None:
    ran = cli("plan", "--max-usd", amount)
    assert ran.exit_code == 2
    assert "--max-usd" in ran.err


def test_no_arguments_show_the_help(cli: Cli) -> None:
    assert "rehearse" in "".join((cli().out, cli().err))


@pytest.mark.parametrize("error", [KeyboardInterrupt(), BaseExceptionGroup("", [KeyboardInterrupt()])])
def test_interrupt_exits_with_130_and_says_what_is_kept(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, film: Path, error: BaseException
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("kling_render.api.rehearse", interrupted)
    ran = cli("rehearse", film)
    assert ran.exit_code == 130
    assert "the same command goes on" in ran.err


def test_bug_is_not_hidden(cli: Cli, monkeypatch: pytest.MonkeyPatch, film: Path) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("kling_render.api.rehearse", broken)
    with pytest.raises(ZeroDivisionError, match="a bug"):
        cli("rehearse", film)
