"""`picks.toml`: choices that people can read and git can merge."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kling_render.ledger import Pick, Picks, PicksFileError, read_picks, write_picks
from kling_render.ledger.picks import format_picks, parse_picks

PICKS = Path("picks.toml")
A_PICK = Pick(2, "f" * 64)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
CHOICES = st.dictionaries(
    TEXTS,
    st.builds(
        Pick,
        take=st.integers(1, 99),
        fingerprint=st.text(st.characters(codec="utf-8"), min_size=1, max_size=9),
        locked=st.booleans(),
    ),
    min_size=1,
)


@given(st.dictionaries(TEXTS, CHOICES, max_size=3))
@settings(max_examples=200, deadline=None)
def test_picks_are_read_again_as_they_were_written(choices: dict[str, dict[str, Pick]]) -> None:
    written = format_picks({profile: Picks(each) for profile, each in choices.items()})
    assert {profile: dict(each.by_variant) for profile, each in parse_picks(written, PICKS).items()} == choices


def test_text_is_toml_sorted_by_variant() -> None:
    picks = Picks({"walk[light=dusk]": A_PICK, "9:16/run": Pick(1, "abc", True), 'say[line="a b"]': Pick(3, "def")})
    by_profile = {"final": Picks({"run": Pick(1, "e")}), "default": picks, "none": Picks()}
    comment, empty, *lines = format_picks(by_profile).split("\n")
    assert (comment[:2], empty) == ("# ", "")
    assert lines == [
        "[picks.default]",
        '"9:16/run" = { take = 1, fingerprint = "abc", locked = true }',
        '"say[line=\\"a b\\"]" = { take = 3, fingerprint = "def" }',
        '"walk[light=dusk]" = { take = 2, fingerprint = "' + "f" * 64 + '" }',
        "",
        "[picks.final]",
        '"run" = { take = 1, fingerprint = "e" }',
        "",
    ]
    assert tomllib.loads(format_picks(by_profile))["picks"]["default"]["9:16/run"]["take"] == 1


def test_pick_of_a_variant_is_found() -> None:
    assert Picks({"walk": A_PICK}).of("walk", A_PICK.fingerprint) == A_PICK
    assert Picks({"walk": A_PICK}).of("run", "another") is None


def test_shot_that_was_renamed_keeps_its_pick() -> None:
    assert Picks({"walk": A_PICK}).of("stroll", A_PICK.fingerprint) == A_PICK


def test_shots_that_swapped_their_names_keep_their_picks() -> None:
    picks = Picks({"walk": A_PICK, "run": Pick(1, "abc")})
    assert picks.of("walk", "abc") == Pick(1, "abc")
    assert picks.of("run", A_PICK.fingerprint) == A_PICK


def test_locked_pick_of_its_own_counts_before_that_of_another_name() -> None:
    locked = Pick(3, "old", locked=True)
    assert Picks({"walk": locked, "run": A_PICK}).of("walk", A_PICK.fingerprint) == locked


def test_pick_for_an_older_request_is_found_and_is_told_by_its_fingerprint() -> None:
    found = Picks({"walk": A_PICK}).of("walk", "another")
    assert found is not None
    assert found.fingerprint != "another"


def test_pick_of_its_own_counts_before_that_of_another_variant() -> None:
    picks = Picks({"de/pack": Pick(1, "same"), "en/pack": Pick(2, "same")})
    assert picks.of("en/pack", "same") == Pick(2, "same")


def test_picks_cannot_be_changed_by_who_made_them() -> None:
    choices = {"walk": A_PICK}
    picks = Picks(choices)
    choices.clear()
    assert picks.of("walk", A_PICK.fingerprint) == A_PICK


def test_new_pick_takes_the_place_of_the_old_one() -> None:
    assert dict(Picks({"walk": A_PICK}).with_pick("walk", Pick(1, "e")).by_variant) == {"walk": Pick(1, "e")}


def test_pick_that_is_taken_back_leaves_the_others() -> None:
    assert dict(Picks({"walk": A_PICK, "run": A_PICK}).with_pick("walk", None).by_variant) == {"run": A_PICK}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[picks.default]\n"walk" = { take = 2 \n', "2: Unclosed inline table"),
        ('[picks.default]\nwalk = { take = 1, fingerprint = "a" }\nwalk = 1\n', "3: Cannot overwrite a value"),
        ('[picks.default]\n"a" = {take = 1, fingerprint = "a"}\n"walk" = 2\n', "3: walk: a pick is { take = 2, "),
        ('[picks.default]\n"walk" = { take = 2 }\n', "2: walk: a pick is { take = 2, "),
        ('[picks.default]\nwalk = { take = 2, fingerprint = "a", why = "b" }\n', "2: walk: a pick is { take = 2, "),
        ('[picks.default]\n"walk" = { take = 0, fingerprint = "a" }\n', "2: walk: take is a number from 1, not 0"),
        (
            '[picks.default]\n"walk" = { take = true, fingerprint = "a" }\n',
            "2: walk: take is a number from 1",
        ),
        ('[picks.default]\n"walk" = { take = 1, fingerprint = "" }\n', "2: walk: fingerprint is a text, not ''"),
        ("[picks.default.walk]\ntake = 1\nfingerprint = 2\n", "1: walk: fingerprint is a text, not 2"),
        ('\n[pick]\n"walk" = { take = 1, fingerprint = "a" }\n', "2: pick is unknown here: picks stand under [picks]"),
        ("picks = 1\n", "1: picks is a table of profiles"),
        ("[picks]\nwalk = 1\n", "1: picks is a table of profiles"),
        (
            '[picks.default]\n"walk" = { take = 1, fingerprint = "a", locked = 1 }\n',
            "2: walk: locked is true or false",
        ),
        ('[picks.default]\n"walk" = {', "2: "),
    ],
)
def test_fault_is_named_with_file_and_line(text: str, message: str) -> None:
    with pytest.raises(PicksFileError) as caught:
        parse_picks(text, PICKS)
    assert caught.value.message.startswith(f"picks.toml:{message}")
    assert caught.value.exit_code == 12


@pytest.mark.parametrize("marker", ["<<<<<<< HEAD", "||||||| base", "=======", ">>>>>>> theirs"])
def test_marker_of_an_unfinished_merge_is_named(marker: str) -> None:
    with pytest.raises(PicksFileError, match=r"^picks\.toml:2: a merge of git was not finished here$") as caught:
        parse_picks(f"[picks]\n{marker}\n", PICKS)
    assert "keep the one that you want" in caught.value.hint


def test_picks_that_are_not_there_are_none(tmp_path: Path) -> None:
    assert read_picks(tmp_path / "picks.toml") == Picks()


def test_picks_are_read_from_the_file_as_they_were_written(tmp_path: Path) -> None:
    assert write_picks(tmp_path / "picks.toml", Picks({"walk": A_PICK}))
    assert read_picks(tmp_path / "picks.toml") == Picks({"walk": A_PICK})


def test_picks_of_other_profiles_stay(tmp_path: Path) -> None:
    write_picks(tmp_path / "picks.toml", Picks({"walk": A_PICK}), "final")
    write_picks(tmp_path / "picks.toml", Picks({"run": A_PICK}))
    assert read_picks(tmp_path / "picks.toml", "final") == Picks({"walk": A_PICK})


def test_picks_that_say_the_same_are_left_alone(tmp_path: Path) -> None:
    write_picks(tmp_path / "picks.toml", Picks({"walk": A_PICK}))
    assert not write_picks(tmp_path / "picks.toml", Picks({"walk": A_PICK}))


def test_no_file_is_made_for_no_picks(tmp_path: Path) -> None:
    assert not write_picks(tmp_path / "picks.toml", Picks())
    assert list(tmp_path.iterdir()) == []
