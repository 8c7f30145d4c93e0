"""The fixture `runapi_server`: any client, over HTTP on loopback; and what both fixtures keep away from a test."""

from __future__ import annotations

import pytest

from .test_pytest_verdict import outcome


def test_client_over_http_runs_to_the_end_in_a_moment(pytester: pytest.Pytester) -> None:
    outcome(
        pytester,
        """
import time

@pytest.mark.runapi(max_spend_usd=0.70)
def test(runapi_server):
    assert runapi_server.url == os.environ["RUNAPI_BASE_URL"]
    began = time.monotonic()
    with ask() as client:
        task = buy(client)
        while task["status"] != "completed":
            time.sleep(0.05)  # five seconds of the server's
            task = client.get(f"/api/v1/kling/{task['id']}").json()
        assert httpx.get(task["videos"][0]["url"]).content[4:8] == b"ftyp"
    assert time.monotonic() - began < 10
    assert runapi_server.spent_usd == 0.70
""",
        passed=1,
    )


def test_terms_of_the_marker_hold(pytester: pytest.Pytester) -> None:
    outcome(
        pytester,
        """
@pytest.mark.runapi(speed=5, latency=2.5, balance_usd=1, seed=9)
def test(runapi_server):
    config = runapi_server.simulator.config
    assert (config.speed, config.task_seconds, config.balance_micro_usd, config.seed) == (5, 2.5, 1_000_000, 9)
""",
        passed=1,
    )


def test_each_test_has_a_server_of_its_own_that_is_gone_afterwards(pytester: pytest.Pytester) -> None:
    outcome(
        pytester,
        """
URLS = []

@pytest.mark.parametrize("number", [1, 2])
def test_one(runapi_server, number):
    with ask() as client:
        buy(client)
    assert len(runapi_server.simulator.tasks) == 1
    URLS.append(runapi_server.url)

def test_gone():
    for url in URLS:
        with pytest.raises(httpx.ConnectError):
            httpx.get(url, trust_env=False)
""",
        passed=3,
    )


def test_proxy_of_the_user_is_not_asked_for_this_machine(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://192.0.2.1:3128")
    monkeypatch.setenv("NO_PROXY", "internal.example")
    outcome(
        pytester,
        """
def test(runapi_server):
    with ask() as client:
        assert client.get("/api/v1/me").status_code == 200
    assert os.environ["NO_PROXY"] == os.environ["no_proxy"] == "internal.example,127.0.0.1,localhost,::1"
""",
        passed=1,
    )


def test_both_servers_in_one_test_are_refused(pytester: pytest.Pytester) -> None:
    told = outcome(pytester, "def test(runapi_mock, runapi_server):\n    pass\n", errors=1)
    assert "take runapi_mock or runapi_server, not both: there is one RUNAPI_BASE_URL" in told


@pytest.mark.parametrize("fixture", ["runapi_mock", "runapi_server"])
def test_network_is_closed_while_a_fixture_is_active(pytester: pytest.Pytester, fixture: str) -> None:
    outcome(
        pytester,
        f"""
from mock_server import NetworkRefusedError
connect = socket.socket.connect

def test_closed({fixture}):
    with pytest.raises(NetworkRefusedError, match="^runapi.ai is not on this machine"):
        socket.create_connection(("runapi.ai", 443))

def test_open_again():
    assert socket.socket.connect is connect
""",
        passed=2,
    )


def test_user_configuration_is_hidden(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNAPI_API_KEY", "the real key")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(pytester.path))
    (pytester.path / "runapi").mkdir()
    (pytester.path / "runapi" / "config.json").write_text('{"apiKey": "the real key"}', "utf-8")
    outcome(
        pytester,
        """
from kling_render import load_settings

def test(runapi_server):
    assert os.listdir(os.environ["XDG_CONFIG_HOME"]) == []
    assert os.environ["RUNAPI_API_KEY"] == "runapi-mock-key"
    assert load_settings().api_key.get_secret_value() == "runapi-mock-key"
""",
        passed=1,
    )
