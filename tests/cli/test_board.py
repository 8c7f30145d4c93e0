"""`board`: written beside the project or served; picks made in it are the command's own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kling_render.report.board import Source
from kling_render.report.board.server import running_board
from mock_server.doors.server import RunningServer

from ..browser import chromium, needs_chromium
from .conftest import Cli, edit

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture
def bought(cli: Cli, film: Path, at_server: RunningServer) -> Path:
    """A film with two takes of one shot."""
    cli("render", film, "--yes")
    return film


@pytest.fixture
def page() -> Iterator[Page]:
    said: list[str] = []
    with chromium() as browser:
        opened = browser.new_page()
        opened.on("console", lambda message: said.append(message.text))
        opened.on("pageerror", lambda error: said.append(str(error)))
        yield opened
    assert said == []


def takes_in(html: str) -> list[tuple[str, str]]:
    """Each take with its state."""
    return re.findall(r'<span class="number">(#\d+)</span>\s*<span class="state">([^<]*)</span>', html)


def test_board_is_written_beside_the_project(cli: Cli, film: Path) -> None:
    ran = cli("board", film)
    assert (ran.exit_code, ran.out, ran.err) == (0, "film/board.html\n", "")
    assert takes_in((film / "board.html").read_text("utf-8")) == [("#1", "new"), ("#2", "new")]


def test_board_of_a_rehearsal_lies_with_its_clips(cli: Cli, film: Path) -> None:
    cli("rehearse", film)
    assert cli("board", film, "--rehearsal").out == "film/rehearsal/board.html\n"
    html = (film / "rehearsal" / "board.html").read_text("utf-8")
    assert takes_in(html) == [("#1", "rehearsed"), ("#2", "rehearsed")]
    assert 'src="default/walk/walk-t1-' in html


def test_rehearsal_that_was_never_made_is_told(cli: Cli, film: Path) -> None:
    ran = cli("board", film, "--rehearsal")
    assert ran.exit_code == 12
    assert "there is no rehearsal in" in ran.err
    assert "See: kling-render rehearse" in ran.err


def test_bought_takes_stand_with_what_they_cost(cli: Cli, bought: Path) -> None:
    cli("board", bought, "--out", "b.html")
    html = Path("b.html").read_text("utf-8")
    assert takes_in(html) == [("#1", "bought"), ("#2", "bought")]
    assert re.search(r"<dt>settled</dt><dd>\$0\.\d\d</dd>", html)
    assert "this is not RunAPI." in html
    sources = re.findall(r'<video preload="none"[^>]* src="([^"]+)"', html)
    assert all(Path(each).is_file() for each in sources)
    assert len(sources) == 2


def test_stale_pick_is_told_with_its_clip(cli: Cli, bought: Path) -> None:
    cli("pick", "walk#2", "--project", bought)
    edit(bought, "She crosses", "She limps across")
    cli("board", bought)
    html = (bought / "board.html").read_text("utf-8")
    assert takes_in(html) == [("#1", "changed"), ("#2", "changed"), ("#1", "older prompt"), ("#2", "older prompt")]
    assert "The pick is of an older prompt." in html
    parts = json.loads(re.findall(r'id="film">(.*?)</script>', html)[0])
    assert [(part["address"], part["choice"]) for part in parts[0]] == [("walk#2", "stale")]
    assert f'id="{parts[0][0]["take"]}"' in html


def test_retaken_take_stands_beside_the_planned_ones(cli: Cli, bought: Path) -> None:
    cli("retake", "walk", bought, "--yes")
    cli("board", bought)
    assert takes_in((bought / "board.html").read_text("utf-8"))[-1] == ("#3", "bought")


def test_selection_and_profile_narrow_the_board(cli: Cli, film: Path) -> None:
    edit(film, "takes = 2", 'takes = 2\n[shot.run]\nprompt = "She runs"\n[profile.final]\noutput_resolution = "1080p"')
    cli("board", film, "--profile", "final", "--only", "run")
    html = (film / "board.html").read_text("utf-8")
    assert "profile final" in html
    assert takes_in(html) == [("#1", "new")]


def test_faults_of_the_project_are_told(cli: Cli, film: Path) -> None:
    edit(film, "She crosses", "{{ nobody }} crosses")
    ran = cli("board", film)
    assert ran.exit_code == 4
    assert 'undefined variable "nobody"' in ran.err


def test_board_of_bought_takes_loads_no_mock_server() -> None:
    asked = "import sys, kling_render.report.board; print('mock_server.core' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True)  # noqa: S603
    assert ran.stdout == "False\n"


def test_page_is_opened_on_request(cli: Cli, film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("click.launch", lambda url: opened.append(url))
    cli("board", film, "--open")
    assert opened == [(film / "board.html").resolve().as_uri()]


@pytest.mark.parametrize(
    ("options", "message"),
    [(["--serve", "--embed"], "--serve writes no file"), (["--port", "0"], "--port is for --serve")],
)
def test_options_that_contradict_each_other_are_told(cli: Cli, film: Path, options: list[str], message: str) -> None:
    ran = cli("board", film, *options)
    assert ran.exit_code == 2
    assert message in ran.err


def test_port_that_is_taken_is_told(cli: Cli, film: Path) -> None:
    with running_board(Source(film)) as url:
        ran = cli("board", film, "--serve", "--port", url.split(":")[2].split("/")[0])
    assert ran.exit_code == 12
    assert "cannot be had" in ran.err


# ── in a browser


@needs_chromium
def test_pick_made_in_the_page_is_the_commands_own(cli: Cli, bought: Path, page: Page) -> None:
    with running_board(Source(bought)) as url:
        page.goto(url)
        page.get_by_role("button", name="Pick walk#2").click()
        page.wait_for_selector("#said:has-text('walk#2 is picked.')")
        page.wait_for_selector(".stamp.picked")
        by_page = (bought / "picks.toml").read_bytes()
        assert page.get_by_role("button", name="Take back the pick walk#2").get_attribute("aria-pressed") == "true"
        page.keyboard.press("j")
        page.keyboard.press("1")
        page.wait_for_selector("button:text-is('unpick')[data-number='1']")
        page.get_by_role("button", name="Take back the pick walk#1").click()
        page.wait_for_selector("#said:has-text('walk has no pick any more.')")
    cli("pick", "walk#2", "--project", bought)
    assert (bought / "picks.toml").read_bytes() == by_page


@needs_chromium
def test_takes_appear_while_a_render_runs(cli: Cli, film: Path, at_server: RunningServer, page: Page) -> None:
    with running_board(Source(film)) as url:
        page.goto(url)
        page.evaluate("window.untouched = true")
        command = [sys.executable, "-m", "kling_render", "render", str(film), "--yes"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as render:  # noqa: S603 - ourselves
            page.wait_for_selector(".take.good video[poster] >> nth=1")
        assert render.returncode == 0
        assert page.evaluate("untouched")
        assert "to pay\n$0.00" in page.locator(".facts").inner_text()
