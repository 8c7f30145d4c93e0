"""Small projects and templates, expanded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from kling_render.expansion import Expansion, expand, expand_leniently
from kling_render.expansion.templating.renderer import Renderer
from kling_render.expansion.templating.sources import SearchPath
from kling_render.project import Project, load

HEAD = 'schema = 1\n[project]\nname = "ferry"\nid = "nf-7c1e"\n'
MODEL = '[defaults]\nmodel = "kling-3.0"\n'


class AProject(Protocol):
    """Writes a project and loads it."""

    def __call__(self, text: str, *, head: str = HEAD + MODEL, files: Mapping[str, str | bytes] = {}) -> Project:
        """Write `head` and `text` as project.toml, and these files beside it."""


class Rendered(Protocol):
    """Renders a template."""

    def __call__(self, source: str, variables: Mapping[str, Any] = {}, **files: str) -> str:
        """The text of a source; files lie on the search path as NAME.j2."""


def a_picture(of: bytes) -> bytes:
    """A PNG of 400x300 pixels, other bytes for other words."""
    words, out = PngInfo(), BytesIO()
    words.add_text("words", of.decode("latin-1"))
    Image.new("RGB", (400, 300)).save(out, "PNG", pnginfo=words)
    return out.getvalue()


def write_all(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files into a folder; those named .png become pictures of their content."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = content if isinstance(content, bytes) else content.encode()
        path.write_bytes(a_picture(raw) if path.suffix == ".png" else raw)


@pytest.fixture
def a_project(tmp_path: Path) -> AProject:
    """A function that writes a project and loads it."""

    def write(text: str, *, head: str = HEAD + MODEL, files: Mapping[str, str | bytes] = {}) -> Project:
        write_all(tmp_path, {**files, "project.toml": f"{head}\n{text}"})
        return load(tmp_path)

    return write


@pytest.fixture
def expanded(a_project: AProject) -> Callable[..., Expansion]:
    """A function that writes a project and expands it; takes what `a_project` takes."""
    return lambda *args, **kwargs: expand(a_project(*args, **kwargs))


@pytest.fixture
def body(expanded: Callable[..., Expansion]) -> Callable[..., dict[str, Any]]:
    """A function that writes a project and returns the request of its first take as people see it."""
    return lambda *args, **kwargs: expanded(*args, **kwargs).takes[0].shown_body()


@pytest.fixture
def faults(a_project: AProject) -> Callable[..., list[str]]:
    """A function that writes a project and returns what expanding finds: `error shot.walk.prompt: …`."""

    def find(*args: str, **kwargs: Any) -> list[str]:
        _, found = expand_leniently(a_project(*args, **kwargs))
        return [f"{fault.severity} {fault.place.key}: {fault.message}" for fault in found]

    return find


@pytest.fixture
def rendered(tmp_path: Path) -> Rendered:
    """A function that renders a template source."""

    def render(source: str, variables: Mapping[str, Any] = {}, **files: str) -> str:
        write_all(tmp_path, {f"{name}.j2": content for name, content in files.items()})
        return Renderer(SearchPath([tmp_path])).render(source, variables)

    return render
