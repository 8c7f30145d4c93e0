"""Labels, prompts and values that nobody should write: they come out of every export as they went in."""

from __future__ import annotations

import csv
from pathlib import Path

import opentimelineio as otio
from PIL import Image

from kling_render.exports import export
from kling_render.exports.footage import Footage, read_footage

LABEL = "S01 'quay'; \u05e9\u05dc\u05d5\u05dd <b>\U0001f642, 100%"
PROMPT = 'She says: "</script>", \u202etfel\u202c, \U0001f469\u200d\U0001f680 and \u591c. ' + "Rain. " * 380
FILM = f"""\
schema = 1
[project]
name = "ferry"
id = "nf-7c1e"
[defaults]
model = "kling-3.0"
[shot.quay]
label = "{LABEL}"
notes = '''=HYPERLINK("x")
second line'''
prompt = '''{PROMPT}'''
[shot.quay.matrix]
axes = {{ word = ["a\\nb, \\"c\\"/d"] }}
"""


def a_hostile_film(folder: Path) -> Footage:
    (folder / "project.toml").write_text(FILM, "utf-8")
    return read_footage(folder)


def test_timeline_keeps_them(tmp_path: Path) -> None:
    (file,) = export(a_hostile_film(tmp_path), "otio")
    timeline = otio.adapters.read_from_file(str(file.path))
    (clip,) = timeline.video_tracks()[0]
    assert clip.name == LABEL
    assert clip.metadata["kling_render"]["prompt"] == PROMPT.strip()
    assert clip.markers[0].comment == PROMPT.strip()


def test_edl_keeps_the_name_and_no_value_breaks_a_line(tmp_path: Path) -> None:
    (file,) = export(a_hostile_film(tmp_path), "edl")
    text = file.path.read_text("utf-8")
    (track,) = otio.adapters.read_from_string(text, "cmx_3600", rate=24).video_tracks()
    assert [clip.name for clip in track] == [LABEL]
    assert all(line.startswith(("TITLE: ", "001  ", "* ")) for line in text.splitlines() if line)


def test_shot_list_keeps_them_and_runs_none(tmp_path: Path) -> None:
    (file,) = export(a_hostile_film(tmp_path), "csv")
    with file.path.open(encoding="utf-8-sig", newline="") as text:
        (row,) = csv.DictReader(text)
    assert row["name"] == LABEL
    assert row["prompt"] == PROMPT.strip()
    assert row["notes"] == '\'=HYPERLINK("x")\nsecond line'


def test_contact_sheet_shows_them(tmp_path: Path) -> None:
    (file,) = export(a_hostile_film(tmp_path), "contact-sheet")
    with Image.open(file.path) as image:
        assert len(image.convert("RGB").getcolors(maxcolors=1 << 20) or []) > 100
