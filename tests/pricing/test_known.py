"""Which rate card counts: the newest that is known, unless the project is pinned to another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kling_render import load, plan
from kling_render.catalog import Catalog
from kling_render.errors import InvalidProjectError
from kling_render.pricing import known_catalog
from kling_render.pricing.cache import cache_file
from kling_render.settings import Settings, load_settings

from .conftest import ORIGIN, WALK, Server, priced

BUNDLED = "2026-07-28"
LIVE = "2026-08-02"
OWN = """\
[[models]]
action = "text_to_video"
name = "kling-4.0"
like = "kling-3.0"
[[price_schedules]]
action = "text_to_video"
model = "kling-4.0"
unit_price_cents = 33.5
"""


def known(**settings: Any) -> Catalog:
    return known_catalog(Settings(**settings))


def cents_of_a_second(catalog: Catalog, model: str = "kling-3.0") -> str | None:
    price = catalog.price("text_to_video", {"model": model, "duration_seconds": 5, "output_resolution": "720p"})
    return f"{price.rate_cents:f}" if price else None


def a_project(folder: Path, pin: str = "") -> Path:
    line = f'prices = "{pin}"\n' if pin else ""
    shot = '[shot.walk]\nmodel = "kling-3.0"\nprompt = "She walks"\n'
    file = folder / "project.toml"
    file.write_text(f'schema = 1\n[project]\nname = "ferry"\nid = "nf-7c1e"\n{line}{shot}', "utf-8")
    return file


@pytest.fixture
def live() -> None:
    """The server's card of 2 August is known: a second of kling-3.0 costs 16 cents."""
    Server(priced(LIVE, WALK)).refresh()


def test_bundled_card_counts_while_no_other_is_known() -> None:
    assert (known().rates.as_of, cents_of_a_second(known()), known().other_rates) == (BUNDLED, "14", ())


@pytest.mark.usefixtures("live")
def test_newer_live_card_counts_and_the_bundled_one_stays_known() -> None:
    assert (known().rates.as_of, cents_of_a_second(known())) == (LIVE, "16")
    assert [card.as_of for card in known().other_rates] == [BUNDLED]


def test_older_live_card_does_not_count() -> None:
    Server(priced("2026-07-01", WALK)).refresh()
    assert (known().rates.as_of, cents_of_a_second(known())) == (BUNDLED, "14")


def test_live_card_of_the_same_day_counts_before_the_bundled_one() -> None:
    Server(priced(BUNDLED, WALK)).refresh()
    assert cents_of_a_second(known()) == "16"


@pytest.mark.usefixtures("live")
def test_live_card_of_another_server_does_not_count() -> None:
    assert cents_of_a_second(known(base_url="http://127.0.0.1:8080")) == "14"


@pytest.mark.usefixtures("live")
def test_damaged_live_card_does_not_count() -> None:
    cache_file(ORIGIN).write_text("{", "utf-8")
    assert cents_of_a_second(known()) == "14"


def test_live_card_of_the_same_day_with_the_same_rates_is_no_other_card() -> None:
    Server().refresh()
    assert [card.source for card in known().cards] == ["RunAPI's MCP server for Kling: price snapshot"]


# Pinned


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize(("pin", "usd"), [("", 800_000), (LIVE, 800_000), (BUNDLED, 700_000)])
def test_project_reckons_with_the_card_that_it_is_pinned_to(tmp_path: Path, pin: str, usd: int) -> None:
    planned = plan(a_project(tmp_path, pin))
    assert (planned.due_micro_usd, planned.price_card) == (usd, pin or LIVE)


@pytest.mark.usefixtures("live")
def test_plan_that_is_pinned_has_the_same_hash_after_a_refresh(tmp_path: Path) -> None:
    before = plan(a_project(tmp_path, BUNDLED)).hash
    Server(priced("2026-08-09", {**WALK, "unit_price_cents": 99})).refresh()
    assert plan(a_project(tmp_path, BUNDLED)).hash == before


@pytest.mark.usefixtures("live")
def test_pin_to_a_card_that_nobody_knows_is_a_fault_that_names_those_known(tmp_path: Path) -> None:
    file = a_project(tmp_path, "2025-01-01")
    with pytest.raises(InvalidProjectError, match=r"there is no rate card of 2025-01-01") as caught:
        load(file)
    (fault,) = caught.value.faults
    assert (fault.place.file, fault.place.key) == (file, "project.prices")
    assert fault.message == f"there is no rate card of 2025-01-01, only of {LIVE}, {BUNDLED}"
    assert f'prices = "{LIVE}"' in fault.hint
    assert "prices --refresh" in fault.hint


def test_pin_to_a_day_with_two_cards_means_the_bundled_one_and_the_other_has_a_name(tmp_path: Path) -> None:
    Server(priced(BUNDLED, WALK)).refresh()
    live, bundled = known().cards
    assert (bundled.name, live.name) == (BUNDLED, f"{BUNDLED}+{live.edition}")
    for pin, usd in ((BUNDLED, 700_000), (live.name, 800_000)):
        assert plan(a_project(tmp_path, pin)).due_micro_usd == usd


def test_name_of_a_card_stays_when_own_prices_lie_over_it(tmp_path: Path) -> None:
    Server(priced(BUNDLED, WALK)).refresh()
    (tmp_path / "mine.toml").write_text(OWN, "utf-8")
    assert [card.name for card in known(catalog=tmp_path / "mine.toml").cards] == [card.name for card in known().cards]


# One's own file


def test_own_models_and_prices_of_the_environment_lie_over_what_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.toml").write_text(OWN, "utf-8")
    monkeypatch.setenv("KLING_RENDER_CATALOG", str(tmp_path / "mine.toml"))
    catalog = known_catalog(load_settings())
    assert cents_of_a_second(catalog, "kling-4.0") == "33.5"
    assert cents_of_a_second(catalog) == "14"


@pytest.mark.usefixtures("live")
def test_own_prices_lie_over_every_card(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(OWN, "utf-8")
    catalog = known(catalog=tmp_path / "mine.toml")
    cards = [catalog.pinned(as_of) for as_of in (LIVE, BUNDLED)]
    assert [card and cents_of_a_second(card, "kling-4.0") for card in cards] == ["33.5", "33.5"]


def test_own_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(InvalidProjectError, match="cannot be read") as caught:
        known(catalog=tmp_path / "none.toml")
    assert caught.value.faults[0].place.file == tmp_path / "none.toml"
