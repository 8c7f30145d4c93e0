from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Cli, edit

PROJECTS = Path(__file__).parents[2] / "projects"


def test_plan_shows_shots_prices_and_verdict(cli: Cli, film: Path) -> None:
    ran = cli("plan", film)
    assert ran.exit_code == 0
    lines = [line.rstrip() for line in ran.out.splitlines()]
    assert lines[0].split() == ["shot", "takes", "request", "state", "each", "to", "pay"]
    assert lines[2].split() == ["walk", "2", "kling-3.0", "3", "s", "720p", "new", "$0.42", "$0.84"]
    assert "2 of 2 takes to buy: $0.84" in ran.out
    assert "budget: $5.00, $4.16 left after this" in ran.out


@pytest.mark.parametrize(
    ("origin", "line"),
    [("http://127.0.0.1:8787", "server: http://127.0.0.1:8787 (not RunAPI itself)"), ("https://runapi.ai", "")],
)
def test_plan_names_a_server_that_is_not_runapi_before_anything_is_bought(
    cli: Cli, film: Path, monkeypatch: pytest.MonkeyPatch, origin: str, line: str
) -> None:
    monkeypatch.setenv("RUNAPI_BASE_URL", origin)
    out = cli("plan", film).out
    assert [each for each in out.splitlines() if each.startswith("server:")] == ([line] if line else [])


@pytest.mark.parametrize("name", ["mountain-lake", "night-ferry"])
def test_no_line_of_an_example_is_wider_than_the_terminal(cli: Cli, name: str) -> None:
    assert max(len(line) for line in cli("plan", PROJECTS / name).out.splitlines()) <= 80


def test_first_request_of_mountain_lake_is_the_guides_example(cli: Cli) -> None:
    ran = cli("plan", PROJECTS / "mountain-lake", "--requests", "--format", "json")
    first = json.loads(ran.out)["takes"][0]
    assert first["action"] == "text_to_video"
    assert first["request"] == {
        "model": "kling-3.0",
        "prompt": "A drone shot pulling back from a mountain lake at sunrise, mist rising off the water, "
        "cinematic lighting",
        "duration_seconds": 5,
        "aspect_ratio": "16:9",
        "enable_sound": True,
        "output_resolution": "1080p",
    }


def test_price_of_a_take_is_exact_and_the_sum_in_cents(cli: Cli, film: Path) -> None:
    edit(film, 'model = "kling-3.0"\nduration_seconds = 3\noutput_resolution = "720p"', 'model = "kling-o1"')
    (row,) = [line for line in cli("plan", film).out.splitlines() if line.startswith("walk")]
    assert row.split()[-2:] == ["$0.375", "$0.75"]


def test_json_has_address_short_id_fingerprint_price_and_hash(cli: Cli, film: Path) -> None:
    plan = json.loads(cli("plan", film, "--format", "json").out)
    assert (plan["to_pay_usd"], plan["refusals"], len(plan["hash"])) == ("0.84", [], 64)
    second = plan["takes"][1]
    assert (second["address"], second["short_id"], second["state"]) == ("walk#2", "walk#2", "new")
    assert (second["estimated_usd"], second["rate_cents_per_second"]) == ("0.42", "14")
    assert "request" not in second


def test_plan_over_budget_exits_as_a_render_would(cli: Cli, film: Path) -> None:
    file = film / "project.toml"
    file.write_text(file.read_text("utf-8").replace("max_usd = 5", "max_usd = 0.50"), "utf-8")
    ran = cli("plan", film)
    assert ran.exit_code == 3
    assert "refused: $0.84 would break max_usd = $0.50" in ran.out


def test_fail_above_guards_ci(cli: Cli, film: Path) -> None:
    assert cli("plan", film, "--fail-above", "0.84").exit_code == 0
    ran = cli("plan", film, "--fail-above", "0.83")
    assert (ran.exit_code, ran.err) == (3, "error: $0.84 is more than --fail-above 0.83\n")


def test_unknown_price_is_refused_until_it_is_assumed(cli: Cli, film: Path) -> None:
    file = film / "project.toml"
    shot = (
        '[shot.ref]\nmodel = "kling-v3-omni-reference"\nprompt = "x"\naspect_ratio = "1:1"\n'
        'reference_image_urls = ["https://example.com/a.png"]\n'
    )
    file.write_text(file.read_text("utf-8") + shot, "utf-8")
    ran = cli("plan", film)
    assert ran.exit_code == 3
    assert "no price is published for ref#1" in ran.out.replace("\n", " ")
    assumed = file.read_text("utf-8").replace(
        "max_usd = 5", "max_usd = 5\nunknown_price = { assume_usd_per_take = 1.50 }"
    )
    file.write_text(assumed, "utf-8")
    ran = cli("plan", film)
    assert (ran.exit_code, "$2.34" in ran.out) == (0, True)


def test_plan_of_a_faulty_project_shows_the_faults(cli: Cli, film: Path) -> None:
    (film / "project.toml").write_text("schema = 1\n", "utf-8")
    ran = cli("plan", film)
    assert (ran.exit_code, ran.out) == (4, "")
    assert "the table [project] is missing" in ran.err
