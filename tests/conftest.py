"""Shared by all tests: `pytester`, for the tests of the pytest plugins, and a machine where nobody keeps anything."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]


@pytest.fixture(autouse=True)
def _nothing_of_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Prices and models that the user of this machine keeps count nothing here."""
    folder: Path = tmp_path_factory.getbasetemp() / "nobodys-cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    monkeypatch.delenv("KLING_RENDER_CATALOG", raising=False)
