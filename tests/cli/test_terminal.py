"""Tables on terminals and in pipes: their width, their colours, their links."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len

from mock_server.core.fault import Fault
from mock_server.doors.server import RunningServer

from .conftest import Cli, edit

MATRIX = """\
[shot.tide]
prompt = "The tide, {{ lens }}, {{ light }}"
[shot.tide.matrix]
axes = { lens = ["24mm-wide", "85mm-portrait"], light = ["sunrise-mist-over-water"] }
"""
_LINK = re.compile(r"\x1b\]8;[^;]*;(file://[^\x1b]+)\x1b\\")
_COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-9]")


@pytest.fixture
def long_names(cli: Cli, film: Path, at_server: RunningServer) -> Path:
    """A bought film whose addresses are longer than half a line."""
    edit(film, "[shot.walk]", f"{MATRIX}[shot.walk]")
    cli("render", film, "--yes")
    return film


def on_a_terminal(*words: object, **environment: str) -> str:
    """What a command writes to a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    ran = subprocess.Popen(  # noqa: S603  our own command line
        [sys.executable, "-m", "kling_render", *map(str, words)],
        stdout=theirs, stdin=theirs, stderr=subprocess.DEVNULL,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", **environment},
    )  # fmt: skip
    os.close(theirs)
    said = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        said += part
    os.close(ours)
    assert ran.wait(timeout=60) == 0
    return said.decode()


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("command", ["plan", "takes", "spend", "status"])
def test_rows_of_a_table_stay_within_the_terminal(
    cli: Cli, long_names: Path, monkeypatch: pytest.MonkeyPatch, command: str, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = cli(command, long_names).out.splitlines()
    rule = next(at for at, line in enumerate(lines) if line.startswith("──"))
    rows = lines[rule - 1 : next((at for at, line in enumerate(lines) if at > rule and not line.strip()), None)]
    assert all(cell_len(line) <= columns for line in rows if not line.startswith("Choose"))


def test_scenarios_are_folded_below_their_names(cli: Cli) -> None:
    lines = cli("mock", "scenarios").out.splitlines()
    assert max(map(cell_len, lines)) <= 80
    assert [line for line in lines if line.startswith("bad-monday ")]


def test_facts_of_a_film_stand_below_a_path_that_leaves_them_no_room(cli: Cli, film: Path) -> None:
    out = film.parent / "a-folder-whose-name-is-not-short-at-all"
    lines = cli("rehearse", film, "--out", out).out.splitlines()
    at = next(at for at, line in enumerate(lines) if line.endswith("/film.mp4"))
    assert lines[at + 1] == "  3.00 s, 1280x720, 12 fps, picture copied, no sound"


def test_long_address_breaks_after_a_comma(cli: Cli, long_names: Path) -> None:
    lines = [line.rstrip() for line in cli("takes", long_names).out.splitlines()]
    assert any(line.startswith("tide[lens=24mm-wide,") for line in lines)
    assert not any(line.strip() in ("1", "#1", "]#1") for line in lines)


def test_pipe_gets_neither_colours_nor_links(cli: Cli, long_names: Path) -> None:
    for command in ("plan", "takes", "spend", "status"):
        assert "\x1b" not in cli(command, long_names).out


def test_terminal_gets_colours_and_links_to_the_clips(long_names: Path) -> None:
    said = on_a_terminal("takes", long_names)
    linked = {Path(url.removeprefix("file://")) for url in _LINK.findall(said)}
    assert linked == {path.resolve() for path in long_names.rglob("*.mp4")}
    assert _COLOUR.search(on_a_terminal("plan", long_names))


def test_no_color_leaves_the_links(long_names: Path) -> None:
    said = on_a_terminal("status", long_names, NO_COLOR="1")
    assert not _COLOUR.search(said)
    assert len(set(_LINK.findall(said))) == len(list(long_names.rglob("*.mp4")))


def test_terminal_that_shows_marks_of_links_as_rubbish_gets_none(long_names: Path) -> None:
    assert "\x1b]8" not in on_a_terminal("takes", long_names, TERM="linux")


def test_what_is_next_stands_below_the_table_where_it_has_no_room(
    cli: Cli, film: Path, at_server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_server.simulator.plan_fault(Fault("task_failure"), times=2)
    cli("render", film, "--yes")
    narrow = cli("status", film).out
    assert "what is next" not in narrow
    assert "\nwalk#1, walk#2: " in narrow
    monkeypatch.setenv("COLUMNS", "200")
    wide = cli("status", film).out
    assert "what is next" in wide
    assert wide.count("--retry-failed") == 2
