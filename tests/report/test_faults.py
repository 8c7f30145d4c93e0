"""How a list of faults reads."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from kling_render.errors import Fault, Place
from kling_render.report.faults import faults_text, in_order

TOML = '[vars]\nlook = "warm"\n[shot.walk]\nprompt = "Mira walks, {{ lok }}"\npromt = 1\n'


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "film").mkdir()
    (tmp_path / "film" / "project.toml").write_text(TOML, "utf-8")
    return tmp_path / "film" / "project.toml"


def plain(faults: list[Fault], width: int = 80) -> str:
    return click.unstyle(faults_text(faults, width=width))


def test_fault_shows_place_line_caret_message_and_hint(film: Path) -> None:
    fault = Fault(
        Place(film, "shot.walk.prompt", offset=15),
        'undefined variable "lok"; did you mean "look"?',
        "Define it in [vars].",
    )
    assert plain([fault]) == (
        "error: film/project.toml:4:26 shot.walk.prompt\n"
        '  4 | prompt = "Mira walks, {{ lok }}"\n'
        "    |                          ^^^\n"
        '  undefined variable "lok"; did you mean "look"?\n'
        "  Define it in [vars].\n"
        "1 fault"
    )


def test_faults_are_sorted_by_place_and_the_same_ones_told_once(film: Path) -> None:
    unknown = Fault(Place(film, "shot.walk.promt", of="key"), 'unknown key "promt"')
    doubtful = Fault(Place(film, "shot.walk.prompt"), "long", severity="warning")
    missing = Fault(Place(film, "project"), "the table [project] is missing")
    assert plain([unknown, missing, doubtful, unknown]) == (
        "error: film/project.toml:1:1 project\n"
        "  1 | [vars]\n"
        "    | ^^^^^^\n"
        "  the table [project] is missing\n"
        "warning: film/project.toml:4:10 shot.walk.prompt\n"
        '  4 | prompt = "Mira walks, {{ lok }}"\n'
        "    |          ^^^^^^^^^^^^^^^^^^^^^^^\n"
        "  long\n"
        "error: film/project.toml:5:1 shot.walk.promt\n"
        "  5 | promt = 1\n"
        "    | ^^^^^\n"
        '  unknown key "promt"\n'
        "2 faults, 1 warning"
    )


def test_fault_of_a_file_that_is_not_there_has_no_line(film: Path) -> None:
    fault = Fault(Place(film.with_name("other.toml")), "there is no such project file")
    assert plain([fault]) == "error: film/other.toml\n  there is no such project file\n1 fault"


@pytest.mark.parametrize(("count", "more"), [(50, []), (51, ["… and 1 more"]), (73, ["… and 23 more"])])
def test_fifty_faults_are_told_and_all_are_counted(film: Path, count: int, more: list[str]) -> None:
    faults = [Fault(Place(film, "", 1, number + 1), f"fault {number}") for number in range(count)]
    lines = plain(faults).splitlines()
    assert [line for line in lines if line.startswith("  fault")] == [f"  fault {number}" for number in range(50)]
    assert lines[200:] == [*more, f"{count} faults"]


def test_texts_cannot_move_the_cursor(film: Path) -> None:
    fault = Fault(Place(film, "shot.\x1b[2J"), "unknown \x1b[2J\u202e", "\x07")
    assert re.sub(r"\x1b\[\d*m", "", faults_text([fault], width=80)).isprintable() is False
    assert not set("\x1b\x07\u202e") & set(plain([fault]))


def test_faults_have_colours_for_a_terminal(film: Path) -> None:
    fault = Fault(Place(film, "shot.walk.promt"), "x", "y", "warning")
    assert faults_text([fault], width=80).startswith("\x1b[33m\x1b[1mwarning: \x1b[0mfilm/")


def test_order_holds_lines(film: Path) -> None:
    ordered = in_order([Fault(Place(film, key), "x") for key in ("shot.walk.promt", "shot.walk", "vars.look")])
    assert [(each.place.line, each.place.column) for each in ordered] == [(2, 8), (3, 1), (5, 9)]
