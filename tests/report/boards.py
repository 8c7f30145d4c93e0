"""Small projects with clips, for tests of the board."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

from kling_render.api import rehearse
from kling_render.ledger import Pick, Picks, write_picks
from kling_render.report.board import Source, read_source, write_board

HEAD = """\
schema = 1
[project]
name = "film"
id = "film-1"
[budget]
max_usd = 50
[defaults]
model = "kling-3.0"
duration_seconds = 3
output_resolution = "720p"
[vars]
light = "dusk"
[element.mira]
description = "Mira, red coat"
"""

SHOTS = """\
[shot.walk]
label = "S01_010"
prompt = "{{ element.mira }} crosses the deck at {{ light }}"
takes = 2
tags = ["night"]
notes = "keep the umbrella out"
elements = ["mira"]
[shot.turn]
prompt = "She turns, {{ lens }}"
[shot.turn.matrix]
axes = { lens = ["24mm", "85mm"] }
[shot.arrival]
enable_sound = true
[[shot.arrival.sequence]]
prompt = "Ferry horn at {{ light }}"
duration_seconds = 3
[[shot.arrival.sequence]]
prompt = "Gangway"
duration_seconds = 2
[film]
order = ["arrival", "walk", "turn"]
"""


def write_film(folder: Path, shots: str = SHOTS, head: str = HEAD) -> Path:
    """A project in a folder that does not exist yet."""
    folder.mkdir(parents=True)
    (folder / "project.toml").write_text(head + shots, "utf-8")
    return folder


def rehearsed(folder: Path, shots: str = SHOTS, head: str = HEAD) -> Path:
    """The same, rehearsed."""
    rehearse(write_film(folder, shots, head))
    return folder


def pick_made(film: Path, address: str) -> None:
    """Pick a take of the request as it is, as if it had been bought."""
    (planned,) = [each for each in read_source(Source(film))[1].plan.takes if str(each.address) == address]
    picks = Picks({address.rpartition("#")[0]: Pick(planned.address.number, planned.fingerprint)})
    write_picks(film / "picks.toml", picks)


def board_text(film: Path, *, rehearsal: bool = False, embed: bool = False) -> str:
    """The page of a film."""
    return write_board(Source.rehearsed(film) if rehearsal else Source(film), embed=embed).read_text("utf-8")


def visible(html: str) -> str:
    """The text of a page without its style, scripts and tags."""
    body = re.sub(r"<(style|script)\b.*?</\1>", "", html, flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", "", body))
