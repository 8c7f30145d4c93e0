"""`notes.toml`: small, sorted, made to be committed."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kling_render.ledger import NoteChangedError, NotesFileError, read_notes, write_note
from kling_render.ledger.notes import format_notes, parse_notes


def test_note_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "notes.toml"
    assert write_note(file, "walk[light=dusk]", ' look at the "left" hand\n\u05d0\u05d1 ')
    assert read_notes(file) == {"walk[light=dusk]": 'look at the "left" hand\n\u05d0\u05d1'}
    assert read_notes(file, "final") == {}


def test_file_is_sorted_by_profile_and_variant(tmp_path: Path) -> None:
    file = tmp_path / "notes.toml"
    for variant, profile in (("walk", "final"), ("walk", "default"), ("arrival", "default")):
        write_note(file, variant, "x", profile)
    assert file.read_text("utf-8").partition("\n\n")[2] == (
        '[notes.default]\n"arrival" = "x"\n"walk" = "x"\n\n[notes.final]\n"walk" = "x"\n'
    )


def test_empty_note_is_taken_away(tmp_path: Path) -> None:
    file = tmp_path / "notes.toml"
    assert not write_note(file, "walk", "  ")
    assert not file.exists()
    write_note(file, "walk", "x")
    assert write_note(file, "walk", "")
    assert read_notes(file) == {}


def test_same_note_writes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "notes.toml"
    write_note(file, "walk", "x")
    assert not write_note(file, "walk", "x")


def test_note_takes_the_place_of_the_one_that_it_was_edited_from(tmp_path: Path) -> None:
    file = tmp_path / "notes.toml"
    write_note(file, "walk", "one", edited_from="")
    write_note(file, "walk", "two", edited_from="one\n")
    with pytest.raises(NoteChangedError, match="the note on walk was changed meanwhile") as caught:
        write_note(file, "walk", "three", edited_from="one")
    assert caught.value.note == read_notes(file)["walk"] == "two"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<<<<<<< HEAD\n", "notes.toml:1: a merge of git was not finished here"),
        ("notes = [", "Invalid|Unclosed|at line|Expected"),
        ("picks = 1", "picks is unknown here"),
        ("notes = 1", "notes is a table of profiles"),
        ("[notes.default]\nwalk = 1", "walk: a note is a text in quotes, not 1"),
    ],
)
def test_file_at_fault_is_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "notes.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(NotesFileError, match=message):
        read_notes(file)


_WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(st.dictionaries(_WORDS, st.dictionaries(_WORDS, _WORDS.filter(lambda text: text.strip() != ""), min_size=1)))
@settings(deadline=None)
def test_every_text_survives(notes: dict[str, dict[str, str]]) -> None:
    text = format_notes(notes)
    assert tomllib.loads(text).get("notes", {}) == notes
    assert parse_notes(text, Path("notes.toml")) == notes
