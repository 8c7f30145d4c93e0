"""The line that a fault is about, and the carets below it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from kling_render.errors import Place
from kling_render.report.snippets import SourceFiles, snippet


def shown(
    folder: Path,
    line: str,
    column: int | None,
    *,
    key: str = "shot.walk.prompt",
    offset: int | None = None,
    of: Literal["value", "key"] = "value",
    width: int = 80,
) -> list[str]:
    """The rows that are shown of a line; without indentation."""
    file = folder / "project.toml"
    file.write_bytes(line.encode())
    found = snippet(Place(file, key, 1, column, offset, of), SourceFiles(), width)
    return [] if found is None else [found.line, (found.gutter + found.carets).rstrip()]


@pytest.mark.parametrize(
    ("line", "mark"),
    [
        ('prompt = "Mira, {{ lok }}" # x', "                   ^^^"),
        ('prompt = "Mira, {{ 9 + }}"', "                       ^"),
    ],
)
def test_name_in_a_text_is_underlined_else_one_character(tmp_path: Path, line: str, mark: str) -> None:
    column = mark.index("^") + 1
    assert shown(tmp_path, line, column, offset=column - 11) == [f"1 | {line}", f"  | {mark}"]


@pytest.mark.parametrize(
    ("line", "mark"),
    [
        ("takes = 3 # three", "        ^"),
        ("a = [1.25, 2]", "     ^^^^"),
        ('a = { b = "x \\" y", c = 1 }', "          ^^^^^^^^"),
        ("a = 'x' # y", "    ^^^"),
        ("a = '''x' y''' # z", "    ^^^^^^^^^^"),
        ('a = """She walks', "    ^^^^^^^^^^^^"),
        ('a = [1, [2, "]"]] # list', "    ^^^^^^^^^^^^^"),
        ("a = [ # list", "    ^^^^^^^^"),
        ("a = { b = 1 } # table", "    ^^^^^^^^^"),
        ("[shot.walk] # x", "^^^^^^^^^^^"),
        ("[[shot.x.sequence]]", "^^^^^^^^^^^^^^^^^^^"),
        ("[shot.walk.matrix]", "      ^^^^"),
        ("schema = 1", "^"),
    ],
)
def test_value_is_underlined_up_to_its_end(tmp_path: Path, line: str, mark: str) -> None:
    assert shown(tmp_path, line, mark.index("^") + 1) == [f"1 | {line}", f"  | {mark}"]


@pytest.mark.parametrize(
    ("line", "mark"), [("promt = 1", "^^^^^"), ('a."odd key" = 1', "  ^^^^^^^^^"), ("[shot.2.5]", "        ^")]
)
def test_key_is_underlined(tmp_path: Path, line: str, mark: str) -> None:
    assert shown(tmp_path, line, mark.index("^") + 1, of="key") == [f"1 | {line}", f"  | {mark}"]


@pytest.mark.parametrize(("line", "mark"), [("model = kling-3.0", "        ^^^^^^^^^"), ("a = = 1", "    ^")])
def test_place_without_key_underlines_the_word(tmp_path: Path, line: str, mark: str) -> None:
    assert shown(tmp_path, line, mark.index("^") + 1, key="") == [f"1 | {line}", f"  | {mark}"]


def test_tabs_become_spaces_in_both_rows(tmp_path: Path) -> None:
    assert shown(tmp_path, "\ta\t=\tlok", 6, key="") == ["1 |     a    =    lok", "  |               ^^^"]


def test_wide_characters_take_two_columns(tmp_path: Path) -> None:
    assert shown(tmp_path, 'a = "日本 lok 日本"', 9, offset=3) == ['1 | a = "日本 lok 日本"', "  |           ^^^"]
    assert shown(tmp_path, 'a = "日本"', 6, offset=0) == ['1 | a = "日本"', "  |      ^^^^"]


def test_caret_of_a_combining_sign_is_below_its_letter(tmp_path: Path) -> None:
    assert shown(tmp_path, "a = 'xe\u0301y'", 8, offset=2) == ["1 | a = 'xe\u0301y'", "  |       ^"]


def test_what_could_move_the_cursor_is_replaced(tmp_path: Path) -> None:
    assert shown(tmp_path, "# \x1b[31m\u202e\r\rb", 1, key="")[0] == "1 | # \ufffd[31m\ufffd\ufffd\ufffdb"


@pytest.mark.parametrize(
    ("at", "rows"),
    [
        (10, ["1 | aaaaaaaaaXaaaaaaaaaaaaa…", "  |          ^"]),
        (500, ["1 | …aaaaaaaaaaaXaaaaaaaaaaa…", "  |             ^"]),
        (999, ["1 | …aaaaaaaaaaaaaaaaaaaaaXa", "  |                       ^"]),
    ],
)
def test_long_line_is_shortened_around_the_caret(tmp_path: Path, at: int, rows: list[str]) -> None:
    line = "a" * (at - 1) + "X" + "a" * (1000 - at)
    assert shown(tmp_path, line, at, offset=0, width=31)[0] == rows[0]
    assert shown(tmp_path, line.replace("X", "-").replace("a", "."), at, key="", width=31)[1] == rows[1]


def test_column_beyond_the_line_has_a_caret_after_it(tmp_path: Path) -> None:
    assert shown(tmp_path, "takes =\r\n", 99, key="") == ["1 | takes =", "  |        ^"]


def test_line_without_column_has_no_caret(tmp_path: Path) -> None:
    assert shown(tmp_path, "{{ x }}", None, key="") == ["1 | {{ x }}", "  |"]


@pytest.mark.parametrize("line", ['key = "sk-live_4f9a8b7c6d5e4f3a2b1c"', 'api_key = "hunter2-correct-horse"'])
def test_line_with_an_api_key_is_never_shown(tmp_path: Path, line: str) -> None:
    assert shown(tmp_path, line, 7) == []


def test_line_or_file_that_is_not_there_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("a = 1", "utf-8")
    places = [Place(tmp_path / "a.toml", "a", 2, 1), Place(tmp_path / "b.toml", "a", 1, 1), Place(tmp_path / "a.toml")]
    assert [snippet(place, SourceFiles(), 80) for place in places] == [None, None, None]


@settings(deadline=None)
@given(
    line=st.text(st.sampled_from("ab é日𝄞\te\u0301\u202e\x00#='[]\"{.-"), max_size=60),
    column=st.integers(1, 70),
    width=st.integers(30, 60),
)
def test_rows_fit_the_terminal_and_a_caret_is_always_there(
    tmp_path_factory: pytest.TempPathFactory, line: str, column: int, width: int
) -> None:
    rows = shown(tmp_path_factory.getbasetemp(), line, column, width=width)
    assert max(cell_len(row) for row in rows) <= width - 2
    assert rows[1].endswith("^")
