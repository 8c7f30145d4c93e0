from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from .conftest import Cli, edit

PROJECTS = Path(__file__).parents[2] / "projects"
EXPLAINED = """\
walk#1
POST text_to_video  nothing asks for another

request
  model               kling-3.0  defaults, film/project.toml:8
  prompt              She crosses the deck  shot walk, film/project.toml:12
  duration_seconds    3  defaults, film/project.toml:9
  output_resolution   720p  defaults, film/project.toml:10

counts though nobody wrote it

price
  length              3 s  as requested, or by default
  price               $0.42 = 3 s x 14 cents  prices of 2026-07-28

identity
"""


def plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.split("\n"))


def test_every_value_of_a_take_is_shown_with_its_source(cli: Cli, film: Path) -> None:
    ran = cli("explain", "walk", film)
    assert ran.exit_code == 0
    shown, _, identity = plain(ran.out).partition("identity\n")
    before, _, after = shown.partition("counts though nobody wrote it\n")
    defaults, _, price = after.partition("\nprice\n")
    assert f"{before}counts though nobody wrote it\n\nprice\n{price}identity\n" == EXPLAINED
    assert [line.split() for line in defaults.splitlines() if line[2:3].strip()] == [
        ["multi_shots", "false"],
        ["enable_sound", "false"],
    ]
    assert [re.split(r"[\s-]+", line.strip())[0] for line in identity.splitlines()] == [
        "fingerprint",
        "key",
        "kr1",
        "state",
    ]


def test_short_id_is_shown_as_short_as_is_unique(cli: Cli, film: Path) -> None:
    edit(film, "takes = 2", '[shot.walk.matrix]\naxes = { light = ["dusk", "night"] }')
    first, _, short = plain(cli("explain", "walk", film).out).partition("\n")[0].partition("  ")
    assert re.fullmatch(r"walk\.\w{3}#1", short)
    assert cli("explain", short, film).out.startswith(f"{first}  {short}")


def test_identity_is_that_of_the_plan(cli: Cli, film: Path) -> None:
    planned = json.loads(cli("plan", film, "--format", "json").out)["takes"][1]
    found = json.loads(cli("explain", "walk#2", film, "--format", "json").out)
    for name in ("address", "short_id", "fingerprint", "state", "estimated_usd", "rate_cents_per_second"):
        assert found[name] == planned[name]


def test_json_has_value_layer_file_and_line_of_each_field(cli: Cli, film: Path) -> None:
    found = json.loads(cli("explain", "walk", film, "--format", "json").out)
    seconds = next(each for each in found["request"] if each["name"] == "duration_seconds")
    assert seconds == {
        "name": "duration_seconds",
        "value": 3,
        "note": None,
        "origins": [
            {
                "value": 3,
                "layer": "defaults",
                "file": str(film / "project.toml"),
                "line": 9,
                "key": "defaults.duration_seconds",
            }
        ],
    }
    assert found["idempotency_key"].startswith("kr1-")


@pytest.mark.parametrize("shot", ["quay", "boarding", "farewell", "wake", "arrival"])
def test_no_line_is_wider_than_the_terminal(cli: Cli, shot: str) -> None:
    ran = cli("explain", shot, PROJECTS / "night-ferry")
    assert ran.exit_code == 0
    assert max(len(line.rstrip()) for line in ran.out.splitlines()) <= 80


def test_elements_and_files_are_told(cli: Cli) -> None:
    out = plain(cli("explain", "boarding", PROJECTS / "night-ferry").out)
    assert "  mira                as @mira, with its pictures\n" in out
    assert "  cast/mira-front.png  png, 768x1024, 72,839 bytes  sha256 2f98f772091a2825…\n" in out


def test_element_that_is_only_described_says_why(cli: Cli) -> None:
    out = plain(cli("explain", "arrival", PROJECTS / "night-ferry").out)
    assert "in words: the shot does not list it" in out


def test_unknown_shot_is_a_usage_error_with_a_guess(cli: Cli, film: Path) -> None:
    ran = cli("explain", "wlak", film)
    assert (ran.exit_code, ran.out) == (2, "")
    assert ran.err == (
        'error: there is no shot "wlak"; did you mean "walk"?\n  Addresses stand in: kling-render plan --format json\n'
    )


def test_project_with_faults_shows_them(cli: Cli, film: Path) -> None:
    (film / "project.toml").write_text("schema = 1\n", "utf-8")
    ran = cli("explain", "walk", film)
    assert (ran.exit_code, ran.out) == (4, "")


def test_check_places_its_doubts(cli: Cli, film: Path) -> None:
    file = film / "project.toml"
    file.write_text(file.read_text("utf-8") + '[vars]\nlook = "warm"\n', "utf-8")
    ran = cli("check", film)
    assert (ran.exit_code, ran.out) == (
        0,
        "warning: film/project.toml:15:1 vars.look\n"
        '  15 | look = "warm"\n'
        "     | ^^^^\n"
        "  no shot uses the variable look\n"
        "  Write {{ look }} in a prompt, or take it out.\n"
        "1 warning\n",
    )


def test_what_another_profile_uses_is_not_unused(cli: Cli, film: Path) -> None:
    file = film / "project.toml"
    more = '[vars]\nlook = "warm"\nidle = "x"\n[profile.final.shot.walk]\nprompt = "{{ look }}"\n'
    file.write_text(file.read_text("utf-8") + more, "utf-8")
    assert [each["key"] for each in json.loads(cli("check", film, "--format", "json").out)] == ["vars.idle"]


def test_with_a_shot_left_out_nothing_is_called_unused(cli: Cli, film: Path) -> None:
    file = film / "project.toml"
    file.write_text(file.read_text("utf-8") + 'tags = 1\n[vars]\nlook = "warm"\n', "utf-8")
    assert [each["key"] for each in json.loads(cli("check", film, "--format", "json").out)] == ["shot.walk.tags"]
