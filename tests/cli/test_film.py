"""`film`, and `--split` of film and takes: what stands for each shot, and the files that are made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import av
import pytest

from mock_server.doors.server import RunningServer

from .conftest import Cli, clips, edit

SHOTS = """\
schema = 1
[project]
name = "film"
id = "film-1"
[budget]
max_usd = 50
[defaults]
model = "kling-3.0"
duration_seconds = 3
output_resolution = "720p"
[shot.walk]
prompt = "She crosses the deck"
takes = 2
[shot.arrival]
[[shot.arrival.sequence]]
prompt = "Ferry horn"
duration_seconds = 2
[[shot.arrival.sequence]]
prompt = "Steps ashore"
duration_seconds = 3
[film]
order = ["arrival", "walk"]
"""


@pytest.fixture
def film(tmp_path: Path) -> Path:
    folder = tmp_path / "film"
    folder.mkdir()
    (folder / "project.toml").write_text(SHOTS, "utf-8")
    return folder


@pytest.fixture
def bought(cli: Cli, film: Path, at_server: RunningServer) -> Path:
    cli("render", film, "--yes")
    return film


def made(cli: Cli, film: Path, *options: str) -> list[dict[str, Any]]:
    ran = cli("film", film, "--format", "json", *options)
    assert ran.exit_code == 0, ran.err
    films: list[dict[str, Any]] = json.loads(ran.out)["films"]
    return films


def standing(film: dict[str, Any]) -> list[tuple[str, str]]:
    return [(shot["address"], shot["choice"]) for shot in film["shots"]]


def decoded(path: str | Path) -> tuple[float, int, int, bool]:
    """Seconds, width, height and sound of a file, every frame decoded."""
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        rate, size, count = video.average_rate or 1, (video.width, video.height), 0
        for _ in container.decode(video):
            count += 1
        return float(count / rate), *size, bool(container.streams.audio)


def test_film_has_the_first_takes_in_film_order_and_is_copied(cli: Cli, bought: Path) -> None:
    ran = cli("film", bought)
    rows = [line.split() for line in ran.out.splitlines()]
    assert ran.exit_code == 0
    assert ["0.00", "arrival#1", "first", "take", "5.00"] in rows
    assert ["5.00", "walk#1", "first", "take", "3.00"] in rows
    assert "film.mp4\n  8.00 s, 1280x720, 12 fps, picture copied, no sound" in ran.out
    assert "stitching film.mp4, 8.0 s" in ran.err
    (path,) = bought.rglob("film.mp4")
    assert path.parent.name == "default"
    assert decoded(path) == (8, 1280, 720, False)


def test_picked_take_stands_for_its_shot(cli: Cli, bought: Path) -> None:
    cli("pick", "walk#2", "--project", bought)
    assert standing(made(cli, bought)[0]) == [("arrival#1", "first"), ("walk#2", "picked")]


def test_stale_pick_stands_and_is_told(cli: Cli, bought: Path) -> None:
    cli("pick", "walk#2", "--project", bought)
    edit(bought, "She crosses", "She limps across")
    ran = cli("film", bought)
    assert "picked, of an older prompt" in ran.out
    assert "walk#2 was picked for an older prompt" in ran.err
    assert ran.exit_code == 0


def test_missing_clip_has_a_placeholder_that_is_told(cli: Cli, bought: Path) -> None:
    edit(bought, "[film]\norder = [", '[shot.later]\nprompt = "Not yet"\n[film]\norder = ["later", ')
    ran = cli("film", bought)
    assert ran.exit_code == 0
    assert "MISSING: not made yet" in ran.out
    assert "placeholders stand for later#1" in ran.err
    (path,) = bought.rglob("film.mp4")
    assert decoded(path) == (11, 1280, 720, False)


def test_clip_whose_file_is_gone_has_a_placeholder(cli: Cli, bought: Path) -> None:
    next(path for path in bought.rglob("walk-t1-*.mp4")).unlink()
    shots = made(cli, bought)[0]["shots"]
    assert [(shot["clip"] is None, shot["missing"]) for shot in shots] == [(False, None), (True, "its file is gone")]


def test_complete_film_is_demanded_and_its_lack_is_exit_7(cli: Cli, bought: Path) -> None:
    assert cli("film", bought, "--complete").exit_code == 0
    next(path for path in bought.rglob("walk-t1-*.mp4")).unlink()
    ran = cli("film", bought, "--complete")
    assert ran.exit_code == 7
    assert "placeholders stand for 1 of 2 clips\n  Missing: walk#1." in ran.err
    assert list(bought.rglob("film.mp4"))


def test_film_of_nothing_bought_is_placeholders_alone(cli: Cli, film: Path) -> None:
    (animatic,) = made(cli, film, "--size", "640x360")
    assert decoded(animatic["path"]) == (8, 640, 360, False)
    assert standing(animatic) == [("arrival#1", "missing"), ("walk#1", "missing")]


def test_each_version_has_its_film(cli: Cli, film: Path) -> None:
    edit(film, "[shot.walk]", '[versions]\naxes = { aspect_ratio = ["16:9", "9:16"] }\n[shot.walk]')
    both = made(cli, film)
    assert [(each["version"], Path(each["path"]).name) for each in both] == [
        ("16:9", "film-16-9.mp4"), ("9:16", "film-9-16.mp4")
    ]  # fmt: skip
    assert [decoded(each["path"])[1:3] for each in both] == [(1280, 720), (720, 1280)]


def test_one_version_is_chosen_and_goes_where_it_is_told(cli: Cli, film: Path, tmp_path: Path) -> None:
    edit(film, "[shot.walk]", '[versions]\naxes = { lang = ["en", "de"] }\n[shot.walk]')
    edit(film, "She crosses the deck", "She says {{ lang }}")
    out = tmp_path / "cut" / "german.mp4"
    (german,) = made(cli, film, "--version", "de", "--out", str(out))
    assert (german["version"], german["path"]) == ("de", str(out))
    assert out.is_file()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--version", "fr"), "there is no version fr\n  There are: en, de"),
        (("--out", "film.mp4"), "2 films do not fit into one file\n  Choose with --version: en, de"),
    ],
)
def test_version_that_is_none_or_not_one_is_a_usage_error(
    cli: Cli, film: Path, options: tuple[str, ...], message: str
) -> None:
    edit(film, "[shot.walk]", '[versions]\naxes = { lang = ["en", "de"] }\n[shot.walk]')
    edit(film, "She crosses the deck", "She says {{ lang }}")
    ran = cli("film", film, *options)
    assert ran.exit_code == 2
    assert message in ran.err


@pytest.mark.parametrize("size", ["1280", "1281x720", "8x8", "axb", "20000x20000"])
def test_size_that_is_none_is_a_usage_error(cli: Cli, film: Path, size: str) -> None:
    assert cli("film", film, "--size", size).exit_code == 2


def test_size_rate_and_timecode_are_as_told(cli: Cli, bought: Path) -> None:
    (film,) = made(cli, bought, "--size", "360x640", "--fps", "24", "--timecode")
    assert (film["width"], film["height"], film["fps"], film["picture"]) == (360, 640, 24, "encoded")
    assert decoded(film["path"]) == (8, 360, 640, False)


def test_film_is_written_anew_but_never_over_a_clip(cli: Cli, bought: Path) -> None:
    made(cli, bought)
    made(cli, bought)
    clip = next(path for path in bought.rglob("walk-t1-*.mp4"))
    before = clip.read_bytes()
    ran = cli("film", bought, "--out", clip)
    assert ran.exit_code == 12
    assert "is there, and is no film of kling-render" in ran.err
    assert clip.read_bytes() == before


def test_damaged_clip_is_named_and_nothing_is_written(cli: Cli, bought: Path) -> None:
    clip = next(path for path in bought.rglob("walk-t1-*.mp4"))
    clip.write_bytes(clip.read_bytes()[:5000])
    ran = cli("film", bought)
    assert ran.exit_code == 12
    assert "walk#1 cannot be put into the film: " in ran.err
    assert clip.name in ran.err
    assert not list(bought.rglob("film*"))


def test_project_with_faults_is_a_usage_error(cli: Cli, film: Path) -> None:
    edit(film, "She crosses", "{{ nobody }} crosses")
    ran = cli("film", film)
    assert (ran.exit_code, "the project has faults" in ran.err) == (2, True)


def test_film_splits_the_clips_of_several_shots(cli: Cli, bought: Path) -> None:
    ran = cli("film", bought, "--split")
    parts = sorted(path for path in bought.rglob("parts/*"))
    assert [path.name.partition("-")[0] + path.name[-9:] for path in parts] == ["arrival-cut1.mp4", "arrival-cut2.mp4"]
    assert [decoded(path)[0] for path in parts] == [2, 3]
    assert all(path.name in ran.out for path in parts)
    assert ran.exit_code == 0


def test_takes_are_split_and_their_cuts_are_told(cli: Cli, bought: Path) -> None:
    (split,) = json.loads(cli("takes", bought, "--split", "--format", "json").out)["splits"]
    assert (split["address"], split["notes"]) == ("arrival#1", [])
    assert split["cuts"] == [{"declared_seconds": 2.0, "seen_seconds": 2.0}]
    before = {path: (bought / path).read_bytes() for path in clips(bought)}
    assert "(was there)" in cli("takes", bought, "--split").out
    assert {path: (bought / path).read_bytes() for path in clips(bought)} == before


def test_takes_without_a_sequence_have_nothing_to_split(cli: Cli, bought: Path) -> None:
    assert "No clip of several shots is here." in cli("takes", bought, "--only", "walk", "--split").out
