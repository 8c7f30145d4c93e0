"""`spend`: the books, broken down."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mock_server.doors.server import RunningServer

from .conftest import Cli, edit


@pytest.fixture
def bought(cli: Cli, film: Path, at_server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A film of two takes by Mira and one by Tom."""
    monkeypatch.setenv("KLING_RENDER_PERSON", "Mira")
    cli("render", film, "--yes")
    monkeypatch.setenv("KLING_RENDER_PERSON", "Tom")
    edit(film, "takes = 2", 'takes = 2\n[shot.run]\nprompt = "She runs"')
    cli("render", film, "--yes")
    return film


def test_books_by_person_and_shot_add_up(cli: Cli, bought: Path) -> None:
    books = json.loads(cli("spend", bought, "--by", "person", "--by", "shot", "--format", "json").out)
    assert [(row["person"], row["shot"], row["attempts"], row["charged_usd"]) for row in books["rows"]] == [
        ("Mira", "walk", 2, "0.84"),
        ("Tom", "run", 1, "0.42"),
    ]
    assert books["total"] == {
        "attempts": 3, "charged_usd": "1.26", "open_usd": "0", "possibly_charged_usd": "0", "total_usd": "1.26",
    }  # fmt: skip


def test_table_has_a_total(cli: Cli, bought: Path) -> None:
    lines = [line.split() for line in cli("spend", bought, "--by", "person").out.splitlines()]
    assert ["Mira", "2", "$0.84", "$0.84"] in lines
    assert ["total", "3", "$1.26", "$1.26"] in lines


def test_csv_is_for_spreadsheets(cli: Cli, bought: Path) -> None:
    assert cli("spend", bought, "--by", "person", "--format", "csv").out.splitlines() == [
        "person,attempts,charged_usd,open_usd,possibly_charged_usd,total_usd",
        "Mira,2,0.84,0,0,0.84",
        "Tom,1,0.42,0,0,0.42",
    ]


def test_name_that_a_spreadsheet_would_run_is_made_inert(
    cli: Cli, film: Path, at_server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KLING_RENDER_PERSON", "=1+1")
    cli("render", film, "--yes")
    assert cli("spend", film, "--by", "person", "--format", "csv").out.splitlines()[1].startswith("'=1+1,")


def test_since_leaves_older_days_out(cli: Cli, bought: Path) -> None:
    ran = cli("spend", bought, "--since", "2100-01-01")
    assert ran.out.startswith("Nothing was spent since 2100-01-01")


def test_project_with_faults_still_has_its_books(cli: Cli, bought: Path) -> None:
    edit(bought, 'prompt = "She runs"', 'promt = "She runs"')
    ran = cli("spend", bought)
    assert ran.exit_code == 0
    assert "$1.26" in ran.out


def test_other_servers_books_are_apart(cli: Cli, bought: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUNAPI_BASE_URL")
    assert cli("spend", bought).out == "Nothing was spent at https://runapi.ai.\n"
