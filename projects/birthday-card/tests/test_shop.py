"""Our own code, against the mock server: the fixture `runapi_mock` answers every httpx client in the process."""

import os

import httpx
import pytest
from birthday_card import order_clip


@pytest.fixture(autouse=True)
def no_waiting(runapi_mock, monkeypatch):
    """Every poll lets thirty simulated seconds pass; nobody sleeps."""
    runapi_mock.advance_on_poll(step_seconds=30)
    monkeypatch.setenv("POLL_SECONDS", "0")


def charged(runapi_mock):
    """What the account was charged so far, in millionths of a dollar."""
    return runapi_mock.simulator.books(os.environ["RUNAPI_API_KEY"]).settled


def test_order_is_a_real_clip(runapi_mock):
    url = order_clip("Ada", order_number="2026-0001")
    assert httpx.get(url).content[4:8] == b"ftyp"  # how an MP4 file begins
    assert charged(runapi_mock) == 420_000


@pytest.mark.runapi(allow="never_downloaded")  # here nobody wants the clip; elsewhere that would fail the test
def test_order_tried_twice_is_paid_once(runapi_mock):
    assert order_clip("Ada", order_number="2026-0001") == order_clip("Ada", order_number="2026-0001")
    assert charged(runapi_mock) == 420_000


def test_outage_costs_nothing(runapi_mock):
    runapi_mock.router["create"].mock(return_value=httpx.Response(503))
    with pytest.raises(httpx.HTTPStatusError, match="503"):
        order_clip("Ada", order_number="2026-0001")
    assert charged(runapi_mock) == 0
