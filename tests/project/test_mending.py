"""Several mistakes in the syntax of one file: all told at once, and none that only follows from another."""

from __future__ import annotations

from pathlib import Path

import pytest

from kling_render.errors import InvalidProjectError
from kling_render.project.reading import read_document


def mistakes(folder: Path, text: str) -> list[str]:
    """Where a file is no TOML."""
    file = folder / "project.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(InvalidProjectError, match="fault") as caught:
        read_document(file)
    return [f"{fault.place.line}:{fault.place.column}" for fault in caught.value.faults]


def test_every_broken_line_is_told(tmp_path: Path) -> None:
    text = 'a = \u201cx\u201d\n# next\n\nb = "C:\\Users"\nc = 1\nc = 2\n[t]\nd = yes\n[t]\nd = 1\n[u\ne = "say "hi""\n'
    assert mistakes(tmp_path, text) == ["1:5", "4:8", "6:1", "8:5", "9:2", "11:1", "12:10"]


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("a = [1,\n  x,\nb = y\n", "2:3"),
        ("a = { b = 1,\n  c = 2 }\nd = yes\n", "1:5"),
        ('a = """x\ny = yes\n', "1:5"),
        ("a = x'''\nb = yes\n'''\n", "1:5"),
        ("a = \u2018one\ntwo\u2019\nb = yes\n", "1:5"),
        ('a = "say "x"" [\nb = yes\n]\n', "1:10"),
    ],
)
def test_nothing_is_told_behind_a_mistake_that_may_go_on(tmp_path: Path, text: str, position: str) -> None:
    assert mistakes(tmp_path, text) == [position]


def test_keys_below_a_broken_header_are_no_duplicates(tmp_path: Path) -> None:
    assert mistakes(tmp_path, "[a]\nx = 1\n[b\nx = 2\n[a]\nx = 3\n") == ["3:1", "5:2"]


def test_mistakes_are_counted_up_to_a_limit(tmp_path: Path) -> None:
    assert len(mistakes(tmp_path, "a = yes\n" * 100)) == 20
