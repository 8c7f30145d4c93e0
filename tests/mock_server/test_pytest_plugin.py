from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IS_INSTALLED = bool(entry_points(group="pytest11", name="runapi_mock"))
PLUGIN = () if IS_INSTALLED else ("-p", "mock_server.pytest_plugin")

BODY = """
import os, httpx, pytest
BODY = {"model": "kling-3.0", "prompt": "A ferry at dawn"}

@pytest.fixture
def client():
    key = {"authorization": f"Bearer {os.environ['RUNAPI_API_KEY']}"}
    with httpx.Client(base_url=os.environ["RUNAPI_BASE_URL"], headers=key) as client:
        yield client
"""


def passes(pytester: pytest.Pytester, test: str) -> None:
    pytester.makepyfile(BODY + test)
    pytester.runpytest(*PLUGIN, "-W", "error", "-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_clock_stands_still_until_it_is_advanced(pytester: pytest.Pytester) -> None:
    passes(
        pytester,
        """
@pytest.mark.runapi(allow=("polled_too_fast", "never_downloaded"))
def test(runapi_mock, client):
    task = client.post("/api/v1/kling/text_to_video", json=BODY).json()
    url = f"/api/v1/kling/{task['id']}"
    assert {client.get(url).json()["status"] for _ in range(50)} == {"pending"}
    runapi_mock.advance(120)
    assert client.get(url).json()["status"] == "completed"
    assert runapi_mock.simulator.books(os.environ["RUNAPI_API_KEY"]).settled == 700_000
""",
    )


def test_polls_advance_the_clock_when_asked_to(pytester: pytest.Pytester) -> None:
    passes(
        pytester,
        """
@pytest.mark.runapi(allow="never_downloaded")
def test(runapi_mock, client):
    runapi_mock.advance_on_poll()
    task = client.post("/api/v1/kling/text_to_video", json=BODY).json()
    for poll in range(1, 25):
        if client.get(f"/api/v1/kling/text_to_video/{task['id']}").json()["status"] == "completed":
            break
    assert 30 <= poll * 5 <= 120
    assert runapi_mock.router["task_of_action"].call_count == poll
""",
    )


def test_official_client_runs_to_the_end_without_sleeping(pytester: pytest.Pytester) -> None:
    passes(
        pytester,
        """
from runapi.kling import KlingClient

def test(runapi_mock):
    runapi_mock.advance_on_poll(step_seconds=120)
    client = KlingClient()
    result = client.text_to_video.run(**BODY)
    assert httpx.get(result.videos[0].url).content[4:8] == b"ftyp"
    client._http.close()
""",
    )


def test_route_can_be_overridden_for_one_test(pytester: pytest.Pytester) -> None:
    passes(
        pytester,
        """
def test(runapi_mock, client):
    runapi_mock.router["create"].mock(return_value=httpx.Response(503))
    assert client.post("/api/v1/kling/text_to_video", json=BODY).status_code == 503
""",
    )


def test_refusals_and_failures_are_planned_on_the_simulator(pytester: pytest.Pytester) -> None:
    passes(
        pytester,
        """
def test(runapi_mock, client):
    runapi_mock.simulator.refuse_next(429, retry_after=7)
    runapi_mock.simulator.fail_next("moderated")
    refused = client.post("/api/v1/kling/text_to_video", json=BODY)
    runapi_mock.advance(7)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "7")
    task = client.post("/api/v1/kling/text_to_video", json=BODY).json()
    runapi_mock.advance(120)
    assert client.get(f"/api/v1/kling/{task['id']}").json()["error"] == "moderated"
""",
    )


def test_nothing_but_runapi_is_answered(pytester: pytest.Pytester) -> None:
    passes(
        pytester,
        """
def test(runapi_mock, client):
    with pytest.raises(AssertionError, match="not mocked"):
        client.get("https://example.com/")
""",
    )


def test_environment_is_set_and_restored(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNAPI_API_KEY", "the real key")
    passes(
        pytester,
        """
@pytest.fixture(autouse=True)
def around():
    yield
    assert os.environ["RUNAPI_API_KEY"] == "the real key"

def test(runapi_mock):
    assert os.environ["RUNAPI_BASE_URL"] == "https://runapi.ai"
    assert os.environ["RUNAPI_API_KEY"] == "runapi-mock-key"
    assert os.listdir(os.environ["XDG_CONFIG_HOME"]) == []
""",
    )


def test_importing_the_plugin_loads_nothing_heavy() -> None:
    program = (
        "import sys, pytest, mock_server.pytest_plugin;"
        "heavy = {'respx', 'httpx', 'pydantic', 'starlette', 'uvicorn', 'av', 'PIL', 'kling_render'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout == "[]\n"


def test_importing_the_package_loads_none_of_its_parts() -> None:
    program = "import sys, mock_server; print([name for name in sys.modules if name.startswith('mock_server.')])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout == "[]\n"


def test_public_names_are_what_the_package_says() -> None:
    import mock_server

    assert mock_server.__all__ == sorted(mock_server._HOMES)
    assert all(getattr(mock_server, name).__name__ == name for name in mock_server.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = mock_server.nothing
