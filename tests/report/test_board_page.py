"""The page is one file that loads nothing, runs nothing but its own, and shows every text as text."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest

from kling_render.errors import StorageError
from kling_render.report.board import Source, write_board

from .boards import SHOTS, board_text, visible, write_film

HOSTILE = (
    "</script><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)> 'quotes' & &lt;amp&gt;",
    "\u202eRTL\u202c \u05d0\u05d1\u05d2 \u0645\u0633\u0627\u0621 \U0001f6a2",
    "<!-- ]]> </style>",
    "</textarea>" * 200,
)


class Elements(HTMLParser):
    """Every element of a page with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def elements(html: str) -> list[tuple[str, dict[str, str | None]]]:
    return Elements(html).found


def inline(html: str, tag: str) -> list[str]:
    return re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)


@pytest.fixture(scope="module")
def page(rehearsed_film: Path) -> str:
    return board_text(rehearsed_film, rehearsal=True)


def test_nothing_is_loaded_from_elsewhere(page: str) -> None:
    addresses = [
        value or ""
        for _, attributes in elements(page)
        for name, value in attributes.items()
        if name in ("src", "href", "poster", "action", "data", "srcset")
    ]
    assert addresses
    assert not [each for each in addresses if re.match(r"(?!data:)[a-z]+:|//", each)]
    assert "http://" not in page
    assert "https://" not in page
    assert "@import" not in page
    assert "url(" not in page


def test_policy_allows_its_own_style_and_scripts_by_hash(page: str) -> None:
    policy = next(attributes["content"] or "" for _, attributes in elements(page) if "http-equiv" in attributes)
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for text in (*inline(page, "style"), *inline(page, "script")):
        assert f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" in policy
    assert "connect-src 'none'" in policy


def test_no_element_has_a_style_or_handler_of_its_own(page: str) -> None:
    names = {name for _, attributes in elements(page) for name in attributes}
    assert "style" not in names
    assert not [each for each in names if each.startswith("on")]


def test_ids_are_unique(page: str) -> None:
    ids = [attributes["id"] for _, attributes in elements(page) if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_videos_wait_until_they_are_wanted(page: str) -> None:
    videos = [attributes for tag, attributes in elements(page) if tag == "video" and "src" in attributes]
    assert len(videos) == 5
    assert {each["preload"] for each in videos} == {"none"}
    assert all((each["poster"] or "").startswith("data:image/jpeg;base64,") for each in videos)


def test_clips_are_linked_relative_to_the_page(page: str, rehearsed_film: Path) -> None:
    sources = [attributes["src"] or "" for tag, attributes in elements(page) if tag == "video" and "src" in attributes]
    assert all((rehearsed_film / "rehearsal" / each).is_file() for each in sources)


def test_page_in_another_folder_links_the_same_clips(rehearsed_film: Path, tmp_path: Path) -> None:
    out = tmp_path / "a folder" / "b#?.html"
    write_board(Source.rehearsed(rehearsed_film), out)
    found = [attributes for tag, attributes in elements(out.read_text("utf-8")) if tag == "video"]
    assert (out.parent / (found[0]["src"] or "")).resolve().is_file()


def test_embedded_clips_need_no_other_file(rehearsed_film: Path, tmp_path: Path) -> None:
    out = write_board(Source.rehearsed(rehearsed_film), tmp_path / "b.html", embed=True)
    sources = [each["src"] for tag, each in elements(out.read_text("utf-8")) if tag == "video" and "src" in each]
    assert {(each or "")[:22] for each in sources} == {"data:video/mp4;base64,"}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_prompt_shows_as_text(tmp_path: Path, text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    shots = f'[shot.walk]\nprompt = "{quoted} {{{{ light }}}}"\nnotes = "{quoted}"\ntags = ["{quoted}"]\n'
    film = write_film(tmp_path / "film", shots)
    html = board_text(film)
    assert " ".join(text.split()) in " ".join(visible(html).split())
    assert {tag for tag, _ in elements(html)}.isdisjoint({"alert", "b-x"})
    assert len(inline(html, "script")) == 2
    assert not [each for tag, each in elements(html) if tag == "img" and each.get("src") == "x"]


def test_hostile_values_stay_inside_their_attributes(tmp_path: Path) -> None:
    value = '\\"><script>alert(1)</script>'
    shots = f'[shot.walk]\nprompt = "At {{{{ light }}}}"\n[shot.walk.matrix]\naxes = {{ light = ["{value}", "b"] }}\n'
    html = board_text(write_film(tmp_path / "film", shots))
    assert "<script>alert" not in html
    assert len(inline(html, "script")) == 2


def test_title_of_any_script_finds_its_direction(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film", SHOTS)
    text = (film / "project.toml").read_text("utf-8")
    (film / "project.toml").write_text(text.replace('"film"', '"\\u05d0\\u05d1"', 1), "utf-8")
    assert '<h1 dir="auto">\u05d0\u05d1</h1>' in board_text(film)


def test_default_page_lies_beside_the_project_or_its_rehearsal(rehearsed_film: Path, tmp_path: Path) -> None:
    assert Source(rehearsed_film).default_out == rehearsed_film / "board.html"
    assert Source.rehearsed(rehearsed_film / "project.toml").default_out == (
        rehearsed_film / "rehearsal" / "board.html"
    )


def test_folder_in_its_place_is_told(rehearsed_film: Path, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="is a folder"):
        write_board(Source(rehearsed_film), tmp_path)


@pytest.mark.parametrize("lost", ["</main>", '<meta name="generator" content="kling-render board">\n'])
def test_earlier_board_is_written_over_also_one_from_before_it_was_named(
    rehearsed_film: Path, tmp_path: Path, lost: str
) -> None:
    out = write_board(Source.rehearsed(rehearsed_film), tmp_path / "b.html")
    page = out.read_text("utf-8")
    assert lost in page
    out.write_text(page.replace(lost, ""), "utf-8")
    write_board(Source.rehearsed(rehearsed_film), out)
    assert out.read_text("utf-8") == page


@pytest.mark.parametrize("content", [b"", b"\0\0\0\x20ftypisom", b'<!DOCTYPE html>\n<html lang="en">\n<head>\n'])
def test_anything_but_a_board_is_left_alone(rehearsed_film: Path, tmp_path: Path, content: bytes) -> None:
    out = tmp_path / "board.html"
    out.write_bytes(content)
    with pytest.raises(StorageError, match="is there, and is no board of kling-render"):
        write_board(Source.rehearsed(rehearsed_film), out)
    assert out.read_bytes() == content


def test_same_state_gives_the_same_page(rehearsed_film: Path, tmp_path: Path) -> None:
    source = Source.rehearsed(rehearsed_film)
    first, second = (write_board(source, tmp_path / name).read_bytes() for name in ("a.html", "b.html"))
    assert first == second
