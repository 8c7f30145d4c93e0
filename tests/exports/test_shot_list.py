"""The shot list, read as a spreadsheet reads it."""

from __future__ import annotations

import csv
from pathlib import Path

from kling_render.exports import export
from kling_render.exports.footage import Footage


def rows(film: Footage, out: Path) -> list[dict[str, str]]:
    (file,) = export(film, "csv", out=out)
    with file.path.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text))


def test_every_shot_has_a_row_in_the_order_of_the_film(rehearsed: Footage, tmp_path: Path) -> None:
    found = rows(rehearsed, tmp_path)
    assert [(each["number"], each["name"], each["start_seconds"], each["seconds"]) for each in found] == [
        ("1", "S01_010", "0.0", "5.0"),
        ("2", "walk", "5.0", "4.0"),
        ("3", "S01_030", "9.0", "7.0"),
        ("4", "S01_010", "16.0", "5.0"),
    ]


def test_row_says_what_was_asked_and_what_it_costs(unmade: Footage, tmp_path: Path) -> None:
    row = rows(unmade, tmp_path)[2]
    shown = ("address", "choice", "cuts", "sound", "prompt", "estimated_usd", "charged_usd", "model")
    assert [row[name] for name in shown] == [
        "arrival#1", "missing", "2", "yes", "Ferry horn | She steps ashore", "1.4", "", "kling-3.0",
    ]  # fmt: skip


def test_prompt_that_a_spreadsheet_would_run_is_made_inert(unmade: Footage, tmp_path: Path) -> None:
    assert rows(unmade, tmp_path)[1]["prompt"] == "'=1+1 she walks"


def test_file_has_the_mark_by_which_spreadsheets_know_utf_8(unmade: Footage, tmp_path: Path) -> None:
    (file,) = export(unmade, "csv", out=tmp_path)
    assert file.path.read_bytes().startswith(b"\xef\xbb\xbfnumber,name,")
