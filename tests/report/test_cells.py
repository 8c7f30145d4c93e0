"""Cells of tables: where long names break, and which columns are left out."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from kling_render.report.cells import Name, file_style
from kling_render.report.console import fits, lean, table


class Terminal(io.StringIO):
    """A terminal that remembers what it was told."""

    def isatty(self) -> bool:
        return True


def shown(renderable: object, width: int) -> list[str]:
    out = Console(file=io.StringIO(), width=width, highlight=False, markup=False, emoji=False)
    out.print(renderable)
    text = out.file.getvalue() if isinstance(out.file, io.StringIO) else ""
    return [line.rstrip() for line in text.splitlines()]


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("walk#1", 20, ["walk#1"]),
        ("tide[lens=24mm,light=mist]#1", 20, ["tide[lens=24mm,", "light=mist]#1"]),
        ("S01_010/dusk-t1-a24a1997.mp4", 12, ["S01_010/", "dusk-t1-", "a24a1997.mp4"]),
        ("kling-v3-turbo-text-to-video", 16, ["kling-v3-turbo-", "text-to-video"]),
    ],
)
def test_long_name_breaks_between_its_parts(text: str, width: int, lines: list[str]) -> None:
    assert shown(Name(text), width) == lines


def test_name_whose_last_part_is_folded_leaves_no_empty_line_in_its_row() -> None:
    rows = table("take", "state")
    rows.add_row(Name('tide[light="overcast and soft"]#1'), "new")
    assert shown(rows, 24)[2:] == ["tide[              new", 'light="overcast', 'and soft"]#1']


@given(st.text(alphabet="ab/-_,[]=#夜é", min_size=1, max_size=60), st.integers(4, 40))
def test_name_loses_no_sign_and_stays_in_its_column(text: str, width: int) -> None:
    lines = shown(Name(text), width)
    assert "".join(lines) == text
    assert all(cell_len(line) <= width for line in lines)


def test_columns_in_which_nothing_stands_are_left_out() -> None:
    rows = table("take", "what is next", "charged", right=("charged",))
    rows.add_row(Name("walk#1"), "", "$1.00")
    rows.add_row(Name("walk#2"), "", "")
    assert [line.split() for line in shown(lean(rows), 80)] == [
        ["take", "charged"],
        ["─" * 16],
        ["walk#1", "$1.00"],
        ["walk#2"],
    ]


@pytest.mark.parametrize(("width", "has_room"), [(9, True), (8, False)])
def test_table_fits_when_every_row_has_one_line(width: int, has_room: bool) -> None:
    rows = table("take")
    rows.add_row(Name("walk-long"))
    assert fits(rows, Console(file=io.StringIO(), width=width)) is has_room


@pytest.mark.parametrize(("term", "is_linked"), [("xterm-256color", True), ("linux", False), ("dumb", False)])
def test_file_is_linked_on_terminals_that_show_links(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, term: str, is_linked: bool
) -> None:
    monkeypatch.setenv("TERM", term)
    style = file_style(tmp_path / "ein Film.mp4", Console(file=Terminal()))
    assert bool(style) is is_linked
    if is_linked:
        assert getattr(style, "link", "") == (tmp_path / "ein Film.mp4").as_uri()


def test_pipe_gets_no_links_even_where_colours_are_forced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    assert file_style(tmp_path / "clip.mp4", Console(file=io.StringIO(), force_terminal=True)) == ""
