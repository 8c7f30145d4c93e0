from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Cli, edit


def test_rehearsal_ends_with_bill_paths_and_zero(cli: Cli, film: Path) -> None:
    ran = cli("rehearse", film)
    assert ran.exit_code == 0
    assert "A render would cost $0.84" in ran.out
    clips = sorted(path.relative_to(film.parent).as_posix() for path in film.rglob("walk-*.mp4"))
    assert len(clips) == 2
    assert all(clip in ran.out for clip in clips)
    assert "walk#1  submitted for $0.42" in ran.err


def test_rehearsal_leaves_a_board_with_its_clips(cli: Cli, film: Path) -> None:
    ran = cli("rehearse", film)
    assert ran.out.endswith("board: film/rehearsal/board.html\n")
    assert (film / "rehearsal" / "board.html").read_text("utf-8").count("<video preload") == 2


def test_rehearsal_elsewhere_leaves_its_board_there(cli: Cli, film: Path, tmp_path: Path) -> None:
    board = Path(json.loads(cli("rehearse", film, "--out", tmp_path / "elsewhere", "--format", "json").out)["board"])
    assert board == tmp_path / "elsewhere" / "board.html"
    assert 'src="default/walk/walk-t1-' in board.read_text("utf-8")


def test_rehearsal_over_budget_still_rehearses_and_says_so(cli: Cli, film: Path) -> None:
    file = film / "project.toml"
    file.write_text(file.read_text("utf-8").replace("max_usd = 5", "max_usd = 0.50"), "utf-8")
    ran = cli("rehearse", film)
    assert ran.exit_code == 0
    assert "A render would refuse: $0.84 would break max_usd = $0.50" in ran.out


def test_json_outcome_names_every_take_and_clip(cli: Cli, film: Path, tmp_path: Path) -> None:
    ran = cli("rehearse", film, "--out", tmp_path / "elsewhere", "--format", "json")
    outcome = json.loads(ran.out)
    assert [take["state"] for take in outcome["takes"]] == ["downloaded", "downloaded"]
    assert outcome["run_usd"] == "0.84"
    assert (tmp_path / outcome["takes"][0]["clip"]).is_file()


def test_folder_with_other_things_is_not_cleared(cli: Cli, film: Path, tmp_path: Path) -> None:
    keep = tmp_path / "mine" / "letter.txt"
    keep.parent.mkdir()
    keep.write_text("dear", "utf-8")
    ran = cli("rehearse", film, "--out", keep.parent)
    assert ran.exit_code == 12
    assert keep.read_text("utf-8") == "dear"


def test_rehearsal_makes_the_animatic(cli: Cli, film: Path) -> None:
    ran = cli("rehearse", film)
    assert "rehearsal/default/film.mp4\n  3.00 s, 1280x720, 12 fps, picture copied, no sound" in ran.out
    assert (film / "rehearsal/default/film.mp4").is_file()


def test_animatic_of_a_selection_has_what_was_asked_for(cli: Cli, film: Path) -> None:
    file = film / "project.toml"
    file.write_text(file.read_text("utf-8") + '[shot.run]\nprompt = "She runs"\n', "utf-8")
    ran = cli("rehearse", film, "--only", "run", "--format", "json")
    (animatic,) = json.loads(ran.out)["films"]
    assert [shot["address"] for shot in animatic["shots"]] == ["run#1"]


def test_animatic_has_the_same_bytes_each_time(cli: Cli, film: Path) -> None:
    animatic = film / "rehearsal/default/film.mp4"
    cli("rehearse", film)
    before = animatic.read_bytes()
    cli("rehearse", film)
    assert animatic.read_bytes() == before


@pytest.fixture
def refused(tmp_path: Path) -> Path:
    """A scenario in which nothing is made."""
    scenario = tmp_path / "refused.toml"
    scenario.write_text(
        'schema = 1\nname = "refused"\ndescription = "Nothing is made."\n[[rule]]\nendpoint = "create"\n'
        'fault = { kind = "task_failure", text = "the model could not make this clip" }\n',
        "utf-8",
    )
    return scenario


def test_take_that_goes_wrong_has_a_placeholder_in_the_animatic(cli: Cli, film: Path, refused: Path) -> None:
    ran = cli("rehearse", film, "--scenario", refused, "--format", "json")
    (animatic,) = json.loads(ran.out)["films"]
    assert ran.exit_code == 7
    assert [(shot["address"], shot["choice"]) for shot in animatic["shots"]] == [("walk#1", "missing")]


def test_rehearsal_without_film_makes_none(cli: Cli, film: Path) -> None:
    ran = cli("rehearse", film, "--no-film")
    assert "film.mp4" not in ran.out
    assert not (film / "rehearsal/default/film.mp4").exists()


def in_two_versions(film: Path) -> None:
    """Make the film in English and French; its one take is the same in both."""
    edit(film, "takes = 2", '[versions]\naxes = { lang = ["en", "fr"] }')


def test_take_that_versions_share_is_counted_once_and_its_clip_is_named_once(cli: Cli, film: Path) -> None:
    in_two_versions(film)
    ran = cli("rehearse", film, "--no-film")
    rows = [line.split() for line in ran.out.splitlines() if "/walk#1" in line]
    assert [" ".join(row[-3:]) for row in rows] == ["downloaded $0.42 $0.42", "s 720p shared"]
    assert ran.out.count("walk-t1-") == 1
    assert "A render would cost $0.42" in ran.out


def test_take_that_versions_share_is_marked_for_machines(cli: Cli, film: Path) -> None:
    in_two_versions(film)
    takes = json.loads(cli("rehearse", film, "--no-film", "--format", "json").out)["takes"]
    assert [(take["address"], take["shared"]) for take in takes] == [("en/walk#1", False), ("fr/walk#1", True)]


def test_undelivered_take_that_versions_share_has_its_reason(cli: Cli, film: Path, refused: Path) -> None:
    in_two_versions(film)
    ran = cli("rehearse", film, "--scenario", refused)
    assert ran.exit_code == 7
    assert "fr/walk#1: it shares the take of en/walk#1, which is not here\n" in ran.err
    assert "not started" not in ran.err


def test_rehearsal_says_that_placeholders_stand_in_the_animatic(cli: Cli, film: Path, refused: Path) -> None:
    in_two_versions(film)
    ran = cli("rehearse", film, "--scenario", refused)
    assert ran.err.endswith("en: placeholders stand for en/walk#1\nfr: placeholders stand for fr/walk#1\n")


def test_advice_about_a_failed_take_is_of_a_render(cli: Cli, film: Path, refused: Path) -> None:
    ran = cli("rehearse", film, "--scenario", refused)
    assert "  A render buys it anew with --retry-failed, or at once" in ran.err
