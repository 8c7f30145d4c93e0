"""Shared by all tests: `pytester`, for the tests of the pytest plugins, and a machine where nobody keeps anything."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]


@pytest.fixture(autouse=True)
def _nothing_of_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Prices and models that the user of this machine keeps count nothing here."""
    folder: Path = tmp_path_factory.getbasetemp() / "nobodys-cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    monkeypatch.delenv("KLING_RENDER_CATALOG", raising=False)


def pytest_unconfigure() -> None:
    """Keep alive what OpenTimelineIO lets go of too late.

    Its library holds a Python function in a static variable and frees it after the interpreter has ended. Where nothing
    else holds that function any more, which is so after runs inside of `pytester`, this aborts the process (exit 134).
    One more reference, which nobody gives back, prevents it.
    """
    core = sys.modules.get("opentimelineio.core")
    if core is not None:
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(core._value_to_any))
