"""`prices --refresh`: the server's card is fetched when it is new, and compared with the one before."""

from __future__ import annotations

from decimal import Decimal

import httpx
import pytest

from kling_render.catalog import Price, bundled_catalog
from kling_render.errors import ServerError, StorageError, UnintelligibleAnswerError
from kling_render.pricing import Change
from kling_render.pricing.cache import cache_file, read_live_card

from .conftest import ORIGIN, WALK, Server, an_answer, priced


def changes(server: Server) -> list[Change]:
    return server.refresh().changes


# Fetching


def test_first_refresh_keeps_the_servers_card_with_its_etag() -> None:
    server = Server(priced("2026-08-02", WALK))
    refreshed = server.refresh()
    live = read_live_card(ORIGIN)
    assert live is not None
    assert refreshed.answered == "changed"
    assert (live.card.as_of, live.card.source, live.unreadable) == ("2026-08-02", "https://runapi.ai, live", ())
    assert live.etag is not None
    assert live.card.price("text_to_video", {"model": "kling-3.0", "duration_seconds": 5}) == Price(
        Decimal(16), 5, 800_000
    )
    assert len(live.card.price_schedules) == len(bundled_catalog().rates.price_schedules)


def test_card_of_the_first_refresh_is_compared_with_the_bundled_one() -> None:
    assert Server().refresh().before == bundled_catalog().rates


def test_second_refresh_shows_the_etag_and_is_told_that_nothing_changed() -> None:
    server = Server(priced("2026-08-02", WALK))
    server.refresh()
    kept = read_live_card(ORIGIN)
    assert kept is not None
    again = server.refresh()
    assert server.requests[-1].headers["If-None-Match"] == kept.etag
    assert (again.answered, again.changes, again.live) == ("unchanged", [], kept)


def test_new_card_takes_the_place_of_the_kept_one() -> None:
    server = Server(priced("2026-08-02", WALK))
    server.refresh()
    server.publish(priced("2026-08-09", {**WALK, "unit_price_cents": 17}))
    refreshed = server.refresh()
    live = read_live_card(ORIGIN)
    assert (refreshed.answered, refreshed.before.as_of, live and live.card.as_of) == (
        "changed", "2026-08-02", "2026-08-09",
    )  # fmt: skip


def test_schedules_are_asked_for_without_a_key() -> None:
    server = Server()
    server.refresh()
    (request,) = server.requests
    assert str(request.url) == "https://runapi.ai/api/v1/price_schedules?service=kling"
    assert "authorization" not in request.headers


def test_server_that_says_unchanged_to_somebody_who_knows_nothing_is_not_understood() -> None:
    server = Server(priced("2026-08-02", WALK))
    server.answers = [httpx.Response(304)]
    with pytest.raises(UnintelligibleAnswerError, match="304"):
        server.refresh()
    assert not cache_file(ORIGIN).exists()


def test_server_without_etags_is_asked_for_all_of_it_each_time() -> None:
    server = Server()
    server.answers = [an_answer(WALK, etag=""), an_answer(WALK, etag="")]
    assert [server.refresh().answered, server.refresh().answered] == ["changed", "changed"]
    assert "if-none-match" not in server.requests[1].headers


def test_server_that_fails_leaves_the_kept_card_alone() -> None:
    server = Server(priced("2026-08-02", WALK))
    server.refresh()
    before = cache_file(ORIGIN).read_bytes()
    server.answers = [httpx.Response(503, content=b"{}")]
    with pytest.raises(ServerError, match="503"):
        server.refresh()
    assert cache_file(ORIGIN).read_bytes() == before


def test_cache_that_cannot_be_written_is_a_storage_error() -> None:
    folder = cache_file(ORIGIN).parent
    folder.parent.mkdir(parents=True)
    folder.write_text("not a folder")
    with pytest.raises(StorageError, match="cannot write"):
        Server().refresh()


# Changes


def test_card_with_the_same_rates_has_no_changes() -> None:
    assert changes(Server(priced("2026-08-02"))) == []


def test_rate_that_changed_is_listed_with_both_and_its_values() -> None:
    row = {
        "action": "text_to_video",
        "model": "kling-o1",
        "unit_price_cents": 10,
        "billing_config": {"key": "mode", "overrides": {"std": 8.25, "pro": 10}},
    }
    assert changes(Server(priced("2026-08-02", row))) == [
        Change("text_to_video", "kling-o1", ("std",), Decimal("7.5"), Decimal("8.25"))
    ]


def test_model_that_is_new_is_listed_without_a_rate_before() -> None:
    server = Server()
    server.answers = [an_answer({**WALK, "model": "kling-4.0"})]
    found = [change for change in changes(server) if change.model == "kling-4.0"]
    assert found == [Change("text_to_video", "kling-4.0", (), None, Decimal(16))]


def test_model_that_is_gone_is_listed_without_a_rate_after() -> None:
    gone = ("image_to_video", "kling-v2.1-pro")
    assert changes(Server(priced("2026-08-02", without=[gone]))) == [Change(*gone, (), Decimal(10), None)]


def test_rate_that_is_published_for_the_first_time_is_listed() -> None:
    row = {"action": "motion_control", "model": "kling-v2.6", "unit_price_cents": 25}
    assert changes(Server(priced("2026-08-02", row))) == [Change("motion_control", "kling-v2.6", (), None, Decimal(25))]


def test_rate_that_depends_on_other_fields_now_is_listed_old_and_new() -> None:
    row = {"action": "image_to_video", "model": "kling-v2.1-pro", "unit_price_cents": 12}
    by_mode = {**row, "billing_config": {"key": "mode", "overrides": {"std": 8, "pro": 12}}}
    server = Server(priced("2026-08-02", by_mode))
    found = {change.values: (change.before, change.after) for change in changes(server)}
    assert found == {("std",): (None, Decimal(8)), ("pro",): (None, Decimal(12)), (): (Decimal(10), None)}


# Rows that cannot be read


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        ({"currency": "EUR"}, "kling-3.0 (text_to_video): priced in EUR per second"),
        ({"billing_unit": "token"}, "kling-3.0 (text_to_video): priced in USD per token"),
        ({"billing_strategy": "fixed"}, "kling-3.0 (text_to_video): priced by the strategy fixed"),
        ({"unit_price_cents": -1}, "kling-3.0 (text_to_video): "),
        ({"unit_price_cents": "dear"}, "kling-3.0 (text_to_video): "),
        ({"billing_config": {"key": "mode", "overrides": {"std": "dear"}}}, "kling-3.0 (text_to_video): "),
        ({"action": None}, "kling-3.0 (None): "),
    ],
)
def test_row_that_cannot_be_read_is_named_and_has_no_price(odd: dict[str, object], reason: str) -> None:
    server = Server()
    server.answers = [an_answer({**WALK, **odd}, {**WALK, "model": "kling-o1"})]
    live = server.refresh().live
    (told,) = live.unreadable
    assert told.startswith(reason)
    assert live.card.price("text_to_video", {"model": "kling-3.0", "duration_seconds": 5}) is None
    assert live.card.price("text_to_video", {"model": "kling-o1", "duration_seconds": 5}) is not None


def test_row_that_cannot_be_read_is_named_again_from_the_cache() -> None:
    server = Server()
    server.answers = [an_answer({**WALK, "currency": "EUR"})]
    told = server.refresh().live.unreadable
    kept = read_live_card(ORIGIN)
    assert kept is not None
    assert kept.unreadable == told != ()


def test_rows_of_other_services_and_without_a_model_are_left_out() -> None:
    server = Server()
    server.answers = [an_answer({**WALK, "service": "suno"}, {**WALK, "model": None}, WALK)]
    live = server.refresh().live
    assert [each.model for each in live.card.price_schedules] == ["kling-3.0"]
    assert live.unreadable == ()


@pytest.mark.parametrize("odd", [{"unit_price_cents": 0}, {"pricing_status": "draft"}])
def test_row_without_a_published_price_has_none_and_is_readable(odd: dict[str, object]) -> None:
    server = Server()
    server.answers = [an_answer({**WALK, **odd, "new_key": 1})]
    live = server.refresh().live
    assert live.unreadable == ()
    assert live.card.price("text_to_video", {"model": "kling-3.0", "duration_seconds": 5}) is None


@pytest.mark.parametrize(("as_of", "is_older"), [("2026-07-01", True), ("2026-07-28", False), ("2026-08-02", False)])
def test_card_older_than_the_bundled_one_is_known_as_such(as_of: str, is_older: bool) -> None:
    refreshed = Server(priced(as_of, WALK)).refresh()
    assert (refreshed.newer_bundled is not None) == is_older
