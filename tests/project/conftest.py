"""Small projects on disk, and what loading says about them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

from kling_render.catalog import bundled_catalog
from kling_render.project import Project, load, load_leniently

HEAD = 'schema = 1\n[project]\nname = "ferry"\nid = "nf-7c1e"\n'
SHOT = '[shot.walk]\nprompt = "She walks"\n'


class ProjectFile(Protocol):
    """Writes a project and says where it is."""

    def __call__(self, text: str | bytes = "", *, head: str = HEAD, shots: str = SHOT, **others: str) -> Path:
        """Write `head`, `text` and `shots` (bytes: these alone) as project.toml; others as NAME.toml beside it."""


@pytest.fixture
def project_file(tmp_path: Path) -> ProjectFile:
    """A function that writes project.toml into a fresh folder."""

    def write(text: str | bytes = "", *, head: str = HEAD, shots: str = SHOT, **others: str) -> Path:
        for name, content in others.items():
            (tmp_path / f"{name}.toml").write_text(content, "utf-8")
        file = tmp_path / "project.toml"
        file.write_bytes(text if isinstance(text, bytes) else f"{head}{text}\n{shots}".encode())
        return file

    return write


@pytest.fixture
def loaded(project_file: ProjectFile) -> Callable[..., Project]:
    """A function that writes a project and loads it; takes what `project_file` takes."""
    return lambda *args, **kwargs: load(project_file(*args, **kwargs))


@pytest.fixture
def faults(project_file: ProjectFile) -> Callable[..., list[str]]:
    """A function that writes a project and returns its faults, the folder left out: `project.toml: key: message`."""

    def find(*args: str | bytes, **kwargs: str) -> list[str]:
        file = project_file(*args, **kwargs)
        found = load_leniently(file, bundled_catalog()).faults
        return [f"{fault.place}: {fault.message}".replace(f"{file.parent}/", "") for fault in found]

    return find
