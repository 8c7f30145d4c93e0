"""Renders killed with SIGKILL wherever it hurts, over real HTTP: the next run finishes, and everything is paid once."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import IO

import pytest

from kling_render.media import probe
from mock_server import Config, media, running_server
from mock_server.core.messages import Request, Response
from mock_server.doors.server import RunningServer
from mock_server.media import ClipSpec, Cut

KEY, OTHER_KEY = "rk-live-of-the-tests", "rk-live-of-another-account"
SPEED = 400.0
SHOTS = ("walk", "run", "rest", "wake")
PRICE_MICRO_USD = 420_000 * len(SHOTS)

FILM = """\
schema = 1
[project]
name = "night-ferry"
id = "nf-7c1e"
[budget]
max_usd = 20
[render]
concurrency = 2
[defaults]
model = "kling-3.0"
duration_seconds = 3
output_resolution = "720p"
"""


@cache
def tiny_clip(seed: int) -> bytes:
    from mock_server.media import clip

    return clip.encode(ClipSpec("", "", "", "", "", (Cut("", 1),), 32, 18, False, seed, fps=2))


@dataclass
class Started:
    """A render in a process of its own."""

    folder: Path

    @property
    def has_ended(self) -> bool:
        return (self.folder / "status").exists()

    def kill(self) -> None:
        """Kill it now, unless it has ended."""
        wait_until((self.folder / "pid").exists)
        with contextlib.suppress(ProcessLookupError):
            os.kill(int((self.folder / "pid").read_text()), signal.SIGKILL)

    def wait(self) -> tuple[int, str, str]:
        """Its exit code (minus the signal that ended it), and what it printed."""
        wait_until((self.folder / "status").exists)
        return int((self.folder / "status").read_text()), self._printed("out"), self._printed("err")

    def _printed(self, name: str) -> str:
        return (self.folder / name).read_text("utf-8")


@pytest.fixture(scope="module")
def orders() -> Iterator[IO[str]]:
    """Where renders are ordered."""
    script = Path(__file__).with_name("renderers.py")
    command = [sys.executable, "-W", "error", str(script)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own script
        assert process.stdin is not None
        yield process.stdin


@dataclass
class Location:
    """A project on disk, the server it is rendered on, and where renders are ordered."""

    folder: Path
    server: RunningServer
    orders: IO[str]

    def write(self, *shots: str) -> None:
        """Write the project: one shot for each name."""
        written = (f'[shot.{name}]\nprompt = "Mira {name}s"\n' for name in shots)
        self.folder.mkdir(exist_ok=True)
        (self.folder / "project.toml").write_text(FILM + "".join(written), "utf-8")

    def start(self, deadly: str = "", *, key: str = KEY) -> Started:
        """Start a render."""
        environment = {
            "RUNAPI_BASE_URL": self.server.url,
            "RUNAPI_API_KEY": key,
            "KLING_RENDER_POLL_INTERVAL_SECONDS": "0.02",
            "NO_PROXY": "127.0.0.1",
        }
        folder = Path(tempfile.mkdtemp(dir=self.folder.parent))
        order = {"project": str(self.folder), "environment": environment, "deadly": deadly, "folder": str(folder)}
        self.orders.write(json.dumps(order) + "\n")
        self.orders.flush()
        return Started(folder)

    def render(self, *, key: str = KEY) -> int:
        """Render to the end; returns how many attempts were submitted or repeated."""
        exit_code, out, err = self.start(key=key).wait()
        assert exit_code == 0, err
        return int(out)

    def render_killed(self, deadly: str) -> None:
        """Render until the function is called that the process does not survive."""
        exit_code, _, err = self.start(deadly).wait()
        assert exit_code == -signal.SIGKILL, f"{deadly} was never reached: {err}"

    def clips(self) -> list[Path]:
        """All clips of the project."""
        return sorted(self.folder.rglob("*.mp4"))

    def assert_delivered_and_paid_once(self, *, clips: int = len(SHOTS), micro_usd: int = PRICE_MICRO_USD) -> None:
        """Every clip is whole, nothing half done lies about, and the server charged the plan's price exactly."""
        assert [probe(path).width for path in self.clips()] == [32] * clips
        assert not list(self.folder.rglob("*.part"))
        manifest = json.loads(next(self.folder.glob("renders-*/default/manifest.json")).read_text("utf-8"))
        assert {take["state"] for take in manifest["takes"]} == {"downloaded"}
        books = self.server.simulator.books(KEY)
        assert (books.settled, books.reserved) == (micro_usd, 0)


@pytest.fixture
def location(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, orders: IO[str]) -> Iterator[Location]:
    """A film of four short shots and a quick server with tiny clips."""
    monkeypatch.setattr(media, "encode", lambda spec: tiny_clip(spec.seed))
    with running_server(Config(api_keys=(KEY, OTHER_KEY)), speed=SPEED) as server:
        place = Location(tmp_path / "film", server, orders)
        place.write(*SHOTS)
        yield place


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
        "rendering.download:_look",
        "rendering.download:_put_in_place",
        "rendering.render:write_manifest",
    )
    for when in ("before", "after")
    for call in (1, 2, 3, 4)
    if call == 1 or not name.endswith("write_manifest")
]


@pytest.mark.parametrize("deadly", KILL_POINTS)
def test_killed_render_is_finished_by_the_next_and_paid_once(location: Location, deadly: str) -> None:
    location.render_killed(deadly)
    location.render()
    location.assert_delivered_and_paid_once()


@pytest.mark.soak
@pytest.mark.parametrize("deadly", MORE_KILL_POINTS)
def test_render_killed_at_any_write_is_finished_by_the_next_and_paid_once(location: Location, deadly: str) -> None:
    location.render_killed(deadly)
    location.render()
    location.assert_delivered_and_paid_once()


def kill_after(location: Location, seconds: float) -> None:
    """Start a render and kill it some time after the server first heard of it."""
    heard, started = location.server.simulator.now, location.start()
    wait_until(lambda: location.server.simulator.now > heard or started.has_ended)
    time.sleep(seconds)
    started.kill()
    started.wait()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def kill_a_few_times(location: Location, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - repeatable
    for _ in range(dice.randint(2, 4)):
        kill_after(location, dice.uniform(0, 0.5))
    location.render()
    location.assert_delivered_and_paid_once()


def test_render_killed_at_random_moments_is_finished_and_paid_once(location: Location) -> None:
    kill_a_few_times(location, seed=1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 30))
def test_render_killed_at_many_random_moments_is_finished_and_paid_once(location: Location, seed: int) -> None:
    kill_a_few_times(location, seed)


def test_render_that_is_killed_once_the_server_has_acted_pays_once(
    location: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator = location.server.simulator
    running: list[Started] = []
    handle = simulator.handle

    def act_and_kill(request: Request, at: datetime) -> Response:
        response = handle(request, at)
        if request.method == "POST" and len(simulator.tasks) == 2:
            running[0].kill()
            running[0].wait()
        return response

    with monkeypatch.context() as patched:
        patched.setattr(simulator, "handle", act_and_kill)
        running.append(location.start())
        running[0].wait()
    assert len(simulator.tasks) == 2
    location.render()
    location.assert_delivered_and_paid_once()


@pytest.mark.parametrize(
    "deadly", ["kling_render.runapi:RunApi.create:after:3", "kling_render.runapi.part_files:PartFile.write:before:1"]
)
def test_ledger_that_is_lost_in_between_costs_nothing(location: Location, deadly: str) -> None:
    location.render_killed(deadly)
    shutil.rmtree(location.folder / ".kling-render")
    location.render()
    location.assert_delivered_and_paid_once()


def test_copy_of_the_project_elsewhere_gets_the_clips_that_are_paid(
    location: Location, tmp_path: Path, orders: IO[str]
) -> None:
    location.render_killed("kling_render.runapi:RunApi.create:after:3")
    fresh = Location(tmp_path / "clone", location.server, orders)
    fresh.folder.mkdir()
    shutil.copy(location.folder / "project.toml", fresh.folder)
    fresh.render()
    fresh.assert_delivered_and_paid_once()
    location.render()
    location.assert_delivered_and_paid_once()


def test_copied_folder_with_its_ledger_goes_on_where_the_first_was_killed(
    location: Location, tmp_path: Path, orders: IO[str]
) -> None:
    location.render_killed("kling_render.ledger.store:Ledger.reserve:after:3")
    moved = Location(tmp_path / "moved", location.server, orders)
    shutil.copytree(location.folder, moved.folder)
    moved.render()
    moved.assert_delivered_and_paid_once()


def test_later_runs_submit_nothing_until_something_changes(location: Location) -> None:
    assert location.render() == len(SHOTS)
    before = {path: path.read_bytes() for path in location.clips()}
    assert location.render() == 0
    text = (location.folder / "project.toml").read_text("utf-8")
    (location.folder / "project.toml").write_text(text.replace("Mira rests", "Mira rests a while"), "utf-8")
    assert location.render() == 1
    assert {path: path.read_bytes() for path in before} == before
    location.assert_delivered_and_paid_once(clips=5, micro_usd=PRICE_MICRO_USD + 420_000)


def test_another_account_finds_nothing_bought(location: Location) -> None:
    location.render()
    assert location.render(key=OTHER_KEY) == len(SHOTS)
    assert location.server.simulator.books(OTHER_KEY).settled == PRICE_MICRO_USD


def test_second_render_at_the_same_time_is_locked_out(tmp_path: Path, orders: IO[str]) -> None:
    with running_server(Config(api_keys=(KEY,))) as slow:
        place = Location(tmp_path / "film", slow, orders)
        place.write(*SHOTS)
        first = place.start()
        wait_until(lambda: len(slow.simulator.tasks) == 2)
        exit_code, _, err = place.start().wait()
        first.kill()
    holder = (first.folder / "pid").read_text()
    assert exit_code == 8
    assert err.startswith(f"another render of this project is at work: process {holder} on ")
    assert len(slow.simulator.tasks) == 2


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
