"""Exports tell of the film that the animatic shows: with the same picks, of the same takes."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from kling_render.exports import export
from kling_render.exports.footage import Footage, read_footage, rehearsed_footage
from kling_render.film import Film, rehearsal_films
from kling_render.ledger import Pick, Picks
from kling_render.ledger.picks import write_picks
from kling_render.planning import Selection, plan
from kling_render.project import load
from kling_render.rehearsal import Rehearsal, rehearse
from kling_render.report.board import Source, write_board

FILM = """\
schema = 1
[project]
name = "ferry"
id = "nf-7c1e"
[defaults]
model = "kling-3.0"
duration_seconds = 3
output_resolution = "720p"
[shot.walk]
prompt = "She walks"
takes = 2
[shot.turn]
prompt = "She turns, {{ lens }}"
first_frame_image_url = { shot = "walk", frame = "last" }
[shot.turn.matrix]
axes = { lens = ["24mm", "85mm"] }
"""
PICKED = ("walk#2", "turn[lens=85mm]#1")


@pytest.fixture
def film(tmp_path: Path) -> Path:
    (tmp_path / "project.toml").write_text(FILM, "utf-8")
    return tmp_path


def pick(film: Path, *addresses: str) -> None:
    """Choose takes one after the other, as what goes on from a picked take is another request."""
    picks = Picks()
    for address in addresses:
        project = load(film)
        (planned,) = (each for each in plan(project, picks=picks).takes if str(each.address) == address)
        variant, _, number = address.rpartition("#")
        picks = picks.with_pick(variant, Pick(int(number), planned.fingerprint))
    write_picks(film / "picks.toml", picks)


def rehearsed(film: Path, *only: str) -> tuple[Rehearsal, Film]:
    selection = Selection.parse(only) if only else None
    rehearsal = rehearse(load(film), media=False, selection=selection)
    (animatic,) = rehearsal_films(rehearsal.outcome)
    return rehearsal, animatic


def clips(animatic: Film) -> list[str]:
    return [scene.clip.name for scene in animatic.scenes if scene.clip]


def rows(footage: Footage) -> list[dict[str, str]]:
    (file,) = export(footage, "csv")
    with file.path.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text))


def timeline(footage: Footage) -> list[Any]:
    (file,) = export(footage, "otio")
    return list(otio.adapters.read_from_file(str(file.path)).video_tracks()[0])


def on_the_board(film: Path) -> list[tuple[str, str]]:
    html = write_board(Source.rehearsed(film)).read_text("utf-8")
    (parts,) = json.loads(re.findall(r'id="film">(.*?)</script>', html)[0])
    return [(part["address"], part["choice"]) for part in parts]


@pytest.mark.parametrize("picked", [(), PICKED[:1], PICKED])
def test_rehearsed_film_board_shot_list_and_timeline_show_the_same_takes(film: Path, picked: tuple[str, ...]) -> None:
    pick(film, *picked)
    rehearsal, animatic = rehearsed(film)
    shown = [(scene.part.address, scene.part.choice.value) for scene in animatic.scenes]
    assert set(picked) <= {address for address, _ in shown}
    assert on_the_board(film) == shown
    for footage in (rehearsed_footage(rehearsal), read_footage(film, rehearsal=True)):
        assert [(row["address"], row["choice"]) for row in rows(footage)] == shown
        assert [Path(row["clip"]).name for row in rows(footage)] == clips(animatic)
        assert [Path(clip.media_reference.target_url).name for clip in timeline(footage)] == clips(animatic)


def test_what_was_not_rehearsed_is_in_neither_film_nor_shot_list(film: Path) -> None:
    rehearsal, animatic = rehearsed(film, "walk")
    assert [scene.part.shot for scene in animatic.scenes] == ["walk"]
    assert [row["shot"] for row in rows(rehearsed_footage(rehearsal))] == ["walk"]
