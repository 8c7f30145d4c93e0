"""The live board is made anew when a file has changed that it shows, wherever that lies."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from kling_render.report.board import Source
from kling_render.report.board.live import LiveBoard

from .boards import HEAD, write_film

SHOTS = """\
[shot.wake]
prompt_file = "prompts/wake.prompt"
first_frame_image_url = "../stock/pier.img"
[shot.turn]
prompt = "She turns, {{ lens }}, in {{ coat }}"
[shot.turn.matrix]
rows = "../stock/lenses.table"
[shot.call]
[[shot.call.sequence]]
prompt_file = "call.prompt"
duration_seconds = 3
[[shot.call.sequence]]
prompt = "Silence"
duration_seconds = 2
"""


@pytest.fixture
def film(tmp_path: Path) -> Path:
    folder = write_film(tmp_path / "film", SHOTS, f'include = ["../stock/acme.conf"]\n{HEAD}')
    for name, text in {
        "prompts/wake.prompt": "She wakes", "../stock/acme.conf": '[vars]\ncoat = "a red coat"\n',
        "../stock/lenses.table": "lens\n24mm\n85mm\n", "../texts/call.prompt": "A horn",
    }.items():  # fmt: skip
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    project = folder / "project.toml"
    project.write_text(project.read_text("utf-8").replace("[budget]", 'templates = ["../texts"]\n[budget]'), "utf-8")
    draw(folder / "../stock/pier.img", "navy")
    return folder


def draw(file: Path, colour: str) -> None:
    Image.new("RGB", (640, 360), colour).save(file, "PNG")


@pytest.fixture
def board(film: Path) -> LiveBoard:
    opened = LiveBoard(Source(film))
    assert opened.refresh().number == 1
    return opened


def test_board_of_unchanged_files_stays_the_same(board: LiveBoard) -> None:
    assert board.refresh() is board.refresh()


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("prompts/wake.prompt", "wakes", "gets up"),
        ("../texts/call.prompt", "horn", "whistle"),
        ("../stock/acme.conf", "red", "yellow"),
        ("../stock/lenses.table", "85mm", "135mm"),
    ],
)
def test_changed_text_is_shown(film: Path, board: LiveBoard, name: str, old: str, new: str) -> None:
    text = (film / name).read_text("utf-8")
    (film / name).write_text(text.replace(old, new), "utf-8")
    edition = board.refresh()
    assert (edition.number, edition.trouble, new in edition.page) == (2, "", True)


def test_replaced_picture_is_shown(film: Path, board: LiveBoard) -> None:
    before = board.edition.page
    draw(film / "../stock/pier.img", "maroon")
    edition = board.refresh()
    assert (edition.number, edition.page != before) == (2, True)


def test_file_that_was_missing_is_found_when_it_comes(film: Path) -> None:
    now = 100.0
    board = LiveBoard(Source(film), clock=lambda: now)
    project = film / "project.toml"
    project.write_text(project.read_text("utf-8").replace("pier.img", "quay.img"), "utf-8")
    assert "quay.img" in board.refresh().trouble
    draw(film / "../stock/quay.img", "maroon")
    now = 101.9
    assert board.refresh().trouble
    now = 102.0
    assert board.refresh().trouble == ""
