"""Renders killed with SIGKILL wherever it hurts, over real HTTP: the next run finishes, and everything is paid once."""

from __future__ import annotations

import shutil
from datetime import datetime
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from typing import IO

import pytest

from kling_render.media import probe
from mock_server import Config, running_server
from mock_server.core.messages import Request, Response

from .location import KEY, OTHER_KEY, SPEED, TAKE_MICRO_USD, Location, Started

SHOTS = ("walk", "run", "rest", "wake")


@pytest.fixture
def film(location: Location) -> Location:
    """A film of four short shots."""
    location.write(*SHOTS)
    return location


RENDERING = "kling_render.rendering"
KILL_POINTS = [
    "kling_render.ledger.store:Ledger.start_run:after:1",
    "kling_render.ledger.store:Ledger.reserve:after:1",
    "kling_render.ledger.store:Ledger.reserve:after:3",
    "kling_render.runapi:RunApi.create:after:1",
    "kling_render.runapi:RunApi.create:after:4",
    "kling_render.runapi:RunApi.task:after:5",
    "kling_render.runapi.part_files:PartFile.write:before:1",
    f"{RENDERING}.download:_put_in_place:after:1",
    "pathlib:Path.replace:before:6",
]
"""One for every gap between two writes that belong together."""
MORE_KILL_POINTS = [
    f"kling_render.{name}:{when}:{call}"
    for name in (
        "ledger.store:Ledger.reserve",
        "ledger.store:_write_intent",
        "ledger.store:_remember",
        "ledger.store:Ledger.record",
        "runapi:RunApi.create",
        "runapi:RunApi.task",
        "runapi:RunApi.download",
        "runapi.part_files:PartFile.write",
        "rendering.download:_fetched",
        "rendering.download:_put_in_place",
        "rendering.render:write_manifest",
    )
    for when in ("before", "after")
    for call in (1, 2, 3, 4)
    if call == 1 or not name.endswith("write_manifest")
] + [f"pathlib:Path.replace:{when}:{call}" for when in ("before", "after") for call in range(1, 7)]


def test_every_kill_point_is_a_function() -> None:
    for point in (*KILL_POINTS, *MORE_KILL_POINTS):
        module, attribute, _, _ = point.split(":")
        assert callable(attrgetter(attribute)(import_module(module)))


@pytest.mark.parametrize("deadly", KILL_POINTS)
def test_killed_render_is_finished_by_the_next_and_paid_once(film: Location, deadly: str) -> None:
    film.render_killed(deadly)
    film.render()
    film.assert_delivered_and_paid_once(clips=len(SHOTS))


@pytest.mark.soak
@pytest.mark.parametrize("deadly", MORE_KILL_POINTS)
def test_render_killed_at_any_write_is_finished_by_the_next_and_paid_once(film: Location, deadly: str) -> None:
    film.render_killed(deadly)
    film.render()
    film.assert_delivered_and_paid_once(clips=len(SHOTS))


def test_render_that_is_killed_once_the_server_has_acted_pays_once(
    film: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator = film.server.simulator
    running: list[Started] = []
    handle = simulator.handle

    def act_and_kill(request: Request, at: datetime) -> Response:
        response = handle(request, at)
        if request.method == "POST" and len(simulator.tasks) == 2:
            running[0].signal()
            running[0].wait()
        return response

    with monkeypatch.context() as patched:
        patched.setattr(simulator, "handle", act_and_kill)
        running.append(film.start())
        running[0].wait()
    assert len(simulator.tasks) >= 2
    film.render()
    film.assert_delivered_and_paid_once(clips=len(SHOTS))


@pytest.mark.parametrize(
    "deadly", ["kling_render.runapi:RunApi.create:after:3", "kling_render.runapi.part_files:PartFile.write:before:1"]
)
def test_ledger_that_is_lost_in_between_costs_nothing(film: Location, deadly: str) -> None:
    film.render_killed(deadly)
    shutil.rmtree(film.folder / ".kling-render")
    film.render()
    film.assert_delivered_and_paid_once(clips=len(SHOTS))


def test_copy_of_the_project_elsewhere_gets_the_clips_that_are_paid(film: Location, tmp_path: Path) -> None:
    film.render_killed("kling_render.runapi:RunApi.create:after:3")
    fresh = film.moved_to(tmp_path / "clone", with_ledger=False)
    fresh.render()
    fresh.assert_delivered_and_paid_once(clips=len(SHOTS))
    film.render()
    film.assert_delivered_and_paid_once(clips=len(SHOTS))


def test_copied_folder_with_its_ledger_goes_on_where_the_first_was_killed(film: Location, tmp_path: Path) -> None:
    film.render_killed("kling_render.ledger.store:Ledger.reserve:after:3")
    moved = film.moved_to(tmp_path / "moved", with_ledger=True)
    moved.render()
    moved.assert_delivered_and_paid_once(clips=len(SHOTS))


def test_later_runs_submit_nothing_until_something_changes(film: Location) -> None:
    assert film.render() == len(SHOTS)
    before = {path: path.read_bytes() for path in film.clips()}
    assert film.render() == 0
    text = (film.folder / "project.toml").read_text("utf-8")
    (film.folder / "project.toml").write_text(text.replace("Mira rests", "Mira rests a while"), "utf-8")
    assert film.render() == 1
    assert {path: path.read_bytes() for path in before} == before
    film.assert_delivered_and_paid_once(clips=5)


def test_another_account_finds_nothing_bought(film: Location) -> None:
    film.render()
    assert film.render(key=OTHER_KEY) == len(SHOTS)
    assert film.server.simulator.books(OTHER_KEY).settled == len(SHOTS) * TAKE_MICRO_USD


def test_real_clips_survive_a_kill_in_the_middle_of_a_download(tmp_path: Path, orders: IO[str]) -> None:
    with running_server(Config(api_keys=(KEY,)), speed=SPEED) as server:
        place = Location(tmp_path / "film", server, orders)
        place.write("walk", "run")
        place.render_killed("kling_render.runapi.part_files:PartFile.write:after:1")
        assert [path.suffix for path in place.folder.rglob("*.part")]
        place.render()
        seen = [probe(path) for path in place.clips()]
        books = server.simulator.books(KEY)
    assert [(each.seconds, each.width, each.height) for each in seen] == [(3.0, 1280, 720)] * 2
    assert (books.settled, books.reserved, list(place.folder.rglob("*.part"))) == (840_000, 0, [])
