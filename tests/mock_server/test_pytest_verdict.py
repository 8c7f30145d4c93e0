"""What the fixtures fail a test on, and how they tell it."""

from __future__ import annotations

from importlib.metadata import entry_points

import pytest

from mock_server.doors import respx_router, server
from mock_server.media import clip

LOADED = (respx_router, server, clip)
"""What a run inside of pytester imports first, it forgets again, and the next one pays for it once more."""
PLUGIN = () if entry_points(group="pytest11", name="runapi_mock") else ("-p", "mock_server.pytest_plugin")
START = """
import os, socket, httpx, pytest
BODY = {"model": "kling-3.0", "prompt": "A ferry at dawn"}

def ask():
    key = {"authorization": f"Bearer {os.environ['RUNAPI_API_KEY']}"}
    return httpx.Client(base_url=os.environ["RUNAPI_BASE_URL"], headers=key)

def buy(client, **fields):
    return client.post("/api/v1/kling/text_to_video", json={**BODY, **fields}).raise_for_status().json()

def wait(client, task):
    while task["status"] != "completed":
        task = client.get(f"/api/v1/kling/{task['id']}").json()
    return task["videos"][0]["url"]
"""


def outcome(pytester: pytest.Pytester, tests: str, **counts: int) -> str:
    """What pytest prints about these tests, whose outcomes are these."""
    pytester.makepyfile(START + tests)
    ran = pytester.runpytest(*PLUGIN, "-W", "error", "-p", "no:cacheprovider", "--strict-markers")
    ran.assert_outcomes(**counts)
    return ran.stdout.str()


def test_careless_client_fails_its_test_with_verdict_and_requests(pytester: pytest.Pytester) -> None:
    told = outcome(
        pytester,
        """
def test(runapi_mock):
    runapi_mock.advance_on_poll(120)
    with ask() as client:
        wait(client, buy(client))
""",
        passed=1,
        errors=1,
    )
    assert "the mock RunAPI objects: never_downloaded\nverdict: 1 found, $0.70 wasted\n" in told
    assert "where that is meant: @pytest.mark.runapi(allow=('never_downloaded',)), or verdict=False\n" in told
    assert "POST /api/v1/kling/text_to_video → 200\n" in told
    assert "runapi-mock-key" not in told


@pytest.mark.parametrize("terms", ["allow='never_downloaded'", "verdict=False"])
def test_marker_of_the_module_lets_it_pass(pytester: pytest.Pytester, terms: str) -> None:
    outcome(
        pytester,
        f"""
pytestmark = pytest.mark.runapi({terms})

@pytest.mark.runapi(seed=3)
def test(runapi_mock):
    assert runapi_mock.simulator.config.seed == 3
    runapi_mock.advance_on_poll(120)
    with ask() as client:
        wait(client, buy(client))
""",
        passed=1,
    )


def test_client_that_finishes_in_the_teardown_of_a_fixture_is_clean(pytester: pytest.Pytester) -> None:
    outcome(
        pytester,
        """
@pytest.fixture
def worker(runapi_mock):
    runapi_mock.advance_on_poll(120)
    urls = []
    yield urls
    for url in urls:
        assert httpx.get(url).content[4:8] == b"ftyp"

def test(worker):
    with ask() as client:
        worker.append(wait(client, buy(client)))
""",
        passed=1,
    )


def test_failed_test_tells_what_its_client_did_and_is_not_judged(pytester: pytest.Pytester) -> None:
    told = outcome(
        pytester,
        """
def test(runapi_mock):
    runapi_mock.advance_on_poll(120)
    with ask() as client:
        assert wait(client, buy(client)) == "another"
""",
        failed=1,
    )
    assert "- the mock RunAPI -" in told
    assert "never_downloaded: task" in told
    assert "requests, by the client's clock:\n  #1 0.0 s  POST /api/v1/kling/text_to_video → 200\n" in told


def test_skipped_test_is_not_judged(pytester: pytest.Pytester) -> None:
    outcome(
        pytester,
        """
def test(runapi_mock):
    runapi_mock.advance_on_poll(120)
    with ask() as client:
        wait(client, buy(client))
    pytest.skip("enough")
""",
        skipped=1,
    )


def test_spending_over_the_limit_fails_although_the_verdict_does_not_count(pytester: pytest.Pytester) -> None:
    told = outcome(
        pytester,
        """
@pytest.mark.runapi(max_spend_usd=0.70, verdict=False)
@pytest.mark.parametrize("clips", [1, 2])
def test(runapi_mock, clips):
    with ask() as client:
        for number in range(clips):
            buy(client, prompt=str(number))
    assert runapi_mock.spent_usd == 0.70 * clips
""",
        passed=2,
        errors=1,
    )
    assert "the mock RunAPI objects: overspent\nspent $1.40, the limit is $0.70\n" in told


def test_books_that_do_not_balance_fail_whatever_is_allowed(pytester: pytest.Pytester) -> None:
    told = outcome(
        pytester,
        """
import dataclasses

@pytest.mark.runapi(verdict=False)
def test(runapi_mock):
    with ask() as client:
        buy(client)
    account = runapi_mock.simulator._state.accounts.of_key(os.environ["RUNAPI_API_KEY"])
    account.books = dataclasses.replace(account.books, available=0)
    assert False
""",
        failed=1,
        errors=1,
    )
    assert "the mock RunAPI objects: unbalanced books\nbooks do not balance: " in told


def test_wrong_keyword_fails_with_what_would_be_right(pytester: pytest.Pytester) -> None:
    told = outcome(
        pytester,
        """
@pytest.mark.runapi(sede=1)
def test_keyword(runapi_mock):
    pass

@pytest.mark.runapi("bad-monday")
def test_position(runapi_server):
    pass
""",
        errors=2,
    )
    assert '@pytest.mark.runapi: unknown keyword sede; did you mean "seed"?' in told
    assert "@pytest.mark.runapi takes keywords only, not 'bad-monday'" in told


def test_scenario_of_the_marker_strikes(pytester: pytest.Pytester) -> None:
    outcome(
        pytester,
        """
@pytest.mark.runapi(scenario="rate-limit-storm")
def test(runapi_mock):
    with ask() as client, pytest.raises(httpx.HTTPStatusError, match="429"):
        buy(client)
""",
        passed=1,
    )


def test_markers_are_known_and_explained(pytester: pytest.Pytester) -> None:
    listed = pytester.runpytest(*PLUGIN, "--markers").stdout.str()
    assert listed.count("@pytest.mark.runapi(seed, scenario, ") == 1
