"""The package's face: what it exports, what it costs to import, and that its verbs do what they say."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

import kling_render
from kling_render.settings import Settings

FILM = """\
schema = 1
[project]
name = "film"
id = "film-1"
[budget]
max_usd = 5
[shot.walk]
model = "kling-3.0"
duration_seconds = 3
output_resolution = "720p"
prompt = "She crosses the deck"
"""


def a_film(folder: Path) -> Path:
    (folder / "project.toml").write_text(FILM, "utf-8")
    return folder


def modules_after(statement: str) -> set[str]:
    """The top-level modules that a fresh interpreter has loaded after a statement."""
    script = f"{statement}\nimport sys\nsys.stdout.write(' '.join({{name.split('.')[0] for name in sys.modules}}))"
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own script
    return set(done.stdout.split())


def test_what_asks_no_server_loads_no_http_client() -> None:
    loaded = modules_after("import kling_render.api, kling_render.bookkeeping, kling_render.report.board")
    assert loaded & {"httpx", "httpcore", "trio", "starlette", "uvicorn", "av"} == set()


def test_public_names_are_these() -> None:
    assert kling_render.__all__ == [
        "Expansion",
        "Fault",
        "InvalidProjectError",
        "KlingRenderError",
        "Outcome",
        "Place",
        "Plan",
        "Project",
        "Rehearsal",
        "Settings",
        "__version__",
        "expand",
        "load",
        "load_settings",
        "plan",
        "rehearse",
        "render",
    ]


def test_a_render_loads_no_mock_server() -> None:
    assert "mock_server" not in modules_after("import kling_render.api, kling_render.report.bill")


@pytest.mark.parametrize("name", kling_render.__all__)
def test_public_name_can_be_imported_and_is_listed(name: str) -> None:
    assert getattr(kling_render, name) is not None
    assert name in dir(kling_render)


def test_name_that_is_not_public_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'kling_render' has no attribute 'pay_twice'"):
        kling_render.pay_twice  # noqa: B018 - looked up for its error


HEAVY = {"anyio", "av", "click", "httpx", "jinja2", "mock_server", "PIL", "pydantic", "rich", "sqlalchemy", "trio"}


@pytest.mark.parametrize("statement", ["import kling_render", "from kling_render import __version__"])
def test_import_of_the_package_loads_nothing_heavy(statement: str) -> None:
    assert not modules_after(statement) & HEAVY


def test_import_of_an_error_loads_nothing_heavy() -> None:
    assert not modules_after("from kling_render import KlingRenderError, InvalidProjectError") & HEAVY


def test_loading_a_project_loads_neither_network_nor_ledger_nor_encoder(tmp_path: Path) -> None:
    statement = f"from kling_render.project import load; load({str(a_film(tmp_path))!r})"
    assert not modules_after(statement) & {"av", "httpx", "PIL", "sqlalchemy", "trio", "mock_server"}


def test_project_may_be_given_loaded_or_as_its_folder_or_file(tmp_path: Path) -> None:
    film = a_film(tmp_path)
    ways = (kling_render.load(film), film, str(film), film / "project.toml")
    assert len({kling_render.plan(way, settings=Settings()).hash for way in ways}) == 1


def test_plan_without_a_ledger_writes_nothing(tmp_path: Path) -> None:
    kling_render.plan(a_film(tmp_path), settings=Settings())
    assert [path.name for path in tmp_path.iterdir()] == ["project.toml"]


def test_cap_of_a_plan_is_in_dollars(tmp_path: Path) -> None:
    planned = kling_render.plan(a_film(tmp_path), settings=Settings(), max_usd=Decimal("0.41"))
    assert planned.refusals == ("$0.42 would break --max-usd $0.41",)


def test_expansion_has_the_exact_request(tmp_path: Path) -> None:
    (take,) = kling_render.expand(kling_render.load(a_film(tmp_path))).takes
    assert dict(take.body) == {
        "model": "kling-3.0",
        "prompt": "She crosses the deck",
        "duration_seconds": 3,
        "output_resolution": "720p",
    }


def test_faults_of_a_project_are_all_in_the_error(tmp_path: Path) -> None:
    (tmp_path / "project.toml").write_text(FILM + "colour = 'red'\ntakes = 0\n", "utf-8")
    with pytest.raises(kling_render.InvalidProjectError, match="2 faults") as caught:
        kling_render.load(tmp_path)
    assert [fault.place.key for fault in caught.value.faults] == ["shot.walk.colour", "shot.walk.takes"]
