from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Cli

FAULTY = """\
[vars]
look = "warm"
[shot.run]
prompt = "She runs"
[shot.jump]
promt = "x"
[shot.sit]
prompt = "x"
duration_seconds = 16
"""


def test_sound_project_has_no_faults(cli: Cli, film: Path) -> None:
    ran = cli("check", film)
    assert (ran.exit_code, ran.out) == (0, "no faults: 1 shot, 2 takes\n")


def test_all_faults_are_reported_at_once_with_line_column_and_caret(cli: Cli, film: Path) -> None:
    file = film / "project.toml"
    file.write_text(file.read_text("utf-8") + FAULTY, "utf-8")
    ran = cli("check", film)
    assert ran.exit_code == 4
    assert ran.out == (
        "error: film/project.toml:19:1 shot.jump.promt\n"
        '  19 | promt = "x"\n'
        "     | ^^^^^\n"
        '  unknown key "promt"; did you mean "prompt"?\n'
        "error: film/project.toml:22:20 shot.sit.duration_seconds\n"
        "  22 | duration_seconds = 16\n"
        "     |                    ^^\n"
        "  duration_seconds = 16 must be from 3 to 15 s, for kling-3.0 (text_to_video)\n"
        "  Source: RunAPI's API guide for Kling on OpenClaw, 2026-07-28.\n"
        "2 faults\n"
    )


def test_warning_alone_passes_unless_strict(cli: Cli, film: Path) -> None:
    file = film / "project.toml"
    file.write_text(file.read_text("utf-8") + '[shot.again]\nprompt = "She crosses the deck"\n', "utf-8")
    assert cli("check", film).exit_code == 0
    ran = cli("check", film, "--strict")
    assert ran.exit_code == 4
    assert "the same request as walk: both share the same paid takes" in ran.out


def test_warning_that_only_costs_more_under_a_profile_is_told_once(cli: Cli, film: Path) -> None:
    file = film / "project.toml"
    more = '[shot.wall]\nenable_sound = true\nprompt = "A calm picture of a blue wall"\n'
    file.write_text(f'{file.read_text("utf-8")}{more}[profile.final]\noutput_resolution = "1080p"\n', "utf-8")
    ran = cli("check", film)
    assert ran.out.count("nothing in the prompt is to be heard, and sound costs") == 1
    assert ran.out.endswith("\n1 warning\n")


BROKEN = 'schema = 1\n[shot.walk]\nprompt = "She says: "Not tonight.""\n'
MESSAGE = "the text ends at this quote, but the line goes on"
HINT = "Text that holds quotes goes between three single quotes: prompt = '''She says: \"Not tonight.\"'''"


def test_text_shows_where_a_quote_ends_the_text_too_early(cli: Cli, film: Path) -> None:
    (film / "project.toml").write_text(BROKEN, "utf-8")
    ran = cli("check", film)
    assert (ran.exit_code, ran.out) == (
        4,
        "error: film/project.toml:3:21\n"
        '  3 | prompt = "She says: "Not tonight.""\n'
        "    |                     ^\n"
        f"  {MESSAGE}\n"
        f"  {HINT}\n"
        "1 fault\n",
    )


@pytest.mark.parametrize("command", [["plan"], ["render", "--yes"], ["rehearse"]])
def test_other_commands_show_the_same_on_standard_error(cli: Cli, film: Path, command: list[str]) -> None:
    file = film / "project.toml"
    file.write_text(file.read_text("utf-8") + FAULTY, "utf-8")
    checked = cli("check", film)
    ran = cli(*command, film)
    assert (ran.exit_code, ran.out, ran.err) == (4, "", checked.out)


def test_json_has_place_message_and_hint_of_each_fault(cli: Cli, film: Path) -> None:
    (film / "project.toml").write_text(BROKEN, "utf-8")
    ran = cli("check", film, "--format", "json")
    assert ran.exit_code == 4
    assert json.loads(ran.out) == [
        {
            "severity": "error",
            "rule": "toml",
            "file": str(film / "project.toml"),
            "line": 3,
            "column": 21,
            "key": "",
            "message": MESSAGE,
            "hint": HINT,
        }
    ]


def test_json_of_a_fault_with_a_key_has_its_line(cli: Cli, film: Path) -> None:
    file = film / "project.toml"
    file.write_text(file.read_text("utf-8") + "tags = 1\n", "utf-8")
    ran = cli("check", film, "--format", "json")
    found = [(each["key"], each["line"]) for each in json.loads(ran.out)]
    assert found == [("shot.walk.tags", len(file.read_text("utf-8").splitlines()))]


def test_sarif_names_files_relative_to_the_current_folder(cli: Cli, film: Path) -> None:
    (film / "project.toml").write_text(BROKEN, "utf-8")
    ran = cli("check", film, "--format", "sarif")
    assert ran.exit_code == 4
    (run,) = json.loads(ran.out)["runs"]
    assert run["results"] == [
        {
            "ruleId": "toml",
            "ruleIndex": 0,
            "level": "error",
            "message": {"text": f"{MESSAGE}\n{HINT}"},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": "film/project.toml"},
                        "region": {"startLine": 3, "startColumn": 21},
                    }
                }
            ],
        }
    ]


def test_sarif_of_a_sound_project_has_no_results(cli: Cli, film: Path) -> None:
    ran = cli("check", film, "--format", "sarif")
    assert (ran.exit_code, json.loads(ran.out)["runs"][0]["results"]) == (0, [])


def test_github_annotations_are_a_line_per_fault(cli: Cli, film: Path) -> None:
    (film / "project.toml").write_text(BROKEN, "utf-8")
    ran = cli("check", film, "--format", "github")
    assert (ran.exit_code, ran.out) == (
        4,
        f"::error file=film/project.toml,line=3,col=21,title=toml::{MESSAGE}%0A{HINT}\n",
    )


def test_line_with_an_api_key_is_not_shown(cli: Cli, film: Path) -> None:
    (film / "project.toml").write_text('schema = 1\napi_key = "sk-live_4f9a8b7c6d5e4f3a2b1c"\n', "utf-8")
    ran = cli("check", film)
    assert (ran.exit_code, ran.out) == (
        4,
        "error: film/project.toml:2:12\n"
        "  an API key does not belong in a project file\n"
        "  Take it out, and out of your history too; keys belong in RUNAPI_API_KEY or RunAPI's own config file.\n"
        "1 fault\n",
    )


def test_empty_file_says_how_to_start(cli: Cli, film: Path) -> None:
    (film / "project.toml").write_bytes(b"")
    ran = cli("check", film)
    assert (ran.exit_code, ran.out) == (
        4,
        "error: film/project.toml:1:1\n"
        "  1 | \n"
        "    | ^\n"
        "  the project file is empty\n"
        "  Start one with: kling-render init DIR\n"
        "1 fault\n",
    )


def test_format_that_is_none_is_a_usage_error(cli: Cli, film: Path) -> None:
    assert cli("check", film, "--format", "xml").exit_code == 2


def test_missing_project_says_how_to_start_one(cli: Cli, tmp_path: Path) -> None:
    ran = cli("check", tmp_path)
    assert ran.exit_code == 4
    assert "there is no such project file" in ran.out
    assert "kling-render init DIR" in ran.out
