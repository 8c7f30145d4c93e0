from __future__ import annotations

import json
from pathlib import Path

from .conftest import Cli

FAULTY = """\
[vars]
look = "warm"
[shot.run]
prompt = "{{ loook }}"
[shot.jump]
promt = "x"
[shot.sit]
prompt = "x"
duration_seconds = 16
"""


def test_sound_project_has_no_faults(cli: Cli, film: Path) -> None:
    ran = cli("check", film)
    assert (ran.exit_code, ran.out) == (0, "no faults: 1 shots, 2 takes\n")


def test_all_faults_are_reported_at_once(cli: Cli, film: Path) -> None:
    file = film / "project.toml"
    text = file.read_text("utf-8")
    file.write_text(text + FAULTY, "utf-8")
    ran = cli("check", film)
    assert ran.exit_code == 4
    assert ran.out == (
        "error: film/project.toml shot.jump.promt\n"
        '  unknown key "promt"; did you mean "prompt"?\n'
        "error: film/project.toml shot.run.prompt\n"
        '  undefined variable "loook"; did you mean "look"? (line 1 of the template)\n'
        "  Define it in [vars] or in the shot's vars.\n"
        "error: film/project.toml shot.sit.duration_seconds\n"
        "  duration_seconds = 16 must be from 3 to 15 s, for kling-3.0 (text_to_video)\n"
        "  Source: RunAPI's API guide for Kling on OpenClaw, 2026-07-28.\n"
        "3 faults\n"
    )


def test_warning_alone_passes_unless_strict(cli: Cli, film: Path) -> None:
    file = film / "project.toml"
    file.write_text(file.read_text("utf-8") + '[shot.again]\nprompt = "She crosses the deck"\n', "utf-8")
    assert cli("check", film).exit_code == 0
    ran = cli("check", film, "--strict")
    assert ran.exit_code == 4
    assert "the same request as walk: both share the same paid takes" in ran.out


def test_json_has_place_message_and_hint_of_each_fault(cli: Cli, film: Path) -> None:
    (film / "project.toml").write_text("schema = = 1\n", "utf-8")
    ran = cli("check", film, "--format", "json")
    assert ran.exit_code == 4
    (fault,) = json.loads(ran.out)
    assert (fault["severity"], fault["line"], fault["column"]) == ("error", 1, 10)
    assert fault["message"].startswith("not TOML")


def test_missing_project_says_how_to_start_one(cli: Cli, tmp_path: Path) -> None:
    ran = cli("check", tmp_path)
    assert ran.exit_code == 4
    assert "there is no such project file" in ran.out
    assert "kling-render init DIR" in ran.out
