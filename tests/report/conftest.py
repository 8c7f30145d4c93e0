"""Films with clips, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from .boards import rehearsed


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no-config"))
    for name in ("RUNAPI_API_KEY", "RUNAPI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def rehearsed_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of three shots, rehearsed: not to be changed."""
    return rehearsed(tmp_path_factory.mktemp("films") / "film")
