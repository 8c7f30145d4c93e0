"""What the board says of money: each charge counts on one card, and the cards add up to the header."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kling_render.bookkeeping import list_takes
from kling_render.ledger import Attempt, Identity, Snapshot, State
from kling_render.planning import PlannedTake, Selection, plan
from kling_render.report.board import Source, read_source
from kling_render.report.board.data import board_view
from kling_render.report.board.media import Media, RelativeLinks
from kling_render.report.board.sums import bear_shared
from kling_render.report.board.view import BoardView, CardView

from .boards import HEAD, write_film

LANGUAGES = HEAD + '[versions]\naxes = { lang = ["en", "de"] }\n'
QUAY = '[shot.quay]\nprompt = "The quay at {{ light }}"\n'
SHOTS = QUAY + '[shot.walk]\nprompt = "Walk, {{ lang }}"\ntakes = 2\n'
HERE = Identity("https://runapi.ai", "7")
PRICE = 420_000


def bought(planned: PlannedTake, address: str = "", **changes: Any) -> Attempt:
    """An attempt that made a take, as the ledger would have it."""
    attempt = Attempt(
        id=1,
        address=address or str(planned.address),
        fingerprint=planned.fingerprint,
        take=planned.address.number,
        attempt=1,
        state=State.DOWNLOADED,
        action=planned.take.action,
        model=planned.take.model,
        key="k",
        client_request_id="c",
        body=b'{"prompt": "The quay at night"}',
        reserved_micro_usd=PRICE,
        settled_micro_usd=PRICE,
        task_id="t",
        error=None,
        created_at=datetime(2026, 8, 1, tzinfo=UTC),
        run_id="r",
        profile="default",
        title=planned.take.title,
    )
    return replace(attempt, **changes)


def takes_of(film: Path) -> dict[str, PlannedTake]:
    return {str(each.address): each for each in read_source(Source(film))[1].plan.takes}


def view_of(film: Path, *attempts: Attempt, only: str = "") -> BoardView:
    """The board of a film of which this was bought."""
    status, known = read_source(Source(film))
    snapshot = Snapshot(HERE, attempts, status.project.table.id)
    planned = plan(status.project, snapshot=snapshot, now=known.now)
    status = replace(status, snapshot=snapshot, plan=planned)
    chosen = bear_shared(Selection.parse([only]).choose(planned.takes), planned.takes) if only else planned.takes
    known = replace(known, plan=planned, snapshot=snapshot, chosen=chosen, candidates=list_takes(status))
    return board_view(known, Media(film, RelativeLinks(film), {}))


def cards_of(view: BoardView) -> dict[str, CardView]:
    return {card.address: card for section in view.sections for card in section.cards}


def test_retakes_count_on_their_card_and_in_the_header(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film", QUAY)
    quay = takes_of(film)["quay#1"]
    view = view_of(film, bought(quay), bought(quay, "quay#2", take=2))
    facts, card = dict(view.facts), cards_of(view)["quay"]
    assert (facts["takes"], facts["settled"], card.settled) == ("1 planned, 2 made", "$0.84", "$0.84")
    assert [take.price for take in card.takes] == ["$0.42", "$0.42"]


def test_takes_of_older_prompts_count_on_their_card(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film", QUAY)
    quay = takes_of(film)["quay#1"]
    view = view_of(film, bought(quay, fingerprint="older"))
    card = cards_of(view)["quay"]
    assert [(take.state, take.price) for take in card.takes] == [("changed", "$0.42"), ("older prompt", "$0.42")]
    assert (dict(view.facts)["settled"], card.settled) == ("$0.42", "$0.42")


def test_every_charge_for_a_take_counts(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film", QUAY)
    quay = takes_of(film)["quay#1"]
    view = view_of(film, bought(quay, state=State.EXPIRED), bought(quay, attempt=2))
    card = cards_of(view)["quay"]
    assert (card.takes[0].price, card.settled, dict(view.facts)["settled"]) == ("$0.84", "$0.84", "$0.84")


def test_shared_take_counts_on_the_card_that_bears_it(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film", SHOTS, LANGUAGES)
    quay = takes_of(film)["en/quay#1"]
    view = view_of(film, bought(quay, "de/quay#1"))  # as it is bought where `--only de` was asked for
    english, german = (cards_of(view)[name] for name in ("en/quay", "de/quay"))
    assert (english.settled, german.settled, german.shared_with) == ("$0.42", "", "en/quay")
    assert (english.takes[0].price, german.takes[0].price) == ("$0.42", "shared")
    assert dict(view.facts)["takes"] == "6 planned, 1 made"


def test_shared_take_is_in_the_state_of_the_one_that_bears_it(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film", SHOTS, LANGUAGES)
    quay = takes_of(film)["en/quay#1"]
    (new,) = cards_of(view_of(film))["de/quay"].takes
    changed, *_ = cards_of(view_of(film, bought(quay, fingerprint="older")))["de/quay"].takes
    (made,) = cards_of(view_of(film, bought(quay)))["de/quay"].takes
    assert [(each.state, each.tone) for each in (new, changed, made)] == [
        ("new", "plain"), ("changed", "plain"), ("bought", "good"),
    ]  # fmt: skip
    assert cards_of(view_of(film))["de/quay"].filters["state"] == ["new", "shared", "missing"]


def test_selected_version_bears_what_it_shares_with_one_that_is_left_out(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film", SHOTS, LANGUAGES)
    view = view_of(film, only="version:de")
    (take,) = cards_of(view)["de/quay"].takes
    assert (take.state, take.price) == ("new", "$0.42")
    assert dict(view.facts)["to pay"] == dict(view.facts)["estimated"] == "$1.26"


def test_cards_add_up_to_the_header(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film", SHOTS, LANGUAGES)
    takes = takes_of(film)
    quay = takes["en/quay#1"]
    retakes = [bought(quay, "de/quay#2", take=2), bought(quay, "en/quay#3", take=3, fingerprint="older")]
    view = view_of(film, *map(bought, (each for each in takes.values() if not each.is_shared)), *retakes)
    cards, facts = cards_of(view), dict(view.facts)
    estimated = _sum("" if card.shared_with else card.estimated.partition(" ")[0] for card in cards.values())
    settled = _sum(card.settled for card in cards.values())
    assert (estimated, settled) == (facts["estimated"], facts["settled"]) == ("$2.10", "$2.94")


def test_shared_retake_counts_on_the_card_that_a_selection_has_left(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film", SHOTS, LANGUAGES)
    quay = takes_of(film)["en/quay#1"]
    view = view_of(film, bought(quay), bought(quay, "en/quay#2", take=2), only="de/quay")
    card = cards_of(view)["de/quay"]
    assert (card.settled, dict(view.facts)["settled"]) == ("$0.84", "$0.84")
    assert [take.price for take in card.takes] == ["$0.42", "$0.42"]


def _sum(amounts: Iterable[str]) -> str:
    return f"${sum(float(each[1:]) for each in amounts if each):.2f}"
