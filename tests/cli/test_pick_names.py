"""Which takes a pick may mean: those that versions share, those of older prompts, those of renamed shots."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from kling_render.ledger import read_picks
from mock_server.doors.server import RunningServer

from .conftest import Cli, edit


@pytest.fixture
def bought(cli: Cli, film: Path, at_server: RunningServer) -> Path:
    """A film with two takes of one shot."""
    cli("render", film, "--yes")
    return film


@pytest.fixture
def shared(cli: Cli, film: Path, at_server: RunningServer) -> Path:
    """A film in two versions that share both takes of its shot."""
    with (film / "project.toml").open("a", encoding="utf-8") as file:
        file.write('[shot.say]\nprompt = "She says {{ lang }}"\n[versions]\naxes = { lang = ["en", "de"] }\n')
    cli("render", film, "--yes")
    return film


def picked(folder: Path) -> dict[str, int]:
    return {variant: pick.take for variant, pick in read_picks(folder / "picks.toml").by_variant.items()}


def takes_of(cli: Cli, folder: Path, *options: str) -> list[dict[str, Any]]:
    takes: list[dict[str, Any]] = json.loads(cli("takes", folder, "--format", "json", *options).out)["takes"]
    return takes


def stands(cli: Cli, folder: Path) -> list[list[str]]:
    films = json.loads(cli("film", folder, "--format", "json").out)["films"]
    return [[shot["address"] for shot in each["shots"]] for each in films]


class TestShared:
    def test_takes_are_listed_in_each_version_and_paid_once(self, cli: Cli, shared: Path) -> None:
        found = {take["name"]: (take["shared_with"], take["settled_usd"]) for take in takes_of(cli, shared)}
        assert found["en/walk#1"] == (None, "0.42")
        assert found["de/walk#1"] == ("en/walk#1", None)

    def test_pick_counts_for_the_version_that_shares_it(self, cli: Cli, shared: Path) -> None:
        ran = cli("pick", "en/walk#2", "--project", shared)
        assert ran.out == "en/walk#2 is picked.\nde/walk#2 (bought as en/walk#2) is picked.\n"
        assert picked(shared) == {"en/walk": 2, "de/walk": 2}

    def test_locked_pick_stays_in_both_versions_although_the_prompt_changes(self, cli: Cli, shared: Path) -> None:
        cli("pick", "en/walk#2", "--lock", "--project", shared)
        edit(shared, "She crosses", "She limps across")
        cli("render", shared, "--yes")
        assert [parts[0] for parts in stands(cli, shared)] == ["en/walk#2", "de/walk#2"]

    def test_version_has_a_choice_of_its_own(self, cli: Cli, shared: Path) -> None:
        cli("pick", "en/walk#2", "--project", shared)
        cli("pick", "de/walk#1", "--project", shared)
        assert picked(shared) == {"en/walk": 2, "de/walk": 1}
        cli("pick", "en/walk#1", "en/say#1", "--project", shared)
        cli("pick", "en/walk#2", "--project", shared)
        assert picked(shared)["de/walk"] == 2  # it had the same choice, so it follows again

    def test_choice_of_its_own_does_not_follow(self, cli: Cli, shared: Path) -> None:
        cli("pick", "de/walk#1", "--project", shared)
        cli("pick", "en/walk#2", "--project", shared)
        assert picked(shared) == {"en/walk": 2, "de/walk": 1}

    def test_choice_is_taken_back_in_both(self, cli: Cli, shared: Path) -> None:
        cli("pick", "en/walk#2", "--project", shared)
        ran = cli("pick", "--clear", "en/walk", "--project", shared)
        assert ran.out == "en/walk has no pick any more.\nde/walk has no pick any more.\n"
        assert picked(shared) == {}

    def test_locked_choice_of_another_version_stays(self, cli: Cli, shared: Path) -> None:
        cli("pick", "en/walk#2", "--project", shared)
        cli("pick", "--lock", "de/walk#2", "--project", shared)
        cli("pick", "en/walk#1", "--project", shared)
        assert picked(shared) == {"en/walk": 1, "de/walk": 2}
        cli("pick", "en/walk#2", "--project", shared)
        assert cli("pick", "--clear", "en/walk", "--project", shared).out == (
            "en/walk has no pick of its own any more: that of de/walk counts.\n"
        )
        assert picked(shared) == {"de/walk": 2}
        ran = cli("pick", "--clear", "en/walk", "--project", shared)
        assert "en/walk has no pick of its own: that of de/walk counts for it" in ran.err
        assert picked(shared) == {"de/walk": 2}

    def test_versions_that_are_named_together_have_what_was_named(self, cli: Cli, shared: Path) -> None:
        cli("pick", "en/walk#1", "--project", shared)
        cli("pick", "de/walk#2", "en/walk#1", "--project", shared)
        assert picked(shared) == {"en/walk": 1, "de/walk": 2}

    def test_renamed_shot_is_paid_once(self, cli: Cli, shared: Path) -> None:
        edit(shared, "[shot.walk]", "[shot.stroll]")
        found = {take["name"]: (take["shared_with"], take["settled_usd"]) for take in takes_of(cli, shared)}
        assert found["en/stroll#1"] == (None, "0.42")
        assert found["de/stroll#1"] == ("en/stroll#1", None)


class TestOlder:
    @pytest.fixture
    def changed(self, cli: Cli, bought: Path) -> Path:
        """The second take is picked; then the prompt changes, and both are bought anew."""
        cli("pick", "walk#2", "--project", bought)
        edit(bought, "She crosses", "She limps across")
        cli("render", bought, "--yes")
        return bought

    def test_takes_of_one_address_have_names_of_their_own(self, cli: Cli, changed: Path) -> None:
        old = read_picks(changed / "picks.toml").by_variant["walk"].fingerprint[:8]
        names = [take["name"] for take in takes_of(cli, changed)]
        assert names == ["walk#1", "walk#2", f"walk#1@{old}", f"walk#2@{old}"]

    def test_lock_keeps_the_take_that_is_picked(self, cli: Cli, changed: Path) -> None:
        before = read_picks(changed / "picks.toml").by_variant["walk"]
        ran = cli("pick", "walk#2", "--lock", "--project", changed)
        after = read_picks(changed / "picks.toml").by_variant["walk"]
        assert (after.fingerprint, after.locked) == (before.fingerprint, True)
        assert ran.out == f"walk#2@{before.fingerprint[:8]} is picked and locked. It is of an older request.\n"

    def test_older_take_is_picked_by_its_name(self, cli: Cli, changed: Path) -> None:
        old = read_picks(changed / "picks.toml").by_variant["walk"].fingerprint
        cli("pick", "walk#1", "--project", changed)
        cli("pick", f"walk#1@{old[:8]}", "--project", changed)
        found = read_picks(changed / "picks.toml").by_variant["walk"]
        assert (found.take, found.fingerprint) == (1, old)

    @pytest.mark.usefixtures("at_terminal")
    def test_interactive_pick_chooses_what_it_shows(
        self, cli: Cli, changed: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("click.prompt", lambda *_, **__: 3)
        ran = cli("pick", "--interactive", "--project", changed)
        old = takes_of(cli, changed)[2]["fingerprint"]
        found = read_picks(changed / "picks.toml").by_variant["walk"]
        assert (found.take, found.fingerprint) == (1, old)
        assert f"walk#1@{old[:8]}  (older prompt)  3.00 s  $0.42  renders" in ran.out


class TestRenamed:
    @pytest.fixture
    def renamed(self, cli: Cli, bought: Path) -> Path:
        cli("pick", "walk#2", "--project", bought)
        edit(bought, "[shot.walk]", "[shot.stroll]")
        return bought

    def test_takes_have_the_new_name(self, cli: Cli, renamed: Path) -> None:
        found = [(take["name"], take["picked"]) for take in takes_of(cli, renamed, "--only", "stroll")]
        assert found == [("stroll#1", False), ("stroll#2", True)]

    def test_another_take_is_picked(self, cli: Cli, renamed: Path) -> None:
        assert cli("pick", "stroll#1", "--project", renamed).exit_code == 0
        assert stands(cli, renamed) == [["stroll#1"]]

    def test_choice_is_taken_back(self, cli: Cli, renamed: Path) -> None:
        assert cli("pick", "--clear", "stroll", "--project", renamed).exit_code == 0
        assert picked(renamed) == {}

    def test_final_profile_follows_the_pick_of_the_draft(self, cli: Cli, renamed: Path) -> None:
        edit(renamed, "takes = 2", 'takes = 2\n[profile.final]\noutput_resolution = "1080p"')
        plan = json.loads(cli("plan", renamed, "--profile", "final", "--only", "picked", "--format", "json").out)
        assert [take["address"] for take in plan["takes"]] == ["stroll#1"]


def test_final_profile_does_not_follow_a_pick_of_an_older_prompt(cli: Cli, bought: Path) -> None:
    cli("pick", "walk#2", "--project", bought)
    edit(bought, "takes = 2", 'takes = 2\n[profile.final]\noutput_resolution = "1080p"')
    edit(bought, "She crosses", "She limps across")
    ran = cli("plan", bought, "--profile", "final", "--only", "picked")
    assert "walk is picked in the draft, but not as it is asked for now: not followed" in ran.out
    plan = json.loads(cli("plan", bought, "--profile", "final", "--only", "picked", "--format", "json").out)
    assert (plan["drafts_not_followed"], plan["takes"]) == (["walk"], [])
    assert "0 of 0 takes to buy" in ran.out


def test_take_that_was_made_under_another_profile_is_new_under_this_one(cli: Cli, bought: Path) -> None:
    edit(bought, "takes = 2", 'takes = 2\n[profile.final]\noutput_resolution = "1080p"')
    plan = json.loads(cli("plan", bought, "--profile", "final", "--format", "json").out)
    assert {take["state"] for take in plan["takes"]} == {"new"}
    film = json.loads(cli("film", bought, "--profile", "final", "--format", "json").out)["films"][0]
    assert film["shots"][0]["missing"] == "not made yet"


def test_two_takes_of_one_shot_are_a_usage_error(cli: Cli, bought: Path) -> None:
    ran = cli("pick", "walk#1", "walk#2", "--project", bought)
    assert ran.exit_code == 2
    assert "walk#1 and walk#2 are takes of one shot, which has one pick" in ran.err
    assert not (bought / "picks.toml").exists()


def test_shot_that_is_not_there_is_told_without_the_words_of_a_selection(cli: Cli, bought: Path) -> None:
    ran = cli("pick", "wlak#1", "--project", bought)
    assert ran.exit_code == 2
    assert "there is no take wlak#1" in ran.err
    assert "--only" not in ran.err
    assert "did you mean" in ran.err


def test_picked_take_that_nobody_knows_here_is_told(cli: Cli, bought: Path) -> None:
    cli("pick", "walk#2", "--project", bought)
    picks = bought / "picks.toml"
    picks.write_text(picks.read_text("utf-8").replace("take = 2", "take = 9"), "utf-8")
    ran = cli("film", bought)
    assert "walk#9 is picked, but not known here: is takes.lock up to date?" in ran.err


def test_profile_that_is_not_there_is_named_when_a_pick_is_taken_back(cli: Cli, bought: Path) -> None:
    ran = cli("pick", "--clear", "walk", "--profile", "finl", "--project", bought)
    assert ran.exit_code == 2
    assert "finl" in ran.err


def test_clips_that_a_colleague_has_are_told_apart_from_lost_ones(cli: Cli, bought: Path) -> None:
    for folder in (bought / ".kling-render", *bought.glob("renders-*/default/walk")):
        shutil.rmtree(folder)
    assert "not on this disk" in cli("takes", bought).out
    film = json.loads(cli("film", bought, "--format", "json").out)["films"][0]
    assert film["shots"][0]["missing"] == "not on this disk: render fetches it"
