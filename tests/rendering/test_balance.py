"""What the account has is looked at before the first request that costs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kling_render.errors import BudgetError, InsufficientCreditsError
from kling_render.ledger import State
from kling_render.rendering.consent import Proposal
from mock_server import Config

from .conftest import KEY, SHOT_MICRO_USD, Studio, answer

WithBalance = Callable[[int], Studio]


@pytest.fixture
def studio_with(studio: Studio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> WithBalance:
    """Opens a studio whose account has so many micro-USD; its film costs two shots."""

    def opened(balance_micro_usd: int) -> Studio:
        return Studio(tmp_path / "other", monkeypatch, Config(api_keys=(KEY,), balance_micro_usd=balance_micro_usd))

    return opened


def test_too_little_is_refused_before_the_first_post(studio_with: WithBalance) -> None:
    studio = studio_with(2 * SHOT_MICRO_USD - 10_000)
    with pytest.raises(BudgetError, match=r"the account has \$0\.83, the plan needs \$0\.84") as caught:
        studio.render()
    assert caught.value.exit_code == 3
    assert "--partial" in caught.value.hint
    assert studio.door.of_kind("create") == []
    assert studio.snapshot().attempts == ()


def test_too_little_is_refused_before_anybody_is_asked(studio_with: WithBalance) -> None:
    asked: list[Proposal] = []

    def ask(proposal: Proposal) -> bool:
        asked.append(proposal)
        return True

    with pytest.raises(BudgetError, match="the account has"):
        studio_with(0).render(confirm=ask)
    assert asked == []


def test_exactly_enough_is_enough(studio_with: WithBalance) -> None:
    studio = studio_with(2 * SHOT_MICRO_USD)
    assert studio.render().exit_code == 0
    assert studio.settled() == 2 * SHOT_MICRO_USD


def test_only_what_is_still_to_buy_must_be_there(studio_with: WithBalance) -> None:
    studio = studio_with(2 * SHOT_MICRO_USD)
    studio.shoot("walk")
    studio.render()
    studio.shoot("walk", "run")
    assert studio.render().exit_code == 0


def test_what_is_held_for_an_open_task_is_not_asked_for_again(studio_with: WithBalance) -> None:
    studio = studio_with(2 * SHOT_MICRO_USD)
    studio.render_until("poll", concurrency=1)
    assert studio.render().exit_code == 0
    assert studio.settled() == 2 * SHOT_MICRO_USD


def test_retries_are_not_asked_for_in_advance(studio_with: WithBalance) -> None:
    studio = studio_with(2 * SHOT_MICRO_USD)
    file = studio.folder / "project.toml"
    file.write_text(file.read_text("utf-8") + "[render]\nretries = 5\n", "utf-8")
    assert studio.render().exit_code == 0


def test_partial_buys_what_the_credit_allows_and_says_that_it_ended(studio_with: WithBalance) -> None:
    studio = studio_with(2 * SHOT_MICRO_USD - 1)
    outcome = studio.render(partial=True, concurrency=1)
    assert (outcome.exit_code, outcome.undelivered, len(studio.clips())) == (3, ("run#1",), 1)
    assert isinstance(outcome.problems["run#1"], InsufficientCreditsError)
    assert studio.attempt("run#1").state is State.RELEASED
    assert studio.settled() == SHOT_MICRO_USD


def test_partial_keeps_what_is_in_flight_when_the_credit_ends(studio_with: WithBalance) -> None:
    studio = studio_with(SHOT_MICRO_USD)
    outcome = studio.render(partial=True, concurrency=2)
    assert (outcome.exit_code, len(outcome.undelivered), len(studio.clips())) == (3, 1, 1)


def test_nothing_to_buy_needs_no_balance(studio: Studio) -> None:
    studio.render()
    nothing = dict.fromkeys(
        ("balance_cents", "paid_balance_cents", "bonus_balance_cents", "spent_cents_today", "spent_cents_total"), 0
    )
    studio.breaks("balance", answer(200, nothing), times=99)
    assert studio.render().exit_code == 0


def test_open_task_is_fetched_with_an_empty_account(studio_with: WithBalance) -> None:
    studio = studio_with(SHOT_MICRO_USD)
    studio.shoot("walk")
    studio.render_until("poll")
    outcome = studio.render()
    assert (outcome.exit_code, len(studio.clips())) == (0, 1)


def test_finished_task_is_fetched_although_the_account_cannot_pay_for_the_rest(studio_with: WithBalance) -> None:
    studio = studio_with(SHOT_MICRO_USD)
    studio.shoot("walk")
    studio.render_until("clip")
    studio.shoot("walk", "run")
    with pytest.raises(BudgetError, match="the account has"):
        studio.render()
    assert studio.attempt("walk#1").state is State.DOWNLOADED
    assert len(studio.door.of_kind("create")) == 1


def test_refusal_repeats_no_unanswered_request(studio_with: WithBalance) -> None:
    studio = studio_with(SHOT_MICRO_USD)
    studio.shoot("walk")
    studio.render_until("create")
    studio.shoot("walk", "run", "rest", "turn")
    sent = len(studio.door.of_kind("create"))
    with pytest.raises(BudgetError, match="the account has"):
        studio.render()
    assert len(studio.door.of_kind("create")) == sent
