"""The server listens on loopback; told to listen elsewhere, it says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import click
import pytest
from click.testing import CliRunner, Result

import mock_server
from kling_render.cli.mock import serve as command
from mock_server.doors import server

WARNING = "other machines may reach it"


class Stopped(Exception):
    """Raised where the server would begin to serve."""


@pytest.fixture
def bound(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The addresses that would have been listened on."""
    found: list[tuple[str, int]] = []

    def create_server(address: tuple[str, int], **_: Any) -> None:
        found.append(address)
        raise Stopped

    monkeypatch.setattr("socket.create_server", create_server)
    return found


@pytest.fixture
def serving(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs `mock serve` as far as its announcement."""

    def serve(*_: Any, host: str, announce: Callable[[str], None], **__: Any) -> None:
        announce(f"http://{host}:8990")

    monkeypatch.setattr(mock_server, "serve", serve, raising=False)
    group: click.Command = command
    return lambda *arguments: CliRunner().invoke(group, arguments)


def test_server_binds_to_loopback(bound: list[tuple[str, int]]) -> None:
    with pytest.raises(Stopped):
        mock_server.serve()
    assert bound == [("127.0.0.1", 0)]


def test_server_for_tests_binds_to_loopback() -> None:
    with server.running_server() as running:
        assert urlsplit(running.url).hostname == "127.0.0.1"


def test_server_binds_where_it_is_told(bound: list[tuple[str, int]]) -> None:
    with pytest.raises(Stopped):
        mock_server.serve(host="192.0.2.1", port=8990)
    assert bound == [("192.0.2.1", 8990)]


def test_command_listens_on_loopback_and_says_nothing_of_others(serving: Callable[..., Result]) -> None:
    ran = serving()
    assert (ran.exit_code, "127.0.0.1" in ran.output, WARNING in ran.output) == (0, True, False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])  # noqa: S104 - nothing is bound
def test_command_that_is_told_to_listen_elsewhere_says_so(serving: Callable[..., Result], host: str) -> None:
    assert f"listening on {host}: {WARNING}" in serving("--host", host).output
