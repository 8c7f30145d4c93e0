"""The board in a real browser, opened from the disk with the network off."""

from __future__ import annotations

import itertools
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kling_render.report.board import Source, write_board

from ..browser import chromium, needs_chromium
from .boards import HEAD, pick_made, rehearsed, write_film

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def file(rehearsed_film: Path) -> Path:
    return write_board(Source.rehearsed(rehearsed_film))


def opened(browser: Browser, file: Path, said: list[str], **options: Any) -> Page:
    """The page of a file; what the console says goes into a list."""
    context = browser.new_context(offline=True, **options)
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(file.as_uri())
    return page


@pytest.fixture
def page(browser: Browser, file: Path) -> Iterator[Page]:
    said: list[str] = []
    page = opened(browser, file, said)
    yield page
    page.context.close()
    assert said == []


def until(page: Page, expression: str, seconds: float = 20) -> None:
    """Wait for something to be true; the page's policy keeps the browser's own waiting out."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"never: {expression}"
        page.wait_for_timeout(25)


def shown(page: Page) -> list[str]:
    """The addresses of the cards that are shown."""
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('.card:not([hidden]) > header .copy')].map(each => each.dataset.copy)"
    )
    return found


# ── filters


def test_every_card_is_shown_at_first(page: Page) -> None:
    assert shown(page) == ["arrival", "walk", "turn[lens=24mm]", "turn[lens=85mm]"]
    assert page.locator("#filters output").inner_text() == "4 cards"


def test_filters_add_up_and_are_taken_back(page: Page) -> None:
    page.locator("select[name=shot]").select_option("turn")
    assert shown(page) == ["turn[lens=24mm]", "turn[lens=85mm]"]
    page.locator("select[name='axis lens']").select_option("85mm")
    assert shown(page) == ["turn[lens=85mm]"]
    assert page.locator("#filters output").inner_text() == "1 of 4 cards"
    page.get_by_role("button", name="Show all").click()
    until(page, "document.querySelectorAll('.card[hidden]').length === 0")


def test_search_finds_words_of_prompts_and_addresses(page: Page) -> None:
    page.get_by_label("Search").fill("GANGWAY")
    assert shown(page) == ["arrival"]
    page.get_by_label("Search").fill("walk#2")
    assert shown(page) == ["walk"]
    page.get_by_label("Search").fill("nothing like it")
    assert page.get_by_text("No card fits these filters.").is_visible()


def test_filters_work_by_keyboard(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("mira")
    assert shown(page) == ["walk"]


# ── cards


def test_keys_go_from_card_to_card(page: Page) -> None:
    def at() -> str:
        found: str = page.evaluate("document.activeElement.querySelector('.copy')?.dataset.copy")
        return found

    page.keyboard.press("j")
    page.keyboard.press("j")
    assert at() == "walk"
    page.keyboard.press("k")
    assert at() == "arrival"


def test_source_of_a_variable_shows_on_focus_and_hover(page: Page) -> None:
    mark = page.locator("mark", has_text="dusk").first
    mark.focus()
    assert page.get_by_role("tooltip").inner_text() == "light vars, project.toml:12"
    assert mark.get_attribute("aria-describedby") == "tip"
    page.keyboard.press("Escape")
    assert not page.locator("#tip").is_visible()
    page.locator("mark", has_text="Mira").hover()
    assert page.get_by_role("tooltip").inner_text().startswith("element.mira Mira, red coat (in words")


def test_copy_button_copies_the_address(page: Page) -> None:
    page.get_by_role("button", name="Copy the address walk#2").click()
    page.wait_for_selector("#said:has-text('Copied: walk#2')")
    page.get_by_label("Search").focus()
    page.keyboard.press("Control+v")
    assert page.get_by_label("Search").input_value() == "walk#2"


def test_take_plays_when_it_is_clicked(page: Page) -> None:
    video = page.locator(".take video").first
    assert video.evaluate("video => video.networkState") in (0, 1)  # nothing is loaded before
    video.click()
    until(page, "document.querySelector('.take video').currentTime > 0.2")
    assert video.evaluate("video => video.controls")


# ── the player


def cuts_while_playing(page: Page, count: int) -> list[dict[str, float]]:
    """Where the player cut, and where it should have."""
    page.evaluate("window.cuts = []; player.addEventListener('cut', event => cuts.push(event.detail))")
    page.get_by_role("button", name="Play the film").click()
    until(page, f"cuts.length >= {count}")
    found: list[dict[str, float]] = page.evaluate("cuts")
    return found


def test_player_cuts_where_the_plan_does(page: Page) -> None:
    cuts = cuts_while_playing(page, 4)
    assert [each["planned"] for each in cuts] == [0, 3, 5, 8]
    assert [each for each in cuts if abs(each["at"] - each["planned"]) > 0.05] == []


def test_player_shows_the_clip_and_its_words(page: Page) -> None:
    page.keyboard.press("p")
    page.wait_for_selector("#player video.on")
    page.locator("#player .line button").nth(1).click()
    until(page, "position() > 3 && !screens[film.front].seeking")
    assert page.locator("#player .caption").inner_text() == "Gangway"
    assert page.evaluate("screens[film.front].currentTime") >= 3
    page.keyboard.press("Escape")
    until(page, "screens.every(video => video.paused) && !player.open")


def test_player_says_the_words_that_an_older_take_was_made_with(
    browser: Browser, rehearsed_film: Path, tmp_path: Path
) -> None:
    film = Path(shutil.copytree(rehearsed_film, tmp_path / "film"))
    pick_made(film, "walk#2")
    text = (film / "project.toml").read_text("utf-8")
    (film / "project.toml").write_text(text.replace("crosses", "limps across"), "utf-8")
    page = opened(browser, write_board(Source.rehearsed(film)), [])
    page.keyboard.press("p")
    page.locator("#player .line button[aria-label^=S01_010]").click()
    assert page.locator("#player .caption").inner_text() == "Mira, red coat crosses the deck at dusk"
    page.context.close()


def test_player_is_driven_by_keys(page: Page) -> None:
    page.keyboard.press("p")
    page.keyboard.press("Space")
    assert not page.evaluate("film.playing")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("film.cut") == 2
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("film.cut") == 1
    page.keyboard.press("m")
    assert page.get_by_label("mute").is_checked()


def test_missing_takes_are_timed_placeholders(browser: Browser, tmp_path: Path) -> None:
    shots = '[shot.a]\nprompt = "First"\n[shot.b]\nprompt = "Second"\n'
    film = write_film(tmp_path / "film", shots)
    said: list[str] = []
    page = opened(browser, write_board(Source(film)), said)
    cuts = cuts_while_playing(page, 2)
    assert cuts[1]["planned"] == 3
    assert abs(cuts[1]["at"] - 3) <= 0.05
    assert "Second" in page.locator("#player .still").inner_text()
    page.context.close()
    assert said == []


def test_lost_clip_is_shown_as_its_poster(browser: Browser, file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere.html"
    copy.write_bytes(file.read_bytes())
    page = opened(browser, copy, [])
    page.keyboard.press("p")
    page.wait_for_selector("#player .still.on img")
    until(page, "position() > 0.3")
    page.context.close()


# ── layout


WITH_ALL = HEAD + '[versions]\naxes = { lang = ["en", "de"] }\n[scene.pier]\n'
MANY_FILTERS = """\
[shot.quay]
scene = "pier"
tags = ["night"]
prompt = "The quay"
[shot.walk]
takes = 6
prompt = "Walk, {{ lens }} at {{ hour }}, {{ lang }}"
[shot.walk.matrix]
axes = { lens = ["24mm", "85mm"], hour = ["dusk", "dawn"] }
"""


@pytest.fixture
def older(browser: Browser, rehearsed_film: Path, tmp_path: Path) -> Iterator[Page]:
    """The board of a film of which a prompt was changed after a take was picked."""
    film = Path(shutil.copytree(rehearsed_film, tmp_path / "film"))
    pick_made(film, "walk#2")
    text = (film / "project.toml").read_text("utf-8")
    (film / "project.toml").write_text(text.replace("crosses", "limps across"), "utf-8")
    page = opened(browser, write_board(Source.rehearsed(film)), [], viewport={"width": 1280, "height": 2000})
    yield page
    page.context.close()


@pytest.mark.parametrize("width", [1280, 800, 400])
def test_marks_and_buttons_of_a_take_stand_below_its_picture(older: Page, width: int) -> None:
    older.set_viewport_size({"width": width, "height": 2000})
    assert older.locator(".stamp", has_text="picked").count() == 1
    overlaps = older.evaluate(
        "(() => { const box = each => each.getBoundingClientRect(); return [...document.querySelectorAll('.take')]"
        ".flatMap(take => [...take.querySelectorAll('.stamp, button')].filter("
        "each => box(each).top < box(take.querySelector('.frame')).bottom)).length; })()"
    )
    alone = older.evaluate(
        "[...document.querySelectorAll('.end')].filter(each => each.getBoundingClientRect().height > 30).length"
    )
    assert (overlaps, alone) == (0, 0)  # nor does the copy button stand alone in a line


def test_older_take_is_pale_but_for_its_words(older: Page) -> None:
    shades = older.locator(".older").first.evaluate(
        "take => ['.frame > *', 'figcaption'].map(each => getComputedStyle(take.querySelector(each)).opacity)"
        ".concat(getComputedStyle(take).opacity)"
    )
    assert shades == ["0.6", "1", "1"]


def test_cards_are_as_tall_as_what_is_on_them(browser: Browser, tmp_path: Path) -> None:
    film = write_film(tmp_path / "film", MANY_FILTERS, WITH_ALL)
    page = opened(browser, write_board(Source(film)), [], viewport={"width": 1280, "height": 2000})
    page.wait_for_timeout(200)
    one, six = page.evaluate("[...document.querySelectorAll('.card')].slice(0, 2).map(each => each.offsetHeight)")
    assert one < six - 50
    page.context.close()


def test_filters_of_versions_and_a_matrix_stand_in_one_row(browser: Browser, tmp_path: Path) -> None:
    film = write_film(tmp_path / "film", MANY_FILTERS, WITH_ALL)
    page = opened(browser, write_board(Source(film)), [], viewport={"width": 1280, "height": 800})
    assert page.locator("#filters select").count() == 7
    assert page.evaluate("document.querySelector('#filters form').offsetHeight") < 50
    page.context.close()


# ── sizes, schemes, paper


@pytest.mark.parametrize("width", [1200, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_is_never_wider_than_its_window(browser: Browser, tmp_path: Path, width: int, scheme: Any) -> None:
    long = "W" * 300
    shots = (
        f'[shot.walk]\nprompt = "{long} {{{{ light }}}}"\nnotes = "{long}"\ntags = ["{long}"]\ntakes = 3\n'
        f'[shot.walk.matrix]\naxes = {{ lens = ["{long}", "b"] }}\n'
    )
    film = write_film(tmp_path / "film", shots)
    page = opened(browser, write_board(Source(film)), [], viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("details summary").first.click()
    page.keyboard.press("p")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault_of_accessibility(browser: Browser, file: Path, scheme: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = opened(browser, file, [], color_scheme=scheme)
    faults = Axe().run(page).response["violations"]
    page.keyboard.press("p")
    faults += Axe().run(page).response["violations"]
    page.context.close()
    assert [each["id"] for each in faults] == []


def test_six_shots_stand_on_a_printed_page(browser: Browser, tmp_path: Path) -> None:
    shots = "".join(f'[shot.s{number}]\nprompt = "Shot number {number}, {"words " * 60}"\n' for number in range(13))
    page = opened(browser, write_board(Source(write_film(tmp_path / "film", shots))), [])
    pdf = page.pdf(prefer_css_page_size=True)
    assert pdf.count(b"/Type /Page\n") or pdf.count(b"/Type/Page") >= 3
    page.emulate_media(media="print")
    heights = page.evaluate("[...document.querySelectorAll('.card')].map(each => each.offsetHeight)")
    assert set(heights) == {325}  # 86 mm: two rows on 192 mm of paper
    page.context.close()


WORDS = "The ferry comes in while the rain falls over the harbour. " * 16
FULL = f"""\
[shot.five]
prompt = "{WORDS}"
takes = 5
notes = "{WORDS}"
tags = ["night"]
[shot.cuts]
notes = "of the project"
[[shot.cuts.sequence]]
prompt = "{WORDS[:400]}"
duration_seconds = 3
[[shot.cuts.sequence]]
prompt = "{WORDS[:400]}"
duration_seconds = 2
[[shot.cuts.sequence]]
prompt = "The last one"
duration_seconds = 2
"""


@pytest.fixture(scope="module")
def full_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A board with much on its cards."""
    film = rehearsed(tmp_path_factory.mktemp("films") / "film", FULL)
    (film / "notes.toml").write_text(f'[notes.default]\nfive = "{WORDS}"\n', "utf-8")
    return write_board(Source.rehearsed(film))


@pytest.fixture
def printed(browser: Browser, full_file: Path) -> Iterator[Page]:
    page = opened(browser, full_file, [])
    page.emulate_media(media="print")
    yield page
    page.context.close()


def test_nothing_on_a_printed_card_overlaps_or_is_cut_off(printed: Page) -> None:
    boxes = printed.evaluate(
        "[...document.querySelectorAll('.card')].map(card => [...card.children, ...card.querySelectorAll('.prompt p')]"
        ".filter(each => each.offsetHeight && !each.matches('.prompt'))"
        ".map(each => each.getBoundingClientRect()).map(box => [box.top, box.bottom])"
        ".concat([[card.getBoundingClientRect().bottom, Infinity]]).sort(([one], [other]) => one - other))"
    )
    overlaps = [
        (upper, lower) for card in boxes for upper, lower in itertools.pairwise(card) if upper[1] > lower[0] + 0.5
    ]
    assert overlaps == []


def test_takes_on_a_printed_card_keep_to_their_place(printed: Page) -> None:
    spilt = printed.evaluate(
        "[...document.querySelectorAll('.takes')].map(each => each.scrollHeight - each.clientHeight)"
    )
    assert max(spilt) <= 1


def test_every_cut_is_printed_and_long_words_end_in_an_ellipsis(printed: Page) -> None:
    texts = printed.evaluate(
        "[...document.querySelectorAll('.prompt p, .card > .notes')].map(each =>"
        " [each.scrollHeight > each.clientHeight + 1, getComputedStyle(each).webkitLineClamp, each.offsetHeight > 10])"
    )
    assert [is_clamped for is_clamped, *_ in texts] == [True, True, True, True, True, False, False]
    assert [lines for _, lines, _ in texts] == ["5", "2", "2", "2", "2", "2", "2"]
    assert all(is_seen for *_, is_seen in texts)


def test_what_kind_of_clips_these_are_is_printed(printed: Page) -> None:
    banner, top = printed.locator(".banner").bounding_box(), printed.locator("#top").bounding_box()
    assert banner is not None
    assert top is not None
    assert banner["y"] + banner["height"] <= top["y"] + top["height"]


def test_right_to_left_text_runs_that_way(browser: Browser, tmp_path: Path) -> None:
    film = write_film(tmp_path / "film", '[shot.walk]\nprompt = "\\u05d0\\u05d1 \\u05d2"\n')
    page = opened(browser, write_board(Source(film)), [])
    assert page.locator(".prompt p").evaluate("each => getComputedStyle(each).direction") == "rtl"
    page.context.close()


def test_page_of_500_takes_loads_and_filters_quickly(browser: Browser, tmp_path: Path) -> None:
    lenses = ", ".join(f'"{number}mm"' for number in range(125))
    text = "She crosses the deck in the rain, slowly, one hand on the rail. " * 5
    shots = f'[shot.walk]\ntakes = 4\nprompt = "{text}{{{{ lens }}}}, {{{{ light }}}}"\n[shot.walk.matrix]\n'
    film = write_film(tmp_path / "film", f"{shots}axes = {{ lens = [{lenses}] }}\n", HEAD.replace("50", "5000"))
    began = time.perf_counter()
    file = write_board(Source(film))
    built = time.perf_counter() - began
    page = opened(browser, file, [])
    page.wait_for_selector("#filters output")
    loaded = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    took = page.evaluate(
        "(() => { const began = performance.now(); filters.elements.words.value = '77mm'; filter();"
        " document.body.offsetHeight; return performance.now() - began; })()"
    )
    assert len(shown(page)) == 1
    page.context.close()
    assert (built < 10, loaded < 5000, took < 1000) == (True, True, True)
