"""The agent skill: its front matter is in the open format, and every command in it works, against the mock server."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import click
import pytest

from kling_render import errors
from kling_render.assets import agent_skill
from kling_render.cli import GROUPS, cli, run
from kling_render.errors import KlingRenderError
from mock_server import Config, running_server

KEY = "mock-key-of-the-skill"
TEXT = agent_skill().read_text("utf-8")
FRONT, BODY = TEXT.removeprefix("---\n").split("\n---\n", 1)
FIELDS = dict(line.split(": ", 1) for line in FRONT.splitlines())
COMMANDS = re.findall(r"(?m)^kling-render .+$", BODY) + re.findall(r"`(kling-render [^`]+)`", BODY)
KNOWN = {name for names in GROUPS.values() for name in names}
ON_THEIR_WAY = {"board", "film"} - KNOWN
"""Commands that are written at this moment."""


def test_front_matter_is_in_the_open_format() -> None:
    assert FIELDS["name"] == agent_skill().parent.name == "kling-render"
    assert 1 <= len(FIELDS["description"]) <= 1024
    assert len(FIELDS["compatibility"]) <= 500
    assert set(FIELDS) <= {"name", "description", "license", "compatibility", "metadata", "allowed-tools"}


def test_openclaw_learns_which_binary_and_which_variable_it_needs() -> None:
    assert json.loads(FIELDS["metadata"]) == {
        "openclaw": {
            "requires": {"bins": ["kling-render"], "env": ["RUNAPI_API_KEY"]},
            "primaryEnv": "RUNAPI_API_KEY",
        }
    }


def test_skill_is_short_enough_to_be_loaded_whole() -> None:
    assert len(BODY.split()) < 2000
    assert len(TEXT.splitlines()) < 500


def test_commands_were_found() -> None:
    assert {shlex.split(each)[1] for each in COMMANDS} >= {
        "init", "check", "rehearse", "board", "plan", "render", "status", "spend", "takes", "pick", "film", "export",
    }  # fmt: skip


@pytest.mark.parametrize("line", COMMANDS)
def test_what_buys_has_a_cap_and_names_its_plan(line: str) -> None:
    name, *words = shlex.split(line)[1:]
    if name in ("render", "retake"):
        assert "--max-usd" in words
        assert "--expect-plan" in words


def test_every_exit_code_has_its_remedy() -> None:
    told = {int(code) for row in re.findall(r"(?m)^\| ([\d, ]+) \|", BODY) for code in row.split(", ")}
    raised = {each.exit_code for each in vars(errors).values() if isinstance(each, type) and hasattr(each, "exit_code")}
    assert raised - {KlingRenderError.exit_code} <= told


@pytest.mark.parametrize("option", sorted(set(re.findall(r"`(--[a-z-]+)", BODY))))
def test_option_that_the_text_names_exists(option: str) -> None:
    context = click.Context(cli)
    commands = [cli.get_command(context, name) for name in KNOWN]
    assert any(option in each.opts for command in commands if command for each in command.params)


@pytest.mark.parametrize("name", ["to_pay_usd", "worst_usd", "refusals", "hash"])
def test_key_that_the_text_names_is_in_the_plan(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    run(["init", "my-film"])
    capfd.readouterr()
    run(["plan", "my-film", "--format", "json"])
    assert f"`{name}`" in BODY
    assert name in json.loads(capfd.readouterr().out)


def test_every_command_works_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no-config"))
    monkeypatch.setenv("RUNAPI_API_KEY", KEY)
    monkeypatch.setenv("KLING_RENDER_POLL_INTERVAL_SECONDS", "0.02")
    told = ""
    with running_server(Config(api_keys=(KEY,)), speed=2000) as server:
        monkeypatch.setenv("RUNAPI_BASE_URL", server.url)
        plan_hash = "unknown"
        for line in COMMANDS:
            words = shlex.split(line)[1:]
            if words[0] in ON_THEIR_WAY:
                continue
            if words[0] == "retake":  # its plan is another one, which it names when it is asked for none
                assert run([word if word != "HASH" else "none" for word in words]) == 9
                plan_hash = re.findall(r"the plan is (\w+), not none", capfd.readouterr().err)[0]
            words = [plan_hash if word == "HASH" else word for word in words]
            exit_code = run(words)
            printed = capfd.readouterr()
            assert exit_code == 0, f"{line}\n{printed.err}"
            told += printed.out + printed.err
            if words[0] == "plan" and "json" in words and "--only" not in words:
                plan_hash = json.loads(printed.out)["hash"]
        charged = server.simulator.books(KEY).settled
    assert charged == 5_800_000  # the starter film for 4.80 USD, once, and one take more of its dialogue
    assert KEY not in told
    assert not any(KEY in path.read_text("utf-8", "ignore") for path in tmp_path.rglob("*") if path.is_file())
