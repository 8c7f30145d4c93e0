"""The fixture `rehearsal`: a whole project inside a test, and nothing of it in the checkout."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from kling_render import api
from mock_server.media import clip

LOADED = (api, clip)
"""What a run inside of pytester imports first, it forgets again; SQLAlchemy and PyAV cannot be imported twice."""
PLUGIN = (
    ()
    if entry_points(group="pytest11", name="kling_render")
    else ("-p", "mock_server.pytest_plugin", "-p", "kling_render.pytest_plugin")
)
FILM = """\
schema = 1
[project]
name = "film"
id = "film-1"
[defaults]
model = "kling-3.0"
duration_seconds = 3
output_resolution = "720p"
enable_sound = true
[profile.final]
output_resolution = "1080p"
[shot.walk]
prompt = "She crosses the deck"
takes = 2
[shot.next]
prompt = "She goes on"
first_frame_image_url = { shot = "walk", frame = "last" }
"""


@pytest.fixture
def film(pytester: pytest.Pytester) -> Path:
    folder = pytester.path / "film"
    folder.mkdir()
    (folder / "project.toml").write_text(FILM, "utf-8")
    return folder


def outcome(pytester: pytest.Pytester, tests: str, **counts: int) -> str:
    pytester.makepyfile(f"import json, pathlib, pytest\n{tests}")
    ran = pytester.runpytest(*PLUGIN, "-W", "error", "-p", "no:cacheprovider", "--strict-markers")
    ran.assert_outcomes(**counts)
    return ran.stdout.str()


@pytest.mark.usefixtures("film")
def test_film_is_rehearsed_and_its_result_is_told(pytester: pytest.Pytester) -> None:
    outcome(
        pytester,
        """
def test(rehearsal):
    result = rehearsal("film")
    assert result.exit_code == 0
    assert result.plan.total_micro_usd == result.books.settled == 3 * 600_000
    assert result.verdict.is_clean
    assert [take["address"] for take in result.manifest["takes"]] == ["walk#1", "walk#2", "next#1"]
    assert list(result.paths) == ["walk#1", "walk#2", "next#1"]
    assert all(path.read_bytes()[4:8] == b"ftyp" for path in result.paths.values())
    with pytest.raises(AttributeError):
        result.exit_code = 1
    with pytest.raises(TypeError):
        result.manifest["takes"] = []
""",
        passed=1,
    )


def test_nothing_is_written_into_the_checkout(pytester: pytest.Pytester, film: Path) -> None:
    outcome(
        pytester,
        """
def test(rehearsal, tmp_path):
    first, second = rehearsal("film"), rehearsal("film", only="walk")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rehearsal-1", "rehearsal-2"]
    assert [len(each.paths) for each in (first, second)] == [3, 2]
    assert all(path.exists() for path in first.paths.values())
    elsewhere = rehearsal("film", out=tmp_path / "out", only=["next", "walk"])
    assert all(path.is_relative_to(tmp_path / "out") for path in elsewhere.paths.values())
""",
        passed=1,
    )
    assert [path.name for path in film.rglob("*")] == ["project.toml"]


@pytest.mark.usefixtures("film")
def test_profile_is_laid_over_the_shots(pytester: pytest.Pytester) -> None:
    outcome(
        pytester,
        """
import kling_render

def test(rehearsal):
    final = rehearsal("film", profile="final")
    assert final.manifest["profile"] == "final"
    assert {take["clip"]["height"] for take in final.manifest["takes"]} == {1080}
    assert rehearsal(kling_render.load("film", profile="final")).plan.hash == final.plan.hash
""",
        passed=1,
    )


@pytest.mark.usefixtures("film")
def test_without_media_all_but_the_pictures_is_the_same(pytester: pytest.Pytester) -> None:
    outcome(
        pytester,
        """
def facts(take):
    clip = dict(take["clip"])
    return {**take, "clip": {key: clip[key] for key in ("width", "height", "seconds", "sound")}}

def test(rehearsal):
    every = [rehearsal("film", only="walk", media=media).manifest["takes"] for media in (True, False)]
    with_media, without = ([take for take in takes if "clip" in take] for takes in every)
    assert [facts(take) for take in with_media] == [facts(take) for take in without]
    assert len({take["clip"]["sha256"] for take in [*with_media, *without]}) == 4
""",
        passed=1,
    )


@pytest.mark.usefixtures("film")
def test_scenario_of_the_call_and_of_the_marker_strike(pytester: pytest.Pytester) -> None:
    rule = '[[rule]]\ntake = "walk#2"\nfault = { kind = "task_failure", text = "moderated" }\n'
    (pytester.path / "moderated.toml").write_text(f"schema = 1\n{rule}", "utf-8")
    outcome(
        pytester,
        """
def states(result):
    return [take["state"] for take in result.manifest["takes"]]

def test_call(rehearsal):
    result = rehearsal("film", scenario="moderated.toml", only="walk")
    assert result.exit_code == 7
    assert "moderated" in states(result)

@pytest.mark.runapi(scenario="moderated.toml")
def test_marker(rehearsal):
    assert "moderated" in states(rehearsal("film", only="walk"))
""",
        passed=2,
    )


@pytest.mark.usefixtures("film")
def test_what_it_costs_may_be_limited(pytester: pytest.Pytester) -> None:
    told = outcome(
        pytester,
        """
@pytest.mark.runapi(max_spend_usd=1)
def test(rehearsal):
    rehearsal("film")
""",
        passed=1,
        errors=1,
    )
    assert "the mock RunAPI objects: overspent\nspent $1.80, the limit is $1.00\n" in told


@pytest.mark.usefixtures("film")
def test_careless_client_fails_the_test_unless_that_is_allowed(pytester: pytest.Pytester) -> None:
    told = outcome(
        pytester,
        """
from kling_render import rehearsal as module

@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    def waits(interval, polls_per_second):
        return hurried(0.01, polls_per_second)
    hurried = module.Waits
    monkeypatch.setattr(module, "Waits", waits)

def test_told(rehearsal):
    rehearsal("film", only="walk")

@pytest.mark.runapi(allow="polled_too_fast")
def test_allowed(rehearsal):
    rehearsal("film", only="walk")
""",
        passed=2,
        errors=1,
    )
    assert "the mock RunAPI objects: polled_too_fast" in told


def test_faults_of_the_project_are_an_error_of_the_call(pytester: pytest.Pytester, film: Path) -> None:
    (film / "project.toml").write_text(FILM.replace("720p", "9k"), "utf-8")
    outcome(
        pytester,
        """
import kling_render

def test(rehearsal):
    with pytest.raises(kling_render.InvalidProjectError):
        rehearsal("film")
""",
        passed=1,
    )


@pytest.mark.usefixtures("film")
def test_prices_that_the_user_fetched_once_count_nothing(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNAPI_BASE_URL", "not a URL")  # a project loaded with the user's settings would fail on it
    outcome(
        pytester,
        """
def test(rehearsal):
    assert rehearsal("film", only="walk").exit_code == 0
""",
        passed=1,
    )


def test_importing_the_plugin_loads_nothing_heavy() -> None:
    program = (
        "import sys, pytest; before = set(sys.modules); import kling_render.pytest_plugin, mock_server.pytest_plugin;"
        "print(sorted(name for name in set(sys.modules) - before if name.split('.')[0] not in sys.stdlib_module_names))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip() == str(
        [
            "kling_render",
            "kling_render._version",
            "kling_render.pytest_plugin",
            "mock_server",
            "mock_server.pytest_plugin",
            "mock_server.testing",
            "mock_server.testing.environment",
            "mock_server.testing.marker",
            "mock_server.testing.trial",
        ]
    )
