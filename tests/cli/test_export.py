"""`export`: the film as it is cut now, in files for others."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import opentimelineio as otio
import pytest

from mock_server.doors.server import RunningServer

from .conftest import Cli, edit

FORMS = ("otio", "edl", "csv", "contact-sheet")


def shot_list(cli: Cli, film: Path) -> dict[str, str]:
    cli("export", film, "--to", "csv")
    with (film / "exports" / "default" / "film.csv").open(encoding="utf-8-sig", newline="") as text:
        (row,) = csv.DictReader(text)
    return row


def test_files_go_beside_the_project_and_are_named(cli: Cli, film: Path) -> None:
    ran = cli("export", film, *(word for form in FORMS for word in ("--to", form)))
    assert ran.exit_code == 0
    assert ran.out.splitlines() == [f"film/exports/default/film{end}" for end in (".otio", ".edl", ".csv", ".png")]
    assert ran.err == "1 of 1 shot without a clip here: walk\n"
    assert all(Path(line).stat().st_size for line in ran.out.splitlines())


def test_export_needs_no_key_and_writes_nothing_else(cli: Cli, film: Path) -> None:
    cli("export", film, "--to", "otio")
    written = [path.relative_to(film).as_posix() for path in film.rglob("*") if path.is_file()]
    assert sorted(written) == ["exports/default/film.otio", "project.toml"]


def test_picked_take_stands_in_the_export(cli: Cli, film: Path, at_server: RunningServer) -> None:
    cli("render", film, "--yes")
    assert shot_list(cli, film)["address"] == "walk#1"
    cli("pick", "walk#2", "--project", film)
    row = shot_list(cli, film)
    assert [row[name] for name in ("address", "take", "choice", "charged_usd")] == ["walk#2", "2", "picked", "0.42"]
    assert (film / row["clip"]).is_file()
    assert row["task_id"]


def test_timeline_links_the_bought_clip_with_its_task_and_price(cli: Cli, film: Path, at_server: RunningServer) -> None:
    cli("render", film, "--yes")
    ran = cli("export", film, "--to", "otio")
    file = Path(ran.out.strip())
    timeline = otio.adapters.read_from_file(str(file))
    (clip,) = timeline.video_tracks()[0]
    assert (file.parent / clip.media_reference.target_url).is_file()
    bought = json.loads(cli("takes", film, "--format", "json").out)["takes"][0]
    facts = clip.metadata["kling_render"]
    assert (facts["task_id"], facts["charged_usd"]) == (bought["task_id"], bought["settled_usd"])


def test_stale_pick_keeps_its_place_with_the_prompt_that_it_was_made_from(
    cli: Cli, film: Path, at_server: RunningServer
) -> None:
    cli("render", film, "--yes")
    cli("pick", "walk#2", "--project", film)
    edit(film, "She crosses", "She limps across")
    row = shot_list(cli, film)
    assert [row[name] for name in ("address", "choice", "prompt")] == ["walk#2", "stale", "She crosses the deck"]


def test_clip_that_was_deleted_is_missing_and_told(cli: Cli, film: Path, at_server: RunningServer) -> None:
    cli("render", film, "--yes")
    for clip in film.rglob("*.mp4"):
        clip.unlink()
    ran = cli("export", film, "--to", "otio")
    assert ran.err == "1 of 1 shot without a clip here: walk\n"
    (clip,) = otio.adapters.read_from_file(ran.out.strip()).video_tracks()[0]
    assert isinstance(clip.media_reference, otio.schema.MissingReference)


def test_rehearsed_film_is_exported_beside_its_clips(cli: Cli, film: Path) -> None:
    cli("rehearse", film)
    ran = cli("export", film, "--rehearsal", "--to", "otio")
    assert (ran.exit_code, ran.out, ran.err) == (0, "film/rehearsal/default/film.otio\n", "")


def test_rehearsal_writes_its_shot_list_without_being_asked(cli: Cli, film: Path, tmp_path: Path) -> None:
    ran = cli("rehearse", film, "--out", tmp_path / "elsewhere")
    assert "shot list: elsewhere/default/film.csv\n" in ran.out
    with (tmp_path / "elsewhere" / "default" / "film.csv").open(encoding="utf-8-sig", newline="") as text:
        (row,) = csv.DictReader(text)
    assert (tmp_path / row["clip"]).is_file()


def test_rehearsal_that_was_not_made_is_a_usage_error(cli: Cli, film: Path) -> None:
    ran = cli("export", film, "--rehearsal", "--to", "otio")
    assert ran.exit_code == 2
    assert "there is no rehearsal yet" in ran.err


VERSIONS = '[versions]\naxes = { lang = ["en", "de"] }\n'


def test_one_version_is_chosen_by_its_value(cli: Cli, film: Path) -> None:
    edit(film, "[shot.walk]", f"{VERSIONS}[shot.walk]")
    ran = cli("export", film, "--to", "csv", "--version", "de", "--out", "shots.csv")
    assert (ran.exit_code, ran.out) == (0, "shots.csv\n")


def test_unknown_version_names_those_that_there_are(cli: Cli, film: Path) -> None:
    edit(film, "[shot.walk]", f"{VERSIONS}[shot.walk]")
    ran = cli("export", film, "--to", "csv", "--version", "fr")
    assert ran.exit_code == 2
    assert "There are en, de." in ran.err


def test_several_versions_do_not_go_into_one_file(cli: Cli, film: Path) -> None:
    edit(film, "[shot.walk]", f"{VERSIONS}[shot.walk]")
    ran = cli("export", film, "--to", "csv", "--out", "shots.csv")
    assert ran.exit_code == 2
    assert "2 versions do not go into one file" in ran.err


def test_name_of_another_form_is_a_usage_error(cli: Cli, film: Path) -> None:
    ran = cli("export", film, "--to", "otio", "--out", "shots.csv")
    assert (ran.exit_code, ran.err.partition("\n")[0]) == (2, "error: shots.csv is no name for this: it ends in .otio")


def test_folder_of_ones_own(cli: Cli, film: Path) -> None:
    assert cli("export", film, "--to", "edl", "--out", "hand-over").out == "hand-over/film.edl\n"


@pytest.mark.parametrize("form", FORMS)
def test_file_that_cannot_be_written_is_a_storage_error_and_leaves_what_was_there(
    cli: Cli, film: Path, tmp_path: Path, form: str
) -> None:
    (tmp_path / "taken").write_text("mine", "utf-8")
    ran = cli("export", film, "--to", form, "--out", tmp_path / "taken" / "deeper")
    assert ran.exit_code == 12
    assert (tmp_path / "taken").read_text("utf-8") == "mine"


def test_form_must_be_named(cli: Cli, film: Path) -> None:
    assert cli("export", film).exit_code == 2
