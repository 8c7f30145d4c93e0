"""Where renders of these tests take place: a server, a project on disk, and processes that render it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from mock_server import Config, media, running_server

from .location import KEY, OTHER_KEY, SPEED, Location, listen, tiny_clip


@pytest.fixture(scope="session")
def orders() -> Iterator[IO[str]]:
    """Where renders are ordered."""
    script = Path(__file__).with_name("renderers.py")
    command = [sys.executable, "-W", "error", str(script)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own script
        assert process.stdin is not None
        yield process.stdin


@pytest.fixture
def tiny_clips(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clips that are encoded in no time."""
    monkeypatch.setattr(media, "encode", lambda spec: tiny_clip(spec.seed))


@pytest.fixture
def location(tmp_path: Path, tiny_clips: None, orders: IO[str]) -> Iterator[Location]:
    """An empty project, and a quick server with tiny clips."""
    with running_server(Config(api_keys=(KEY, OTHER_KEY)), speed=SPEED) as server:
        yield Location(tmp_path / "film", server, orders, listen(server))


@pytest.fixture
def slow(tmp_path: Path, tiny_clips: None, orders: IO[str]) -> Iterator[Location]:
    """An empty project, and a server that takes its time, unless time is made to pass."""
    with running_server(Config(api_keys=(KEY,))) as server:
        yield Location(tmp_path / "film", server, orders, listen(server))
