"""What the board shows: cards in the order of the film, takes, states, sums, the film's parts."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kling_render.errors import InvalidProjectError, StorageError, UsageError
from kling_render.ledger import write_note
from kling_render.planning import Selection
from kling_render.report.board import Source, read_source
from kling_render.report.board.data import board_view
from kling_render.report.board.media import Media, RelativeLinks
from kling_render.report.board.view import BoardView, CardView

from .boards import HEAD, SHOTS, pick_made, write_film


def view_of(film: Path, *, rehearsal: bool = False, selection: Selection | None = None) -> BoardView:
    _, known = read_source((Source.rehearsed if rehearsal else Source)(film, selection=selection))
    return board_view(known, Media(known.clip_folder, RelativeLinks(film), {}))


def cards_of(film: Path, *, rehearsal: bool = False) -> dict[str, CardView]:
    return {card.address: card for section in view_of(film, rehearsal=rehearsal).sections for card in section.cards}


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return write_film(tmp_path / "film")


def test_cards_stand_in_the_order_of_the_film(film: Path) -> None:
    cards = cards_of(film)
    assert list(cards) == ["arrival", "walk", "turn[lens=24mm]", "turn[lens=85mm]"]
    assert [card.place for card in cards.values()] == ["1", "2", "3", ""]


def test_shot_outside_of_the_film_comes_last(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film", SHOTS.replace('["arrival", "walk", "turn"]', '["turn", "turn"]'))
    cards = cards_of(film)
    assert list(cards)[:2] == ["turn[lens=24mm]", "turn[lens=85mm]"]
    assert [card.place for card in cards.values()] == ["1, 2", "", "", ""]


def test_card_tells_what_the_project_says(film: Path) -> None:
    card = cards_of(film)["walk"]
    assert (card.title, card.shot, card.tags, card.notes) == ("S01_010", "walk", ("night",), "keep the umbrella out")
    assert card.length == "0:03"
    assert [(each.name, each.sent) for each in card.cast] == [("mira", "in words: it has no pictures")]
    assert ("model", "kling-3.0") in card.parameters
    assert [take.address for take in card.takes] == ["walk#1", "walk#2"]


def test_prompt_is_marked_with_the_sources_of_its_variables(film: Path) -> None:
    (cut,) = cards_of(film)["walk"].cuts
    assert [(each.text, each.variable) for each in cut.spans] == [
        ("Mira, red coat", "element.mira"), (" crosses the deck at ", ""), ("dusk", "light"),
    ]  # fmt: skip
    assert cut.spans[2].source == "vars, project.toml:12"
    assert "project.toml:13" in cut.spans[0].source


def test_no_path_of_the_machine_stands_in_sources(film: Path) -> None:
    spans = [span for card in cards_of(film).values() for cut in card.cuts for span in cut.spans]
    assert not [each for each in spans if str(film) in each.source]


def test_cuts_of_a_sequence_have_their_times(film: Path) -> None:
    cuts = cards_of(film)["arrival"].cuts
    assert [(each.start, each.seconds, each.x, each.width) for each in cuts] == [(0, 3, 0, 600), (3, 2, 600, 400)]


def test_takes_that_were_not_bought_have_no_clip(film: Path) -> None:
    takes = [take for card in cards_of(film).values() for take in card.takes]
    assert {(take.state, take.tone, take.source, take.is_standing) for take in takes} == {("new", "plain", "", False)}
    assert cards_of(film)["walk"].choice == "missing"


def test_rehearsed_takes_have_clips_that_nobody_picks(rehearsed_film: Path) -> None:
    first, second = cards_of(rehearsed_film, rehearsal=True)["walk"].takes
    assert (first.state, first.tone, first.can_pick) == ("rehearsed", "good", False)
    assert (first.is_standing, second.is_standing) == (True, False)
    assert first.source.startswith("rehearsal/default/S01_010/")


def test_rehearsed_clips_do_not_count_as_bought(rehearsed_film: Path) -> None:
    facts = dict(view_of(rehearsed_film).facts)
    assert (facts["settled"], facts["to pay"]) == ("$0.00", facts["estimated"])
    assert "settled" not in dict(view_of(rehearsed_film, rehearsal=True).facts)


def test_film_is_as_long_as_its_parts(rehearsed_film: Path) -> None:
    (reel,) = view_of(rehearsed_film, rehearsal=True).reels
    assert (reel.length, reel.is_missing) == ("0:11", 0)
    assert [(part["start"], part["seconds"], part["cuts"]) for part in reel.parts] == [
        (0, 5, [0, 3]), (5, 3, [0]), (8, 3, [0]),
    ]  # fmt: skip


def test_older_take_keeps_the_words_that_it_was_made_with(rehearsed_film: Path, tmp_path: Path) -> None:
    film = Path(shutil.copytree(rehearsed_film, tmp_path / "film"))
    pick_made(film, "walk#2")
    text = (film / "project.toml").read_text("utf-8")
    (film / "project.toml").write_text(text.replace("crosses", "limps across"), "utf-8")
    view = view_of(film, rehearsal=True)
    (part,) = [each for each in view.reels[0].parts if each["address"] == "walk#2"]
    assert (part["choice"], part["words"]) == ("stale", ["Mira, red coat crosses the deck at dusk"])
    card = cards_of(film, rehearsal=True)["walk"]
    assert card.cuts[0].text == "Mira, red coat limps across the deck at dusk"
    assert [each.words for each in card.takes] == [
        (), (), ("Mira, red coat crosses the deck at dusk",), ("Mira, red coat crosses the deck at dusk",),
    ]  # fmt: skip


def test_older_take_of_the_same_words_does_not_repeat_them(rehearsed_film: Path, tmp_path: Path) -> None:
    film = Path(shutil.copytree(rehearsed_film, tmp_path / "film"))
    text = (film / "project.toml").read_text("utf-8")
    (film / "project.toml").write_text(text.replace("takes = 2\n", "takes = 2\nduration_seconds = 4\n"), "utf-8")
    older = [each for each in cards_of(film, rehearsal=True)["walk"].takes if each.is_older]
    assert [each.words for each in older] == [(), ()]


def test_versions_have_their_own_cards_and_film(tmp_path: Path) -> None:
    head = HEAD + '[versions]\naxes = { lang = ["en", "de"] }\n'
    view = view_of(write_film(tmp_path / "film", '[shot.walk]\nprompt = "Walk, {{ lang }}"\n', head))
    assert [section.version for section in view.sections] == ["en", "de"]
    assert [reel.version for reel in view.reels] == ["en", "de"]
    assert [each.key for each in view.filters] == ["version"]


def test_selection_leaves_cards_and_parts_out(film: Path) -> None:
    view = view_of(film, selection=Selection.parse(["walk"]))
    assert [card.address for section in view.sections for card in section.cards] == ["walk"]
    assert [part["address"] for part in view.reels[0].parts] == ["walk#1"]


def test_selection_that_matches_nothing_is_refused(film: Path) -> None:
    with pytest.raises(UsageError, match="run"):
        view_of(film, selection=Selection.parse(["run"]))


def test_filters_are_what_tells_cards_apart(film: Path) -> None:
    found = {each.key: each.values for each in view_of(film).filters}
    assert found["shot"] == ("arrival", "walk", "turn")
    assert found["axis lens"] == ("24mm", "85mm")
    assert found["tag"] == ("night",)
    assert "scene" not in found


def test_warning_stands_on_the_card_of_its_shot(tmp_path: Path) -> None:
    twin = '[shot.walk]\nprompt = "Same"\n[shot.run]\nprompt = "Same"\n'
    cards = cards_of(write_film(tmp_path / "film", twin))
    assert [len(card.warnings) for card in cards.values()] == [0, 1]


def test_note_stands_on_its_card(film: Path) -> None:
    write_note(film / "notes.toml", "walk", "the left hand")
    assert cards_of(film)["walk"].note == "the left hand"


def test_project_with_faults_is_refused_with_all_of_them(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film", '[shot.walk]\nprompt = "{{ nobody }}"\n')
    with pytest.raises(InvalidProjectError, match="nobody"):
        view_of(film)


def test_film_without_a_rehearsal_says_how_to_make_one(film: Path) -> None:
    with pytest.raises(StorageError, match="there is no rehearsal"):
        view_of(film, rehearsal=True)
