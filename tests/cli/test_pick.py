"""`takes` and `pick`: which takes there are, and which one goes into the film."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kling_render.ledger import changing, committed_files
from mock_server.doors.server import RunningServer

from .conftest import Cli, edit, settled


@pytest.fixture
def bought(cli: Cli, film: Path, at_server: RunningServer) -> Path:
    """A film with two takes of one shot."""
    cli("render", film, "--yes")
    return film


def picks_of(film: Path) -> str:
    return (film / "picks.toml").read_text("utf-8").partition("[picks.")[2]


def takes_of(cli: Cli, film: Path) -> list[tuple[str, bool, bool]]:
    takes = json.loads(cli("takes", film, "--format", "json").out)["takes"]
    return [(each["address"], each["picked"], each["current"]) for each in takes]


def test_takes_are_listed_with_their_clips(cli: Cli, bought: Path) -> None:
    ran = cli("takes", bought)
    assert ran.exit_code == 0
    assert "walk#1" in ran.out
    assert "Choose with: kling-render pick 'walk#1'" in ran.out


def test_pick_is_written_and_shown(cli: Cli, bought: Path) -> None:
    ran = cli("pick", "walk#2", "--project", bought)
    assert (ran.exit_code, ran.out) == (0, "walk#2 is picked.\n")
    assert picks_of(bought).startswith('default]\n"walk" = { take = 2, fingerprint = "')
    assert takes_of(cli, bought) == [("walk#1", False, True), ("walk#2", True, True)]


def test_another_pick_takes_its_place(cli: Cli, bought: Path) -> None:
    cli("pick", "walk#2", "--project", bought)
    cli("pick", "walk#1", "--project", bought)
    assert takes_of(cli, bought) == [("walk#1", True, True), ("walk#2", False, True)]


def test_pick_is_taken_back(cli: Cli, bought: Path) -> None:
    cli("pick", "walk#2", "--project", bought)
    assert cli("pick", "walk", "--clear", "--project", bought).out == "walk has no pick any more.\n"
    assert cli("pick", "walk", "--clear", "--project", bought).exit_code == 2


def test_choices_wait_for_whoever_changes_them(cli: Cli, bought: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cli("pick", "walk#2", "--project", bought)
    monkeypatch.setattr(committed_files, "_PATIENCE_SECONDS", 0.1)
    with changing(bought / "picks.toml"):
        for wish in (("walk#1",), ("walk", "--clear")):
            ran = cli("pick", *wish, "--project", bought)
            assert (ran.exit_code, "picks.toml is being changed by others" in ran.err) == (12, True)
    assert "take = 2" in picks_of(bought)


def test_take_that_was_not_made_is_a_usage_error_that_names_those_that_were(cli: Cli, bought: Path) -> None:
    ran = cli("pick", "walk#7", "--project", bought)
    assert ran.exit_code == 2
    assert "There are walk#1, walk#2." in ran.err


def test_address_without_a_number_is_a_usage_error(cli: Cli, bought: Path) -> None:
    assert "walk names no take" in cli("pick", "walk", "--project", bought).err


def test_changed_prompt_shows_its_old_pick_as_older(cli: Cli, bought: Path) -> None:
    cli("pick", "walk#2", "--project", bought)
    edit(bought, "She crosses", "She limps across")
    assert takes_of(cli, bought) == [("walk#1", False, False), ("walk#2", True, False)]


def test_locked_pick_is_marked(cli: Cli, bought: Path) -> None:
    cli("pick", "walk#2", "--lock", "--project", bought)
    assert "locked = true" in picks_of(bought)
    assert "✓ locked" in cli("takes", bought).out


def test_shot_that_is_renamed_keeps_its_pick(cli: Cli, bought: Path) -> None:
    cli("pick", "walk#2", "--project", bought)
    edit(bought, "[shot.walk]", "[shot.stroll]")
    plan = json.loads(cli("plan", bought, "--only", "picked", "--format", "json").out)
    assert [take["address"] for take in plan["takes"]] == ["stroll#2"]


def test_pick_of_one_variant_takes_back_that_of_another(cli: Cli, film: Path, at_server: RunningServer) -> None:
    edit(film, "takes = 2", 'takes = 1\n[shot.walk.matrix]\naxes = { light = ["dusk", "dawn"] }')
    edit(film, "the deck", "the deck at {{ light }}")
    cli("render", film, "--yes")
    cli("pick", "walk[light=dusk]#1", "--project", film)
    cli("pick", "walk[light=dawn]#1", "--project", film)
    assert [each[:2] for each in takes_of(cli, film)] == [("walk[light=dusk]#1", False), ("walk[light=dawn]#1", True)]
    cli("pick", "walk[light=dusk]#1", "--also", "--project", film)
    assert all(picked for _, picked, _ in takes_of(cli, film))


def test_final_profile_buys_one_new_take_for_each_pick_of_the_draft(
    cli: Cli, film: Path, at_server: RunningServer
) -> None:
    edit(film, "takes = 2", 'takes = 2\n[shot.run]\nprompt = "She runs"\n[profile.final]\noutput_resolution = "1080p"')
    cli("render", film, "--yes")
    cli("pick", "walk#2", "--project", film)
    before = settled(at_server)
    ran = cli("render", film, "--yes", "--profile", "final", "--only", "picked", "--partial")
    assert "1 follow picks of the draft: each is another performance, bought anew" in ran.err
    assert "  1 new: $0.54\n" in ran.err
    assert settled(at_server) - before == 540_000


@pytest.mark.usefixtures("at_terminal")
def test_interactive_pick_asks_for_each_shot_with_several_takes(
    cli: Cli, bought: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("click.prompt", lambda *_, **__: 2)
    ran = cli("pick", "--interactive", "--project", bought)
    assert ran.exit_code == 0
    assert "walk#2 is picked." in ran.out
