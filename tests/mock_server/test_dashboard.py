"""The dashboard in a real browser: it shows what happens without a reload, and steers the server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from mock_server import Config, running_server
from mock_server.doors.server import RunningServer

from ..browser import chromium, needs_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def server() -> Iterator[RunningServer]:
    with running_server(Config()) as running:
        yield running


@pytest.fixture
def page(browser: Browser, server: RunningServer) -> Iterator[Page]:
    opened = browser.new_page()
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.goto(f"{server.url}/")
    yield opened
    opened.close()
    assert [each for each in said if "status of 422" not in each] == []  # a refusal is told on the page


def create(server: RunningServer, take: str = "walk%231", **fields: Any) -> str:
    headers = {"authorization": "Bearer key-1", "idempotency-key": take, "x-client-request-id": f"{take};a=1;n=1"}
    body = {"model": "kling-3.0", "prompt": "A ferry at dawn", **fields}
    answer = httpx.post(f"{server.url}/api/v1/kling/text_to_video", json=body, headers=headers)
    return str(answer.json().get("id", ""))


def test_task_appears_and_changes_its_state_without_a_reload(page: Page, server: RunningServer) -> None:
    page.evaluate("window.untouched = true")
    create(server)
    page.wait_for_selector("text=walk take 1")
    assert page.locator(".state").inner_text() in ("pending", "processing")
    page.get_by_role("button", name="To the next event").click()
    page.wait_for_selector(".card.completed")
    assert page.get_by_role("status").inner_text() == "Done: To the next event."
    assert page.evaluate("window.untouched")


def test_clock_is_advanced_by_the_keyboard(page: Page, server: RunningServer) -> None:
    create(server)
    page.get_by_label("Advance").fill("120")
    page.get_by_label("Advance").press("Enter")
    page.wait_for_selector(".card.completed")
    assert server.simulator.books("key-1").settled == 700_000


def test_scenario_is_switched(page: Page, server: RunningServer) -> None:
    page.get_by_label("Scenario").select_option("rate-limit-storm")
    page.get_by_role("button", name="Switch").click()
    page.wait_for_selector("dd:has-text('rate-limit storm')")
    assert create(server) == ""
    page.wait_for_selector("tr.bad:has-text('429')")
    assert "the mock server was told to: refusal" in page.locator("tr.bad").first.inner_text()


def test_reset_empties_the_page(page: Page, server: RunningServer) -> None:
    create(server)
    page.wait_for_selector(".card")
    page.get_by_label("Seed").fill("7")
    page.get_by_role("button", name="Reset").click()
    page.wait_for_selector("text=None yet.")
    assert server.simulator.config.seed == 7


def test_refused_action_is_told(page: Page) -> None:
    page.get_by_label("Seed").evaluate("input => { input.type = 'text'; input.value = 'x'; }")
    page.get_by_role("button", name="Reset").click()
    page.wait_for_selector("#said:has-text('seed is a number from 0')")


@pytest.mark.parametrize("width", [1200, 390])
def test_page_is_never_wider_than_its_window(page: Page, server: RunningServer, width: int) -> None:
    create(server, prompt="W" * 300)
    httpx.get(f"{server.url}/api/v1/{'x' * 300}")
    page.set_viewport_size({"width": width, "height": 800})
    page.wait_for_selector(".card")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_address_breaks_between_its_parts(page: Page, server: RunningServer) -> None:
    create(server, "walk[place=wall,light=dusk]%231")
    page.wait_for_selector(".card")
    assert page.locator(".name").evaluate("each => each.innerHTML.split('<wbr>')") == [
        "walk[", "place=wall,", "light=dusk] take 1",
    ]  # fmt: skip


def test_last_requests_are_few_and_the_rest_is_in_the_journal(page: Page, server: RunningServer) -> None:
    for _ in range(22):
        httpx.get(f"{server.url}/api/v1/nothing")
    page.wait_for_selector("text=2 older ones are in the journal")
    assert page.locator("#requests ~ .scroll tbody tr").count() == 20


def test_page_works_without_a_script(browser: Browser, server: RunningServer) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    create(server)
    page.goto(f"{server.url}/")
    page.get_by_role("button", name="To the next event").click()
    assert page.locator(".card.completed").count() == 1
    context.close()
