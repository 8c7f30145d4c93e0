"""Broken projects, each with exactly what `check` says of it.

Every folder of `gallery/` holds a project and `expected.txt`. After a change of words, write the expectations anew
and read the difference::

    KLING_RENDER_WRITE_GALLERY=1 pytest tests/project/test_gallery.py
    git diff tests/project/gallery
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from kling_render.catalog import bundled_catalog
from kling_render.cli import run
from kling_render.inspection import inspect

GALLERY = Path(__file__).parent / "gallery"
PROJECTS = sorted(file.parent for file in GALLERY.glob("*/project.toml"))
LEAST = 60
WITHOUT_MEASURE = (
    "matrix-too-many", "template-endless-loop", "template-huge-power", "template-long-range", "template-long-text",
    "template-loops-too-deep",
    "template-nested-loops", "template-width-filter", "versions-times-variants",
)  # fmt: skip
MOST_CALLS = 200_000
"""Of Python functions and their returns, for a whole `check`: less than 50 ms on one core of 2024."""


@pytest.mark.parametrize("folder", PROJECTS, ids=lambda folder: folder.name)
def test_broken_project_is_told_as_expected(
    folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    exit_code = run(["check", "--strict"])
    printed = capfd.readouterr()
    told = printed.out.replace(str(folder), "FOLDER").replace(str(GALLERY), "GALLERY")
    expected = folder / "expected.txt"
    if os.environ.get("KLING_RENDER_WRITE_GALLERY"):
        expected.write_text(told, "utf-8")
    assert told == expected.read_text("utf-8")
    assert (exit_code, printed.err) == (4, "")


def test_gallery_is_large() -> None:
    assert len(PROJECTS) >= LEAST


@pytest.mark.parametrize("name", WITHOUT_MEASURE)
def test_work_without_measure_is_stopped_by_its_count(name: str) -> None:
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    inspect(GALLERY / "missing-prompt", bundled_catalog())  # what is loaded once counts for nobody
    sys.setprofile(count)
    try:
        found = inspect(GALLERY / name, bundled_catalog())
    finally:
        sys.setprofile(None)
    assert len(found.errors) == 1
    assert found.errors[0].place.line is not None
    assert calls < MOST_CALLS
