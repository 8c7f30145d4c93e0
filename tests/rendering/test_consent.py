"""What stops a render before it spends anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kling_render.errors import BudgetError, PlanChangedError
from kling_render.ledger import Snapshot, State
from kling_render.planning import Plan, PlannedTake, Retake, Selection, plan
from kling_render.project import load
from kling_render.rendering.consent import Demands, Proposal, check, spends
from kling_render.runapi import Balance

from ..ledger.conftest import HERE, NOW, an_attempt
from .conftest import FILM, SHOT_MICRO_USD


def a_plan(folder: Path, film: str = FILM, **known: Any) -> Plan:
    """The plan of a film of two shots, at 42 cents each."""
    shots = "".join(f'[shot.{name}]\nprompt = "Mira {name}s"\n' for name in ("walk", "run"))
    (folder / "project.toml").write_text(film + shots, "utf-8")
    return plan(load(folder), **{"now": NOW, **known})


def without_cap(film: str = FILM) -> str:
    return film.replace("max_usd = 50\n", "")


def a_balance(cents: int) -> Balance:
    return Balance(cents, cents, 0, 0, 0)


RICH = a_balance(100_000)


def known(planned: PlannedTake, state: State) -> Snapshot:
    """A ledger that has an attempt at a take, in this state."""
    attempt = an_attempt(
        fingerprint=planned.fingerprint, address=str(planned.address), state=state, reserved_micro_usd=SHOT_MICRO_USD
    )
    return Snapshot(HERE, (attempt,), "nf-7c1e")


def yes(_: Proposal) -> bool:
    return True


# The plan that was agreed


def test_whole_hash_or_eight_characters_of_it_are_the_agreed_plan(tmp_path: Path) -> None:
    made = a_plan(tmp_path)
    for agreed in (made.hash, made.hash[:8]):
        check(made, Demands(expect_plan=agreed), RICH)


@pytest.mark.parametrize("length", [0, 7])
def test_too_little_of_the_hash_is_no_agreement(tmp_path: Path, length: int) -> None:
    made = a_plan(tmp_path)
    with pytest.raises(PlanChangedError, match=f"the plan is {made.hash[:16]}, not"):
        check(made, Demands(expect_plan=made.hash[:length]), RICH)


def test_another_hash_is_another_plan(tmp_path: Path) -> None:
    with pytest.raises(PlanChangedError, match="not 00000000") as caught:
        check(a_plan(tmp_path), Demands(expect_plan="0" * 8), RICH)
    assert caught.value.exit_code == 9


def test_changed_plan_is_told_before_a_broken_cap(tmp_path: Path) -> None:
    made = a_plan(tmp_path, max_micro_usd=1)
    with pytest.raises(PlanChangedError, match="not 00000000"):
        check(made, Demands(expect_plan="0" * 8), RICH)


# Caps


def test_refusals_of_the_plan_are_told_together(tmp_path: Path) -> None:
    made = a_plan(tmp_path, FILM.replace("max_usd = 50", "max_usd = 0.5\nmax_usd_per_take = 0.1"))
    with pytest.raises(BudgetError, match=r"walk#1.*; .*run#1.*; .*max_usd") as caught:
        check(made, Demands(), RICH)
    hint = "Nothing was submitted. Raise the cap, or buy fewer takes with --only."
    assert (caught.value.exit_code, caught.value.hint) == (3, hint)


def test_retake_over_a_cap_is_not_told_of_options_it_lacks(tmp_path: Path) -> None:
    made = a_plan(tmp_path, max_micro_usd=500_000)
    with pytest.raises(BudgetError, match=r"would break --max-usd \$0\.50") as caught:
        check(made, Demands(retake=Retake("walk")), RICH)
    assert caught.value.hint == "Nothing was submitted. Raise the cap, or buy fewer takes."


def test_unknown_price_that_is_refused_leaves_the_remedy_to_its_own_words(tmp_path: Path) -> None:
    unpriced = (
        '[shot.lips]\nmodel = "kling-v3-omni-reference"\nprompt = "She talks"\naspect_ratio = "1:1"\n'
        'reference_image_urls = ["https://media.example/mira.png"]\n'
    )
    made = a_plan(tmp_path, FILM + unpriced)
    with pytest.raises(BudgetError, match=r"no price is published.*set .budget. unknown_price") as caught:
        check(made, Demands(), RICH)
    assert caught.value.hint == "Nothing was submitted."


def test_cap_that_is_broken_is_no_question_of_consent(tmp_path: Path) -> None:
    with pytest.raises(BudgetError, match=r"\$0\.84"):
        check(a_plan(tmp_path, max_micro_usd=500_000), Demands(confirm=yes), RICH)


def test_without_a_cap_and_anybody_to_ask_nothing_that_spends_starts(tmp_path: Path) -> None:
    with pytest.raises(BudgetError, match="without a cap, a render that nobody watches does not start") as caught:
        check(a_plan(tmp_path, without_cap()), Demands(), RICH)
    assert "--max-usd" in caught.value.hint


def test_without_a_cap_somebody_to_ask_is_enough(tmp_path: Path) -> None:
    check(a_plan(tmp_path, without_cap()), Demands(confirm=yes), RICH)


def test_without_a_cap_what_costs_nothing_starts(tmp_path: Path) -> None:
    made = a_plan(tmp_path, without_cap())
    attempts = [each for planned in made.takes for each in known(planned, State.DOWNLOADED).attempts]
    bought = a_plan(tmp_path, without_cap(), snapshot=Snapshot(HERE, tuple(attempts), "nf-7c1e"))
    check(bought, Demands(), RICH)


# Money


@pytest.mark.parametrize("cents", [0, 83])
def test_balance_below_the_plan_is_refused(tmp_path: Path, cents: int) -> None:
    with pytest.raises(BudgetError, match=r"the account has \$0\.\d\d, the plan needs \$0\.84"):
        check(a_plan(tmp_path), Demands(), a_balance(cents))


def test_balance_of_exactly_the_plan_is_enough(tmp_path: Path) -> None:
    check(a_plan(tmp_path), Demands(), a_balance(84))


def test_balance_below_the_plan_is_enough_where_a_part_will_do(tmp_path: Path) -> None:
    check(a_plan(tmp_path), Demands(partial=True), a_balance(1))


# What spends


def test_plan_with_something_to_buy_spends(tmp_path: Path) -> None:
    assert spends(a_plan(tmp_path))


@pytest.mark.parametrize(
    ("state", "expected"),
    [(State.INTENT, True), (State.SUBMITTED, False), (State.COMPLETED, False), (State.UNKNOWN, False)],
    ids=lambda value: getattr(value, "value", str(value)),
)
def test_of_open_attempts_only_a_request_without_an_answer_spends(tmp_path: Path, state: State, expected: bool) -> None:
    made = a_plan(tmp_path)
    only = Selection.parse(["walk"])
    assert spends(a_plan(tmp_path, snapshot=known(made.takes[0], state), selection=only)) is expected
