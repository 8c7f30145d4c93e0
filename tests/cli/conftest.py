"""Command lines run as a user would run them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kling_render.cli import run
from mock_server import Config, running_server
from mock_server.doors.server import RunningServer


@dataclass(frozen=True)
class Ran:
    """What a command printed, and its exit code."""

    exit_code: int
    out: str
    err: str


Cli = Callable[..., Ran]


@pytest.fixture
def cli(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no-config"))
    for name in ("RUNAPI_API_KEY", "RUNAPI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: object) -> Ran:
        exit_code = run([str(argument) for argument in arguments])
        printed = capfd.readouterr()
        return Ran(exit_code, printed.out, printed.err)

    return call


FILM = """\
schema = 1
[project]
name = "film"
id = "film-1"
[budget]
max_usd = 5
[defaults]
model = "kling-3.0"
duration_seconds = 3
output_resolution = "720p"
[shot.walk]
prompt = "She crosses the deck"
takes = 2
"""


@pytest.fixture
def film(tmp_path: Path) -> Path:
    folder = tmp_path / "film"
    folder.mkdir()
    (folder / "project.toml").write_text(FILM, "utf-8")
    return folder


KEY = "mock-key-of-the-tests"


@pytest.fixture
def server() -> Iterator[RunningServer]:
    """A mock RunAPI over HTTP, two thousand times as fast as the real one."""
    config = Config(
        api_keys=(KEY, "second-key-of-the-tests"), balance_micro_usd=2_000_000, upload_url_seconds=3600 * 2000
    )
    with running_server(config, speed=2000) as running:
        yield running


@pytest.fixture
def at_server(server: RunningServer, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> RunningServer:
    """That server, with the environment that leads commands to it."""
    monkeypatch.setenv("RUNAPI_BASE_URL", server.url)
    monkeypatch.setenv("RUNAPI_API_KEY", KEY)
    monkeypatch.setenv("KLING_RENDER_POLL_INTERVAL_SECONDS", "0.02")
    monkeypatch.setenv("KLING_RENDER_RETRIES", "1")
    return server


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No task is waited for longer than a moment."""
    monkeypatch.setenv("KLING_RENDER_POLL_TIMEOUT_SECONDS", "0.3")


def clips(film: Path) -> list[str]:
    """The clips of a film, relative to its folder."""
    return sorted(path.relative_to(film).as_posix() for path in film.rglob("*.mp4"))


def settled(server: RunningServer, key: str = KEY) -> int:
    """What the server has charged, in micro-USD."""
    return server.simulator.books(key).settled


def edit(film: Path, old: str, new: str) -> None:
    """Change the project file."""
    file = film / "project.toml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


@pytest.fixture
def at_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard input counts as a terminal."""

    class Terminal:
        @staticmethod
        def isatty() -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal)
