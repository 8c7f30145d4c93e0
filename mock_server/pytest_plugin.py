"""The pytest door: `runapi_mock` answers httpx in the process, `runapi_server` any client over HTTP on loopback.

Nothing heavy loads before a fixture is used.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

from mock_server.testing.environment import API_KEY, mock_environment
from mock_server.testing.marker import register_marker, terms_of
from mock_server.testing.trial import on_trial, tell_when_it_fails

if TYPE_CHECKING:
    from mock_server.doors.respx_router import RunapiMock
    from mock_server.doors.server import RunningServer

__all__ = ["API_KEY", "runapi_mock", "runapi_server"]


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker `runapi` known."""
    register_marker(config)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell what the clients of a test did when it fails."""
    report = yield
    tell_when_it_fails(item, call, report)
    return report


@pytest.fixture
def _runapi_config(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An empty folder in the place of the user's configuration; one fixture of the two has it."""
    if {"runapi_mock", "runapi_server"} <= set(request.fixturenames):
        pytest.fail("take runapi_mock or runapi_server, not both: there is one RUNAPI_BASE_URL", pytrace=False)
    return str(tmp_path_factory.mktemp("runapi-config"))


@pytest.fixture
def runapi_mock(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, _runapi_config: str
) -> Iterator[RunapiMock]:
    """RunAPI for every httpx client in the process; the clock stands still until `advance()` or `advance_on_poll()`.

    Sets RUNAPI_BASE_URL and a dummy RUNAPI_API_KEY, hides the user's configuration, and closes the network. The marker
    `runapi` sets its terms; a test whose clients were careless fails at its end.
    """
    from mock_server.core.config import DEFAULT_BASE_URL
    from mock_server.doors.respx_router import RunapiMock
    from mock_server.testing.judgement import evidence_of

    terms = terms_of(request.node)
    mock = RunapiMock(terms.config())
    _isolate(monkeypatch, DEFAULT_BASE_URL, _runapi_config, terms.hosts)
    with on_trial(request.node, terms, lambda: evidence_of(mock.simulator)), mock.router:
        yield mock


@pytest.fixture
def runapi_server(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, _runapi_config: str
) -> Iterator[RunningServer]:
    """RunAPI over HTTP on a free loopback port, a hundred times as fast as the real one; else as `runapi_mock`."""
    from mock_server.doors.server import running_server
    from mock_server.testing.judgement import evidence_of

    terms = terms_of(request.node)
    with running_server(terms.config(), speed=terms.speed) as server:
        _isolate(monkeypatch, server.url, _runapi_config, terms.hosts)
        with on_trial(request.node, terms, lambda: evidence_of(server.simulator)):
            yield server


def _isolate(monkeypatch: pytest.MonkeyPatch, url: str, config_home: str, hosts: tuple[str, ...]) -> None:
    from mock_server.testing.loopback import close_network

    for name, value in mock_environment(url, config_home, os.environ).items():
        monkeypatch.setenv(name, value)
    close_network(monkeypatch.setattr, hosts)
