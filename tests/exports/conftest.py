"""A small film with clips: rehearsed with tiny pictures of the right length, so that nothing is slow."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kling_render import rehearsal
from kling_render.exports.footage import Footage, read_footage
from kling_render.project import load
from mock_server.media import ClipSpec, encode

FILM = """\
schema = 1
[project]
name = "ferry"
id = "nf-7c1e"
[defaults]
model = "kling-3.0"
output_resolution = "720p"
duration_seconds = 5
[shot.quay]
label = "S01_010"
prompt = "Rain on the quay"
notes = "no umbrella"
tags = ["night", "wide"]
[shot.walk]
prompt = "=1+1 she walks"
takes = 2
duration_seconds = 4
enable_sound = true
[shot.arrival]
label = "S01_030"
enable_sound = true
[[shot.arrival.sequence]]
prompt = "Ferry horn"
duration_seconds = 3
[[shot.arrival.sequence]]
prompt = "She steps ashore"
duration_seconds = 4
[film]
order = ["quay", "walk", "arrival", "quay"]
"""
VERSIONS = '[versions]\naxes = { lang = ["en", "de"], aspect_ratio = ["16:9", "9:16"] }\n'


def a_project(folder: Path, more: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "project.toml").write_text(FILM + more, "utf-8")
    return folder


@pytest.fixture(scope="session")
def _rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The film, rehearsed once for all tests."""

    def tiny(spec: ClipSpec) -> bytes:
        return encode(replace(spec, width=64, height=36, fps=24))

    folder = a_project(tmp_path_factory.mktemp("rehearsed") / "ferry")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rehearsal, "encode", tiny)
        rehearsal.rehearse(load(folder))
    return folder


@pytest.fixture
def rehearsed(_rehearsed: Path) -> Footage:
    """The film with its placeholders."""
    return read_footage(_rehearsed, rehearsal=True)


@pytest.fixture
def unmade(tmp_path: Path) -> Footage:
    """The same film before anything was made."""
    return read_footage(a_project(tmp_path / "ferry"))
