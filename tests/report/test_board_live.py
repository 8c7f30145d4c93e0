"""The live board: who is let in, what is written where, and that it keeps up."""

from __future__ import annotations

import json
import re
import shutil
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest

from kling_render.api import rehearse
from kling_render.ledger import read_notes
from kling_render.report.board import Source
from kling_render.report.board.server import running_board

from ..browser import chromium, needs_chromium
from .boards import SHOTS, write_film

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


A_NOTE = {"variant": "walk", "text": "x", "edited_from": ""}
_REFUSED = "the server responded with a status of 409"
"""What the console says of an answer that the page tells its reader."""


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return write_film(tmp_path / "film")


@pytest.fixture
def url(film: Path) -> Iterator[str]:
    with running_board(Source(film)) as link:
        yield link


def edit(film: Path, old: str, new: str) -> None:
    """Change the project file in one step: one that is half written has faults."""
    text = (film / "project.toml").read_text("utf-8")
    assert old in text
    (film / "edited").write_text(text.replace(old, new), "utf-8")
    (film / "edited").replace(film / "project.toml")


def origin_of(url: str) -> str:
    return url.split("/", 3)[0] + "//" + urlsplit(url).netloc


def post(url: str, act: str, body: object, **headers: str) -> httpx.Response:
    return httpx.post(url + act, json=body, headers={"origin": origin_of(url), **headers})


# ── who is let in


def test_page_is_given_to_those_who_have_the_link(url: str) -> None:
    answer = httpx.get(url)
    assert answer.status_code == 200
    assert "S01_010" in answer.text
    assert answer.headers["content-security-policy"] == "frame-ancestors 'none'"
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["", "events", "clips/x.mp4"])
def test_request_without_the_token_is_refused(url: str, path: str) -> None:
    assert httpx.get(f"{origin_of(url)}/{'x' * 32}/{path}").status_code == 403


def test_root_says_nothing(url: str) -> None:
    assert httpx.get(f"{origin_of(url)}/").status_code == 404


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", ""])
def test_foreign_host_is_refused(url: str, host: str) -> None:
    assert httpx.get(url, headers={"host": host}).status_code in (400, 403)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1"])
def test_foreign_origin_is_refused(url: str, origin: str, film: Path) -> None:
    assert httpx.get(url, headers={"origin": origin}).status_code == 403
    assert post(url, "note", A_NOTE, origin=origin).status_code == 403
    assert not (film / "notes.toml").exists()


def test_request_that_a_foreign_page_caused_is_refused(url: str) -> None:
    assert httpx.get(url, headers={"sec-fetch-site": "cross-site"}).status_code == 403


def test_form_of_another_page_cannot_write(url: str, film: Path) -> None:
    headers = {"origin": origin_of(url), "content-type": "text/plain"}
    answer = httpx.post(url + "note", content=json.dumps(A_NOTE), headers=headers)
    assert answer.status_code == 403
    assert httpx.post(url + "note", json=A_NOTE).status_code == 403
    assert not (film / "notes.toml").exists()


@pytest.mark.parametrize(
    "path",
    [
        "clips/../../project.toml",
        "clips/%2e%2e%2fproject.toml",
        "clips/..%2f..%2fproject.toml",
        "clips/%2fetc%2fpasswd",
    ],
)
def test_no_path_leads_out_of_the_clips(url: str, path: str) -> None:
    parts = urlsplit(url)
    assert parts.hostname is not None
    with socket.create_connection((parts.hostname, parts.port or 0)) as connection:  # httpx would tidy the path up
        connection.sendall(
            f"GET {parts.path}{path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode()
        )
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert re.match(rb"HTTP/1.1 (404|403|400) ", answer)
    assert b"schema = 1" not in answer


def test_server_listens_on_this_machine_alone(url: str) -> None:
    assert urlsplit(url).hostname == "127.0.0.1"


# ── what is written


def test_note_is_kept_and_shown(url: str, film: Path) -> None:
    answer = post(url, "note", {**A_NOTE, "text": "the left hand"})
    assert (answer.status_code, answer.json()) == (200, {"message": "The note is kept."})
    assert (film / "notes.toml").read_text("utf-8").endswith('[notes.default]\n"walk" = "the left hand"\n')
    assert "the left hand</textarea>" in httpx.get(url).text


def test_notes_that_are_sent_at_once_are_all_kept(url: str, film: Path) -> None:
    variants = ["walk", "arrival", "turn[lens=24mm]", "turn[lens=85mm]"]
    with ThreadPoolExecutor(4) as threads:
        answers = list(
            threads.map(lambda name: post(url, "note", {**A_NOTE, "variant": name, "text": f"of {name}"}), variants)
        )
    assert [answer.json()["message"] for answer in answers] == ["The note is kept."] * 4
    assert read_notes(film / "notes.toml") == {name: f"of {name}" for name in variants}


def test_note_that_was_edited_from_an_older_one_is_refused_with_the_newer_one(url: str, film: Path) -> None:
    post(url, "note", {**A_NOTE, "text": "two\nlines"})
    answer = post(url, "note", {**A_NOTE, "text": "of another tab"})
    message = "the note on walk was changed meanwhile. Put what both say together, and keep that."
    assert (answer.status_code, answer.json()) == (409, {"message": message, "note": "two\nlines"})
    again = {**A_NOTE, "text": "both", "edited_from": "two\r\nlines"}
    assert post(url, "note", again).status_code == 200
    assert read_notes(film / "notes.toml") == {"walk": "both"}


def test_note_that_is_sent_twice_is_kept(url: str) -> None:
    assert [post(url, "note", A_NOTE).status_code for _ in range(2)] == [200, 200]


@pytest.mark.parametrize(
    ("act", "body", "status", "message"),
    [
        ("note", {**A_NOTE, "variant": "run"}, 409, "there is no variant run"),
        ("note", {**A_NOTE, "text": "x" * 4001}, 409, "more than 4,000 characters"),
        ("note", {"variant": "walk"}, 400, "This takes edited_from and text and variant"),
        ("note", ["walk"], 400, "This takes edited_from and text and variant"),
        ("pick", {"address": "walk#1"}, 409, "there is no take walk#1"),
        ("pick", {"address": 1}, 400, "This takes address"),
        ("unpick", {"address": "walk#1"}, 409, "walk has no pick"),
    ],
)
def test_what_cannot_be_done_is_told(url: str, act: str, body: object, status: int, message: str) -> None:
    answer = post(url, act, body)
    assert answer.status_code == status
    assert message in answer.json()["message"]


def test_other_things_cannot_be_done(url: str) -> None:
    assert post(url, "render", {}).status_code == 404


def test_project_file_is_never_written(url: str, film: Path) -> None:
    before = (film / "project.toml").read_bytes()
    post(url, "note", A_NOTE)
    assert (film / "project.toml").read_bytes() == before


def test_clips_of_a_rehearsal_are_served_in_parts_and_never_picked(rehearsed_film: Path) -> None:
    with running_board(Source.rehearsed(rehearsed_film)) as url:
        page = httpx.get(url).text
        clip = re.search(r'src="(clips/[0-9a-f]{32}\.mp4)"', page)
        assert clip is not None
        answer = httpx.get(url + clip[1], headers={"range": "bytes=4-7"})
        assert (answer.status_code, answer.content) == (206, b"ftyp")
        assert 'class="pick"' not in page
        assert post(url, "pick", {"address": "walk#1"}).status_code == 409


# ── that it keeps up


def test_change_of_the_project_is_told_to_who_watches(url: str, film: Path) -> None:
    with httpx.stream("GET", url + "events", timeout=10) as stream:
        lines = stream.iter_lines()
        assert next(line for line in lines if line.startswith("data:")) == "data: 1"
        edit(film, "crosses", "limps across")
        assert next(line for line in lines if line.startswith("data:")) == "data: 2"
    assert "limps across" in httpx.get(url).text


FAULTY = "[shot.x]\nprompt = '{{ nobody }}'\nnegative_prompt = '{{ nothing }}'\n[film]"


def test_first_fault_of_the_project_is_told_and_the_last_page_stays(url: str, film: Path) -> None:
    with httpx.stream("GET", url + "events", timeout=10) as stream:
        lines = stream.iter_lines()
        next(lines)
        edit(film, "[film]", FAULTY)
        assert next(line for line in lines if line.startswith("event: trouble"))
        told = json.loads(next(lines).removeprefix("data: "))
    assert re.match(r"project\.toml:\d+: .*nobody.* \(2 faults in all\)", told)
    assert "S01_010" in httpx.get(url).text


@pytest.mark.parametrize(
    ("act", "body"), [("pick", {"address": "walk#1"}), ("unpick", {"address": "walk#1"}), ("note", A_NOTE)]
)
def test_nothing_is_decided_by_a_page_that_is_out_of_date(url: str, film: Path, act: str, body: object) -> None:
    edit(film, "[film]", "[film")
    answer = post(url, act, body)
    assert answer.status_code == 409
    assert answer.json()["message"].startswith("The page is out of date: project.toml:")
    assert not (film / "notes.toml").exists()


def test_server_says_nothing_while_nothing_changes(url: str) -> None:
    found: list[str] = []

    def listen() -> None:
        with httpx.stream("GET", url + "events", timeout=1.5) as stream:
            found.extend(stream.iter_lines())

    with pytest.raises(httpx.ReadTimeout, match="timed out"):
        listen()


# ── in a browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[[str], Page]]:
    said: list[str] = []
    pages: list[Page] = []

    def open_at(url: str) -> Page:
        page = browser.new_page()
        page.on("console", lambda message: said.append(message.text) if _REFUSED not in message.text else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(url)
        page.evaluate("window.untouched = true")
        pages.append(page)
        return page

    yield open_at
    for page in pages:
        assert page.evaluate("window.untouched")  # it was never loaded anew
        page.close()
    assert said == []


@needs_chromium
def test_note_is_written_in_the_page(url: str, film: Path, open_page: Callable[[str], Page]) -> None:
    page = open_page(url)
    note = page.locator(".card", has_text="S01_010").get_by_label("Note")
    note.fill("the left hand")
    note.press("Control+Enter")
    page.wait_for_selector("#said:has-text('The note is kept.')")
    assert '"walk" = "the left hand"' in (film / "notes.toml").read_text("utf-8")


@needs_chromium
def test_note_of_another_tab_is_shown_beside_the_draft(url: str, film: Path, open_page: Callable[[str], Page]) -> None:
    page = open_page(url)
    card = page.locator(".card", has_text="S01_010")
    note = card.get_by_label("Note")
    note.fill("mine")
    post(url, "note", {**A_NOTE, "text": "theirs"})
    note.press("Control+Enter")
    card.locator(".theirs", has_text="Written meanwhile: theirs").wait_for()
    assert note.input_value() == "mine"
    assert read_notes(film / "notes.toml") == {"walk": "theirs"}
    note.fill("theirs, and mine")
    note.press("Control+Enter")
    page.wait_for_selector("#said:has-text('The note is kept.')")
    assert card.locator(".theirs").count() == 0
    assert read_notes(film / "notes.toml") == {"walk": "theirs, and mine"}


@needs_chromium
def test_note_that_grows_while_it_is_kept_is_nobody_elses(
    url: str, film: Path, open_page: Callable[[str], Page]
) -> None:
    page = open_page(url)
    note = page.locator(".card", has_text="S01_010").get_by_label("Note")
    for text in ("the", "the left", "the left hand"):
        note.fill(text)
        note.press("Control+Enter")
    page.evaluate("kept")
    assert read_notes(film / "notes.toml") == {"walk": "the left hand"}
    assert page.locator(".theirs").count() == 0


@needs_chromium
def test_note_is_printed(url: str, open_page: Callable[[str], Page]) -> None:
    post(url, "note", {**A_NOTE, "text": "the left hand"})
    page = open_page(url)
    note = page.locator("p", has_text="the left hand")
    assert not note.is_visible()
    page.emulate_media(media="print")
    assert note.is_visible()
    assert not page.get_by_label("Note").first.is_visible()


@needs_chromium
def test_page_fills_with_takes_while_a_rehearsal_runs(tmp_path: Path, open_page: Callable[[str], Page]) -> None:
    film = write_film(tmp_path / "film", SHOTS)
    rehearse(film)
    with running_board(Source.rehearsed(film)) as url:
        page = open_page(url)
        text = (film / "project.toml").read_text("utf-8")
        (film / "project.toml").write_text(text.replace("Gangway", "Ladder"), "utf-8")
        page.wait_for_selector(".card:has-text('Ladder') .take.plain")
        assert page.locator(".card", has_text="Ladder").locator(".take:not(.older) video").count() == 0
        rehearse(film)
        page.wait_for_selector(".card:has-text('Ladder') .take:not(.older) video[poster]")


@needs_chromium
def test_writing_is_not_disturbed_by_a_change(url: str, film: Path, open_page: Callable[[str], Page]) -> None:
    page = open_page(url)
    note = page.locator(".card", has_text="S01_010").get_by_label("Note")
    note.fill("half a th")
    text = (film / "project.toml").read_text("utf-8")
    (film / "project.toml").write_text(text.replace("crosses", "limps across").replace("Gangway", "Ladder"), "utf-8")
    page.wait_for_selector(".card:has-text('Ladder')")
    assert note.input_value() == "half a th"


@needs_chromium
def test_trouble_stands_in_the_page_until_it_is_mended(url: str, film: Path, open_page: Callable[[str], Page]) -> None:
    page = open_page(url)
    assert not page.get_by_role("alert").is_visible()
    edit(film, "[film]", "[film")
    page.wait_for_selector("#trouble:has-text('The page is out of date: project.toml:')")
    again = open_page(url)
    again.wait_for_selector("#trouble:has-text('The page is out of date: project.toml:')")
    edit(film, "[film", "[film]")
    page.wait_for_selector("#trouble", state="hidden")


@needs_chromium
def test_server_that_ended_is_told_for_as_long_as_it_is_gone(film: Path, open_page: Callable[[str], Page]) -> None:
    with running_board(Source(film)) as url:
        page = open_page(url)
        page.locator(".card").first.wait_for()
    page.wait_for_selector("#trouble:has-text('the server does not answer')")


def cards_shown(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('.card > header .copy')].map(each => each.dataset.copy)"
    )
    return found


@needs_chromium
def test_writing_is_not_disturbed_by_shots_that_come_go_and_change_places(
    url: str, film: Path, open_page: Callable[[str], Page]
) -> None:
    page = open_page(url)
    note = page.locator(".card", has_text="S01_010").get_by_label("Note")
    note.press_sequentially("half ")
    page.evaluate("window.note = document.activeElement")
    order = 'order = ["arrival", "walk", "turn"]'
    edit(film, order, 'order = ["walk", "new", "arrival"]\n[shot.new]\nprompt = "A gull"')
    page.wait_for_selector(".card:has-text('A gull')")
    note.press_sequentially("a thought")
    assert page.evaluate("[note === document.activeElement, note.value]") == [True, "half a thought"]
    assert cards_shown(page) == ["walk", "new", "arrival", "turn[lens=24mm]", "turn[lens=85mm]"]


@needs_chromium
def test_draft_on_a_shot_that_is_gone_stays_until_it_is_left(
    url: str, film: Path, open_page: Callable[[str], Page]
) -> None:
    page = open_page(url)
    note = page.locator(".card", has_text="S01_010").get_by_label("Note")
    note.fill("half a th")
    page.evaluate("window.note = document.activeElement")
    edit(film, '["arrival", "walk", "turn"]', '["arrival", "turn"]')
    edit(film, "[shot.walk]", "[shot.stroll]")
    page.wait_for_selector(".card h3:has-text('stroll')")
    assert page.evaluate("[note.isConnected, note.value]") == [True, "half a th"]
    page.evaluate("note.value = ''; note.blur()")
    page.wait_for_selector(".card h3:has-text('walk')", state="detached")


@needs_chromium
def test_clip_goes_on_while_a_shot_is_added(tmp_path: Path, open_page: Callable[[str], Page]) -> None:
    film = write_film(tmp_path / "film", SHOTS)
    rehearse(film)
    with running_board(Source.rehearsed(film)) as url:
        page = open_page(url)
        page.evaluate("document.querySelector('.take video').loop = true")
        page.locator(".take video").first.click()
        page.wait_for_selector(".take video[controls]")
        page.evaluate("window.watched = document.querySelector('.take video[controls]')")
        edit(film, "[film]", '[shot.new]\nprompt = "A gull"\n[film]')
        page.wait_for_selector(".card:has-text('A gull')")
        assert page.evaluate("[watched.isConnected, watched.paused]") == [True, False]


@needs_chromium
def test_tab_that_nobody_sees_leaves_its_connection_to_others(url: str, film: Path, browser: Browser) -> None:
    context = browser.new_context()  # within one, six connections are all there are
    context.set_default_timeout(10_000)
    tabs = []
    for _ in range(8):
        tabs.append(tab := context.new_page())
        tab.goto(url)
        tab.locator(".card").first.wait_for()
        show(tab, is_shown=False)
    edit(film, "Gangway", "Ladder")
    show(tabs[0], is_shown=True)
    tabs[0].wait_for_selector(".card:has-text('Ladder')")
    assert tabs[1].locator(".card:has-text('Ladder')").count() == 0
    context.close()


def show(tab: Page, *, is_shown: bool) -> None:
    """Without a window no tab is ever hidden: say that it is."""
    tab.evaluate(
        "hidden => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });"
        " document.dispatchEvent(new Event('visibilitychange')); }",
        not is_shown,
    )


@needs_chromium
def test_open_fold_of_an_older_take_stays_open_when_its_card_changes(
    rehearsed_film: Path, tmp_path: Path, open_page: Callable[[str], Page]
) -> None:
    film = Path(shutil.copytree(rehearsed_film, tmp_path / "copy"))
    edit(film, "crosses", "limps across")
    with running_board(Source.rehearsed(film)) as url:
        page = open_page(url)
        page.locator(".card", has_text="S01_010").locator(".made summary").nth(1).click()
        edit(film, "limps", "runs")
        page.wait_for_selector(".card:has-text('runs across')")
        folds = page.locator(".card", has_text="S01_010").locator("details")
        assert folds.evaluate_all("each => each.map(fold => fold.open)") == [False, True, False]
