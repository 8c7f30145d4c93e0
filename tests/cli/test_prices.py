from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from kling_render.catalog import Catalog, PriceSchedule, RateCard, bundled_catalog
from mock_server import Config, Simulator, running_server
from mock_server.doors.server import RunningServer

from .conftest import Cli

BY_MODE = {"key": "mode", "overrides": {"std": 7.5, "pro": 10}}
O1 = {"action": "text_to_video", "model": "kling-o1", "unit_price_cents": 10, "billing_config": BY_MODE}
WALK = {"action": "text_to_video", "model": "kling-3.0", "unit_price_cents": 14}
LIPS = {"action": "motion_control", "model": "kling-v2.6", "pricing_status": "unpublished"}


class Shop:
    """A server whose card a test decides."""

    def __init__(self, running: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.url = running.url
        self._running = running
        self._monkeypatch = monkeypatch

    def publish(self, as_of: str, *rows: Mapping[str, Any]) -> None:
        """From now on these prices hold, and no others."""
        base = bundled_catalog()
        card = RateCard(as_of=as_of, source="x", price_schedules=tuple(map(PriceSchedule.model_validate, rows)))
        simulator = Simulator(Config(base_url=self.url), Catalog(base.contract, card, base.data))
        self._monkeypatch.setattr(self._running.simulator, "handle", simulator.handle)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("KLING_RENDER_CATALOG", raising=False)


@pytest.fixture
def shop(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    with running_server() as running:
        monkeypatch.setenv("RUNAPI_BASE_URL", running.url)
        monkeypatch.setenv("KLING_RENDER_RETRIES", "1")
        yield Shop(running, monkeypatch)


def lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_prices_without_network_are_the_bundled_ones_with_date_and_source(cli: Cli) -> None:
    ran = cli("prices")
    assert (ran.exit_code, ran.err) == (0, "")
    text = " ".join(ran.out.split())
    assert "prices of 2026-07-28, US cents per second of output; source: RunAPI's MCP server for Kling" in text
    assert "kling-v2.6 not published" in text
    for schedule in bundled_catalog().rates.price_schedules:
        assert schedule.model in text
        assert all(f"{rate.normalize():f}" in text for rate in schedule.rates().values())


def test_prices_as_json_have_every_rate(cli: Cli) -> None:
    card = json.loads(cli("prices", "--format", "json").out)
    assert (card["schema"], card["as_of"], card["other_cards"]) == (1, "2026-07-28", [])
    assert len(card["schedules"]) == len(bundled_catalog().rates.price_schedules)
    o1 = next(each for each in card["schedules"] if each["model"] == "kling-o1")
    assert o1 == {
        "action": "text_to_video",
        "model": "kling-o1",
        "pricing_status": "published",
        "keys": ["mode"],
        "rates": [
            {"values": ["std"], "cents_per_second": "7.5"},
            {"values": ["pro"], "cents_per_second": "10"},
        ],
    }
    assert "refresh" not in card


@pytest.mark.parametrize("columns", [80, 100, 200])
def test_value_and_its_rate_stand_on_one_line(cli: Cli, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    text = cli("prices").out
    assert max(map(len, text.partition("prices of")[0].splitlines())) <= columns
    assert text.count("4k 67") == 4
    assert text.count("4k 119.5") == 4


def refreshed(cli: Cli) -> list[str]:
    """What is said of a refresh, the lines of one sentence joined."""
    return lines(cli("prices", "--refresh").out)


def test_refresh_says_what_changed_in_a_line_for_each_model(cli: Cli, shop: Shop) -> None:
    shop.publish("2026-08-02", WALK, O1)
    cli("prices", "--refresh")
    by_mode = {"key": "mode", "overrides": {"std": 8.25, "pro": 11}}
    shop.publish("2026-08-09", WALK, {**O1, "unit_price_cents": 11, "billing_config": by_mode})
    ran = cli("prices", "--refresh")
    assert (ran.exit_code, ran.err) == (0, "")
    said = lines(ran.out)
    assert said[-1] == "kling-o1 (text_to_video): std 7.5 -> 8.25, pro 10 -> 11"
    text = " ".join(" ".join(said).split())
    assert f"The live card of {shop.url}, 2026-08-09, differs from its earlier one, 2026-08-02:" in text


def test_first_refresh_is_compared_with_the_bundled_card(cli: Cli, shop: Shop) -> None:
    shop.publish("2026-08-02", WALK)
    text = " ".join(refreshed(cli))
    assert f"The live card of {shop.url}, 2026-08-02, differs from the bundled card of 2026-07-28:" in text
    assert "kling-o1 (text_to_video): none of its 2 rates is published any more" in text
    assert text.count("kling-o1 (text_to_video)") == 1


def test_refresh_says_which_models_are_new_and_which_are_gone(cli: Cli, shop: Shop) -> None:
    shop.publish("2026-08-02", WALK)
    cli("prices", "--refresh")
    shop.publish("2026-08-09", O1)
    said = refreshed(cli)
    assert "kling-o1 (text_to_video): new, std 7.5, pro 10" in said
    assert "kling-3.0 (text_to_video): 14 -> not published any more" in said


def test_refresh_to_an_older_card_says_that_it_does_not_count(cli: Cli, shop: Shop) -> None:
    shop.publish("2026-07-01", WALK)
    said = refreshed(cli)
    assert said[-1] == "It is older than the bundled card of 2026-07-28, so it does not count."


def test_second_refresh_says_that_nothing_is_new(cli: Cli, shop: Shop) -> None:
    shop.publish("2026-08-02", WALK)
    cli("prices", "--refresh")
    ran = cli("prices", "--refresh")
    assert ran.exit_code == 0
    text = " ".join(ran.out.split())
    assert text.endswith(f"The live card of {shop.url}, 2026-08-02, is the server's newest, and known already.")


def test_card_of_the_same_day_has_a_name_by_which_it_can_be_pinned(cli: Cli, shop: Shop) -> None:
    shop.publish("2026-07-28", WALK)
    cli("prices", "--refresh")
    card = json.loads(cli("prices", "--format", "json").out)
    assert re.fullmatch(r"2026-07-28\+[0-9a-f]{8}", card["name"])
    assert [each["name"] for each in card["other_cards"]] == ["2026-07-28"]
    text = " ".join(cli("prices").out.split())
    assert f"prices of {card['name']}, US cents per second" in text
    assert 'pin it with [project] prices = "2026-07-28"' in text


def test_card_of_the_same_day_with_the_same_rates_is_not_told_again(cli: Cli, shop: Shop) -> None:
    cli("prices", "--refresh")
    assert "also known" not in cli("prices").out


def test_refresh_names_what_it_cannot_read(cli: Cli, shop: Shop) -> None:
    shop.publish("2026-08-02", WALK, {**O1, "currency": "EUR"})
    text = " ".join(cli("prices", "--refresh").out.split())
    assert "cannot be read, so it has no price: kling-o1 (text_to_video): priced in EUR per second" in text


def test_refresh_as_json_tells_card_changes_and_what_is_unreadable(cli: Cli, shop: Shop) -> None:
    shop.publish("2026-08-02", WALK)
    cli("prices", "--refresh")
    shop.publish("2026-08-09", {**WALK, "unit_price_cents": 16.5}, {**O1, "currency": "EUR"})
    shown = json.loads(cli("prices", "--refresh", "--format", "json").out)
    assert (shown["as_of"], shown["source"]) == ("2026-08-09", f"{shop.url}, live")
    assert shown["refresh"] == {
        "answered": "changed",
        "before": {"name": "2026-08-02", "as_of": "2026-08-02", "source": f"{shop.url}, live"},
        "changes": [
            {"action": "text_to_video", "model": "kling-3.0", "values": [], "before": "14", "after": "16.5"},
        ],
        "unreadable": ["kling-o1 (text_to_video): priced in EUR per second"],
    }


def test_refreshed_prices_count_from_then_on(cli: Cli, shop: Shop, film: Path) -> None:
    shop.publish("2026-08-02", {**WALK, "unit_price_cents": 20})
    before = json.loads(cli("plan", film, "--format", "json").out)
    cli("prices", "--refresh")
    after = json.loads(cli("plan", film, "--format", "json").out)
    assert (before["to_pay_usd"], before["price_card"]) == ("0.84", "2026-07-28")
    assert (after["to_pay_usd"], after["price_card"]) == ("1.2", "2026-08-02")
    assert before["hash"] != after["hash"]


def test_refresh_of_a_server_that_is_none_exits_with_11_and_keeps_what_is_known(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_server() as gone:
        monkeypatch.setenv("RUNAPI_BASE_URL", gone.url)
    monkeypatch.setenv("KLING_RENDER_RETRIES", "1")
    assert cli("prices", "--refresh").exit_code == 11
    assert cli("prices").exit_code == 0


# plan --quote


def test_quotes_stand_beside_the_estimates(cli: Cli, shop: Shop, film: Path) -> None:
    ran = cli("plan", film, "--quote")
    assert (ran.exit_code, ran.err) == (0, "")
    quoted = ran.out.partition("plan ")[2].splitlines()[1:]
    assert lines("\n".join(quoted)) == [
        "",
        "request takes estimate quote",
        "─" * 80,
        "text_to_video kling-3.0 enable_sound=false 2 $0.42 $0.42 agree",
        "output_resolution=720p duration_seconds=3",
        "",
        "quoted in all: $0.84; quotes are rounded to cents per take",
    ]


def test_quote_that_differs_says_so_with_the_servers_reckoning(cli: Cli, shop: Shop, film: Path) -> None:
    shop.publish("2026-08-02", {**WALK, "unit_price_cents": 20})
    text = " ".join(cli("plan", film, "--quote").out.split())
    assert "2 $0.42 $0.60 they differ" in text
    assert "quoted in all: $1.20" in text


def test_quotes_as_json_stand_in_the_plan(cli: Cli, shop: Shop, film: Path) -> None:
    (quote,) = json.loads(cli("plan", film, "--quote", "--format", "json").out)["quotes"]
    assert quote == {
        "action": "text_to_video",
        "model": "kling-3.0",
        "params": {"enable_sound": False, "output_resolution": "720p", "duration_seconds": 3},
        "takes": ["walk#1", "walk#2"],
        "estimated_usd": "0.42",
        "quoted_usd": "0.42",
        "assumed": False,
        "comparable": True,
        "agrees": True,
        "basis": "3 s at 14 cents per second",
        "pricing_status": "published",
        "as_of": "2026-07-28",
        "refusal": None,
    }


def test_plan_without_quotes_asks_nobody(cli: Cli, film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_server() as gone:
        monkeypatch.setenv("RUNAPI_BASE_URL", gone.url)
    shown = json.loads(cli("plan", film, "--format", "json").out)
    assert "quotes" not in shown
    assert cli("plan", film, "--quote").exit_code == 11
