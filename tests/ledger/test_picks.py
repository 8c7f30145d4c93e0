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
CHOICES = st.dictionaries(
    st.text(st.characters(codec="utf-8"), max_size=20),
    st.builds(Pick, take=st.integers(1, 99), fingerprint=st.text(st.characters(codec="utf-8"), min_size=1, max_size=9)),
)


@given(CHOICES)
@settings(max_examples=200, deadline=None)
def test_picks_are_read_again_as_they_were_written(choices: dict[str, Pick]) -> None:
    assert dict(parse_picks(format_picks(Picks(choices)), PICKS).by_variant) == choices


def test_text_is_toml_sorted_by_variant() -> None:
    picks = Picks({"walk[light=dusk]": A_PICK, "9:16/run": Pick(1, "abc"), 'say[line="a b"]': Pick(3, "def")})
    comment, empty, *lines = format_picks(picks).split("\n")
    assert (comment[:2], empty) == ("# ", "")
    assert lines == [
        "[picks]",
        '"9:16/run" = { take = 1, fingerprint = "abc" }',
        '"say[line=\\"a b\\"]" = { take = 3, fingerprint = "def" }',
        '"walk[light=dusk]" = { take = 2, fingerprint = "' + "f" * 64 + '" }',
        "",
    ]
    assert tomllib.loads(format_picks(picks))["picks"]["9:16/run"]["take"] == 1


def test_pick_of_a_variant_is_found() -> None:
    assert Picks({"walk": A_PICK}).of("walk") == A_PICK
    assert Picks({"walk": A_PICK}).of("run") is None


def test_picks_cannot_be_changed_by_who_made_them() -> None:
    choices = {"walk": A_PICK}
    picks = Picks(choices)
    choices.clear()
    assert picks.of("walk") == A_PICK


def test_new_pick_takes_the_place_of_the_old_one() -> None:
    assert dict(Picks({"walk": A_PICK}).with_pick("walk", Pick(1, "e")).by_variant) == {"walk": Pick(1, "e")}


def test_pick_that_is_taken_back_leaves_the_others() -> None:
    assert dict(Picks({"walk": A_PICK, "run": A_PICK}).with_pick("walk", None).by_variant) == {"run": A_PICK}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[picks]\n"walk" = { take = 2 \n', "2: Unclosed inline table"),
        ('[picks]\nwalk = { take = 1, fingerprint = "a" }\nwalk = 1\n', "3: Cannot overwrite a value"),
        ('[picks]\n"a" = {take = 1, fingerprint = "a"}\n"walk" = 2\n', "3: walk: a pick is { take = 2, "),
        ('[picks]\n"walk" = { take = 2 }\n', "2: walk: a pick is { take = 2, "),
        ('[picks]\nwalk = { take = 2, fingerprint = "a", why = "b" }\n', "2: walk: a pick is { take = 2, "),
        ('[picks]\n"walk" = { take = 0, fingerprint = "a" }\n', "2: walk: take is a number from 1, not 0"),
        ('[picks]\n"walk" = { take = true, fingerprint = "a" }\n', "2: walk: take is a number from 1, not True"),
        ('[picks]\n"walk" = { take = 1, fingerprint = "" }\n', "2: walk: fingerprint is a text, not ''"),
        ("[picks.walk]\ntake = 1\nfingerprint = 2\n", "1: walk: fingerprint is a text, not 2"),
        ('\n[pick]\n"walk" = { take = 1, fingerprint = "a" }\n', "2: pick is unknown here: picks stand under [picks]"),
        ("picks = 1\n", "1: picks is a table"),
        ('[picks]\n"walk" = {', "2: "),
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


def test_picks_that_say_the_same_are_left_alone(tmp_path: Path) -> None:
    write_picks(tmp_path / "picks.toml", Picks({"walk": A_PICK}))
    assert not write_picks(tmp_path / "picks.toml", Picks({"walk": A_PICK}))


def test_no_file_is_made_for_no_picks(tmp_path: Path) -> None:
    assert not write_picks(tmp_path / "picks.toml", Picks())
    assert list(tmp_path.iterdir()) == []
