"""A take is bought once: however often it is shown, its price is counted once."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from kling_render.exports import contact_sheet, export
from kling_render.exports.entries import entries_of
from kling_render.exports.footage import Footage, read_footage

from .conftest import a_project

LANGUAGES = '[versions]\naxes = { lang = ["en", "de"] }\n'


@pytest.fixture
def versions(tmp_path: Path) -> Footage:
    """The film in two languages, of which one shot alone speaks."""
    folder = a_project(tmp_path / "ferry", LANGUAGES)
    file = folder / "project.toml"
    file.write_text(file.read_text("utf-8").replace("Rain on the quay", "Rain, {{ lang }}"), "utf-8")
    return read_footage(folder)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The lines that are written on contact sheets."""
    lines: list[str] = []
    monkeypatch.setattr(contact_sheet._Pen, "line", lambda pen, text, *where, **how: lines.append(text))
    return lines


def counted(film: Footage, version: str) -> list[str]:
    (reel,) = film.of_versions((version,) if version else ())
    return [each.counted.value for each in entries_of(film, reel)]


def rows(film: Footage, out: Path) -> list[dict[str, str]]:
    found = []
    for file in export(film, "csv", out=out):
        with file.path.open(encoding="utf-8-sig", newline="") as text:
            found += list(csv.DictReader(text))
    return found


def test_shot_that_is_repeated_is_counted_once(unmade: Footage) -> None:
    assert counted(unmade, "") == ["here", "here", "here", "repeated"]


def test_take_that_versions_share_is_counted_in_the_first(versions: Footage) -> None:
    assert counted(versions, "en") == ["here", "here", "here", "repeated"]
    assert counted(versions, "de") == ["here", "shared", "shared", "repeated"]


def test_amounts_of_shot_lists_add_up_to_the_price_of_the_film(versions: Footage, tmp_path: Path) -> None:
    amounts = [row["estimated_usd"] for row in rows(versions, tmp_path)]
    prices = {
        each.fingerprint: each.facts()["estimated_usd"]
        for reel in versions.reels
        for each in entries_of(versions, reel)
    }
    assert len(prices) == 4
    assert sum(Decimal(each or 0) for each in amounts) == sum(map(Decimal, prices.values()))
    assert amounts.count("") == 4


def test_sheet_has_the_total_of_what_its_version_adds(versions: Footage, tmp_path: Path, drawn: list[str]) -> None:
    export(versions, "contact-sheet", versions=("de",), out=tmp_path)
    assert drawn[1].startswith("4 shots · 21 s · $0.70 · 2 shared with other versions · ")
    assert [line.split(" · ")[-2] for line in drawn[4::3]] == ["$0.70", "shared", "shared", "repeated"]


def test_timeline_has_the_price_of_each_clip_and_where_it_is_counted(unmade: Footage, tmp_path: Path) -> None:
    (file,) = export(unmade, "otio", out=tmp_path)
    clips: list[Any] = list(otio.adapters.read_from_file(str(file.path)).video_tracks()[0])
    facts = [clip.metadata["kling_render"] for clip in clips]
    assert facts[0]["estimated_usd"] == facts[3]["estimated_usd"]
    assert [each["counted"] for each in facts] == ["here", "here", "here", "repeated"]
