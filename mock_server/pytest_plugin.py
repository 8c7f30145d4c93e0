"""The pytest door: the fixture `runapi_mock` answers any httpx client in the process; nothing heavy loads before it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mock_server.doors.respx_router import RunapiMock

API_KEY = "runapi-mock-key"


@pytest.fixture
def runapi_mock(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunapiMock]:
    """RunAPI on a clock that stands still until `advance()` or, after `advance_on_poll()`, moves with each poll."""
    from mock_server.core.config import DEFAULT_BASE_URL
    from mock_server.doors.respx_router import RunapiMock

    monkeypatch.setenv("RUNAPI_BASE_URL", DEFAULT_BASE_URL)
    monkeypatch.setenv("RUNAPI_API_KEY", API_KEY)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("runapi-config")))
    mock = RunapiMock()
    with mock.router:
        yield mock
