"""Keys that TOML puts into another table than their author meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from kling_render.errors import Place
from kling_render.project.misplaced import misplaced_key_hint

SHOT_KEYS = ("prompt", "takes", "duration_seconds", "vars")
FILE = """\
[project]
include = []
[shot.w]
prompt = "x"
[shot.w.matrix]
takes = 3
[[shot.x.sequence]]
prompt = "a"
[[shot.x.sequence]]
takes = 3
[shot.2.5]
prompt = "y"
[profile.final.shot.w.matrix]
takes = 3
"""


@pytest.mark.parametrize(
    ("key", "value", "hint"),
    [
        ("shot.w.matrix.takes", 3, "takes belongs to [shot.w]: move it above [shot.w.matrix] in line 5."),
        ("shot.x.sequence[1].takes", 3, "takes belongs to [shot.x]: move it above [[shot.x.sequence]] in line 7."),
        (
            "profile.final.shot.w.matrix.takes",
            3,
            "takes belongs to [profile.final.shot.w]: move it above [profile.final.shot.w.matrix] in line 13.",
        ),
        ("project.include", [], "include belongs to the top of the file: move it above the first [table]."),
        (
            "shot.2.5",
            {"prompt": "y"},
            '[shot.2.5] is a table "5" in shot "2": a dot cannot stand in a name. Write [shot.2-5].',
        ),
        (
            "element.mira.jones",
            {"description": "y"},
            '[element.mira.jones] is a table "jones" in element "mira": a dot cannot stand in a name. '
            "Write [element.mira-jones].",
        ),
        ("shot.w.matrix.colour", 3, None),
        ("shot.w.colour", 3, None),
        ("shot.w.vers", {"a": 1}, None),
        ("include", [], None),
        ("colour", 3, None),
    ],
)
def test_key_in_the_wrong_table_is_told_where_it_belongs(
    tmp_path: Path, key: str, value: object, hint: str | None
) -> None:
    file = tmp_path / "project.toml"
    file.write_text(FILE, "utf-8")
    assert misplaced_key_hint(Place(file, key, of="key"), value, SHOT_KEYS) == hint


def test_file_that_vanished_is_told_without_line(tmp_path: Path) -> None:
    place = Place(tmp_path / "project.toml", "shot.w.matrix.takes")
    assert misplaced_key_hint(place, 3, SHOT_KEYS) == "takes belongs to [shot.w]: move it above [shot.w.matrix]."
