"""The plan: state, price and verdict of every take."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kling_render.errors import InvalidProjectError
from kling_render.ledger import State
from kling_render.planning import TakeState, Wishes

from .conftest import NOW, RUN, WALK, a_plan, a_snapshot, an_attempt, states

UNPRICED = (
    '[shot.lips]\nmodel = "kling-v3-omni-reference"\nprompt = "She talks"\naspect_ratio = "1:1"\n'
    'reference_image_urls = ["https://media.example/mira.png"]\n'
)


# States


def test_take_that_nobody_bought_is_new(tmp_path: Path) -> None:
    assert states(a_plan(tmp_path)) == {"walk#1": TakeState.NEW}


@pytest.mark.parametrize(
    ("in_ledger", "planned"),
    [
        (State.INTENT, TakeState.IN_FLIGHT),
        (State.SUBMITTED, TakeState.IN_FLIGHT),
        (State.PROCESSING, TakeState.IN_FLIGHT),
        (State.COMPLETED, TakeState.IN_FLIGHT),
        (State.DOWNLOADED, TakeState.BOUGHT),
        (State.FAILED, TakeState.FAILED),
        (State.UNKNOWN, TakeState.UNKNOWN),
        (State.RELEASED, TakeState.NEW),
        (State.MODERATED, TakeState.MODERATED),
        (State.ABANDONED, TakeState.RETRY),
        (State.EXPIRED, TakeState.EXPIRED),
        (State.ELSEWHERE, TakeState.ELSEWHERE),
    ],
)
def test_state_of_a_take_follows_its_newest_attempt(tmp_path: Path, in_ledger: State, planned: TakeState) -> None:
    (take,) = a_plan(tmp_path).takes
    stale = an_attempt(take, State.FAILED)
    newest = an_attempt(take, in_ledger, id=2, attempt=2)
    assert states(a_plan(tmp_path, snapshot=a_snapshot(stale, newest))) == {"walk#1": planned}


BUYS = (TakeState.NEW, TakeState.CHANGED, TakeState.RETRY, TakeState.AGAIN, TakeState.PENDING)


@pytest.mark.parametrize(("state", "due"), [(each, each in BUYS) for each in TakeState])
def test_only_these_takes_are_due(tmp_path: Path, state: TakeState, due: bool) -> None:
    (take,) = a_plan(tmp_path).takes
    assert replace(take, state=state).is_due is due


def test_take_whose_address_has_a_clip_of_another_request_is_changed(tmp_path: Path) -> None:
    (take,) = a_plan(tmp_path).takes
    old = a_snapshot(an_attempt(take, fingerprint="0" * 64))
    assert states(a_plan(tmp_path, snapshot=old)) == {"walk#1": TakeState.CHANGED}


def test_going_back_to_an_old_prompt_finds_its_take_bought(tmp_path: Path) -> None:
    (old,) = a_plan(tmp_path).takes
    (new,) = a_plan(tmp_path, WALK.replace("walks", "strolls")).takes
    both = a_snapshot(an_attempt(old), an_attempt(new, id=2))
    assert states(a_plan(tmp_path, snapshot=both)) == {"walk#1": TakeState.BOUGHT}


def test_renamed_shot_finds_its_take_bought(tmp_path: Path) -> None:
    (old,) = a_plan(tmp_path).takes
    renamed = a_plan(tmp_path, WALK.replace("shot.walk", "shot.stroll"), snapshot=a_snapshot(an_attempt(old)))
    assert states(renamed) == {"stroll#1": TakeState.BOUGHT}


def test_more_takes_than_were_bought_are_due_alone(tmp_path: Path) -> None:
    (bought,) = a_plan(tmp_path).takes
    more = a_plan(tmp_path, WALK + "takes = 3\n", snapshot=a_snapshot(an_attempt(bought)))
    assert [str(planned.take.address) for planned in more.due] == ["walk#2", "walk#3"]


def test_failed_take_is_due_again_when_asked_for(tmp_path: Path) -> None:
    (take,) = a_plan(tmp_path).takes
    failed = a_snapshot(an_attempt(take, State.FAILED))
    assert states(a_plan(tmp_path, snapshot=failed, wishes=Wishes(retry_failed=True))) == {"walk#1": TakeState.RETRY}


def test_unknown_take_stays_unknown_when_failed_ones_are_retried(tmp_path: Path) -> None:
    (take,) = a_plan(tmp_path).takes
    unknown = a_snapshot(an_attempt(take, State.UNKNOWN))
    assert states(a_plan(tmp_path, snapshot=unknown, wishes=Wishes(retry_failed=True))) == {"walk#1": TakeState.UNKNOWN}


# Twins

TWINS = WALK + WALK.replace("shot.walk", "shot.again")


def test_same_request_twice_is_bought_once(tmp_path: Path) -> None:
    twins = a_plan(tmp_path, TWINS)
    assert states(twins) == {"walk#1": TakeState.NEW, "again#1": TakeState.SHARED}
    assert (twins.due_micro_usd, twins.total_micro_usd) == (700_000, 700_000)


def test_same_request_twice_is_warned_of_once_at_the_second_shot(tmp_path: Path) -> None:
    (warning,) = a_plan(tmp_path, TWINS + "takes = 2\n").warnings
    assert (warning.place.key, warning.severity) == ("shot.again", "warning")
    assert warning.message == "again is the same request as walk: both share the same paid takes"


def test_twin_with_more_takes_buys_the_ones_it_does_not_share(tmp_path: Path) -> None:
    twins = a_plan(tmp_path, TWINS + "takes = 2\n")
    assert states(twins)["again#2"] is TakeState.NEW


def test_takes_of_one_shot_are_no_twins(tmp_path: Path) -> None:
    assert a_plan(tmp_path, WALK + "takes = 2\n").warnings == ()


# Prices


def test_estimate_is_the_published_price(tmp_path: Path) -> None:
    amounts = [planned.estimate_micro_usd for planned in a_plan(tmp_path, WALK + RUN).takes]
    assert amounts == [700_000, 1_000_000]


def test_due_amount_leaves_out_what_is_bought_and_the_total_does_not(tmp_path: Path) -> None:
    bought, _ = a_plan(tmp_path, WALK + RUN).takes
    known = a_plan(tmp_path, WALK + RUN, snapshot=a_snapshot(an_attempt(bought)))
    assert (known.due_micro_usd, known.total_micro_usd) == (1_000_000, 1_700_000)


def test_unknown_price_is_refused_where_the_project_says_nothing(tmp_path: Path) -> None:
    (refusal,) = a_plan(tmp_path, UNPRICED).refusals
    assert refusal.startswith("no price is published for lips#1; set [budget] unknown_price")


def test_unknown_price_is_refused_where_the_project_denies_it(tmp_path: Path) -> None:
    assert a_plan(tmp_path, UNPRICED, budget='unknown_price = "deny"').refusals


def test_unknown_price_counts_with_the_projects_assumption(tmp_path: Path) -> None:
    assumed = a_plan(tmp_path, UNPRICED, budget="unknown_price = { assume_usd_per_take = 1.50 }")
    assert (assumed.due_micro_usd, assumed.refusals) == (1_500_000, ())


def test_unknown_price_counts_against_caps_with_the_assumption(tmp_path: Path) -> None:
    budget = "unknown_price = { assume_usd_per_take = 1.50 }\nmax_usd = 1.49"
    assert a_plan(tmp_path, UNPRICED, budget=budget).refusals == ("$1.50 would break max_usd = $1.49",)


def test_assumption_does_not_replace_a_published_price(tmp_path: Path) -> None:
    assumed = a_plan(tmp_path, WALK, budget="unknown_price = { assume_usd_per_take = 1.50 }")
    assert assumed.due_micro_usd == 700_000


def test_unknown_price_of_a_bought_take_is_no_reason_to_refuse(tmp_path: Path) -> None:
    (take,) = a_plan(tmp_path, UNPRICED).takes
    assert a_plan(tmp_path, UNPRICED, snapshot=a_snapshot(an_attempt(take))).refusals == ()


# Refusals


@pytest.mark.parametrize(
    ("budget", "refusals"),
    [
        ("max_usd = 1.70", ()),
        ("max_usd = 1.69", ("$1.70 would break max_usd = $1.69",)),
        ("max_usd_per_run = 1.69", ("$1.70 would break max_usd_per_run = $1.69",)),
        ("max_usd_per_day = 1.69", ("$1.70 would break max_usd_per_day = $1.69",)),
        ("max_usd_per_take = 1.00", ()),
        ("max_usd_per_take = 0.99", ("run#1: $1.00 would break max_usd_per_take = $0.99",)),
        ("max_usd = 0", ("$1.70 would break max_usd = $0.00",)),
        ("", ()),
    ],
)
def test_verdict_says_which_cap_a_render_would_break(tmp_path: Path, budget: str, refusals: tuple[str, ...]) -> None:
    assert a_plan(tmp_path, WALK + RUN, budget=budget).refusals == refusals


def test_every_take_over_the_cap_per_take_is_named(tmp_path: Path) -> None:
    refusals = a_plan(tmp_path, WALK + RUN, budget="max_usd_per_take = 0.5").refusals
    assert [refusal.split(":")[0] for refusal in refusals] == ["walk#1", "run#1"]


def test_cap_of_the_command_line_narrows_the_cap_per_run(tmp_path: Path) -> None:
    narrowed = a_plan(tmp_path, budget="max_usd_per_run = 5", max_micro_usd=600_000)
    assert narrowed.refusals == ("$0.70 would break --max-usd $0.60",)


def test_cap_of_the_command_line_does_not_widen_the_projects(tmp_path: Path) -> None:
    kept = a_plan(tmp_path, budget="max_usd_per_run = 0.60", max_micro_usd=10**9)
    assert kept.refusals == ("$0.70 would break max_usd_per_run = $0.60",)


def test_cap_counts_what_was_spent_before(tmp_path: Path) -> None:
    (take, _) = a_plan(tmp_path, WALK + RUN).takes
    known = a_snapshot(an_attempt(take, settled_micro_usd=650_000))
    (refusal,) = a_plan(tmp_path, WALK + RUN, budget="max_usd = 1.64", snapshot=known).refusals
    assert refusal == "$1.00 would break max_usd = $1.64 with $0.65 spent or reserved already"


def test_cap_counts_possibly_charged_takes_of_shots_that_are_gone(tmp_path: Path) -> None:
    (gone,) = a_plan(tmp_path, RUN).takes
    known = a_snapshot(an_attempt(gone, State.UNKNOWN))
    assert a_plan(tmp_path, WALK, budget="max_usd = 1.69", snapshot=known).refusals


@pytest.mark.parametrize(("ago", "refused"), [(timedelta(hours=12), True), (timedelta(hours=12, seconds=1), False)])
def test_cap_per_day_counts_since_midnight_utc(tmp_path: Path, ago: timedelta, refused: bool) -> None:
    (take, _) = a_plan(tmp_path, WALK + RUN).takes
    known = a_snapshot(an_attempt(take, created_at=NOW - ago))
    verdict = a_plan(tmp_path, WALK + RUN, budget="max_usd_per_day = 1.69", snapshot=known).refusals
    assert bool(verdict) is refused


def test_cap_that_is_overspent_does_not_matter_while_nothing_is_due(tmp_path: Path) -> None:
    (take,) = a_plan(tmp_path).takes
    assert a_plan(tmp_path, budget="max_usd = 0.10", snapshot=a_snapshot(an_attempt(take))).refusals == ()


def test_faults_of_the_project_come_before_any_plan(tmp_path: Path) -> None:
    with pytest.raises(InvalidProjectError, match="1 fault in the project"):
        a_plan(tmp_path, WALK + "output_resolution = '9k'\n")


# The hash


def test_hash_does_not_change_while_the_plan_is_rendered(tmp_path: Path) -> None:
    agreed = a_plan(tmp_path, WALK + RUN)
    walk, run = agreed.takes
    known = a_snapshot(an_attempt(walk), an_attempt(run, State.SUBMITTED, id=2))
    assert a_plan(tmp_path, WALK + RUN, snapshot=known).hash == agreed.hash


@pytest.mark.parametrize(
    "shots",
    [
        WALK.replace("walks", "strolls") + RUN,
        WALK.replace("shot.walk", "shot.stroll") + RUN,
        WALK + "takes = 2\n" + RUN,
        RUN + WALK,
        WALK,
    ],
)
def test_hash_changes_with_request_address_number_and_order(tmp_path: Path, shots: str) -> None:
    assert a_plan(tmp_path, shots).hash != a_plan(tmp_path, WALK + RUN).hash


def test_hash_changes_with_the_price(tmp_path: Path) -> None:
    one = a_plan(tmp_path, UNPRICED, budget="unknown_price = { assume_usd_per_take = 1.50 }")
    other = a_plan(tmp_path, UNPRICED, budget="unknown_price = { assume_usd_per_take = 1.51 }")
    assert one.hash != other.hash


def test_hash_ignores_notes_and_labels(tmp_path: Path) -> None:
    annotated = a_plan(tmp_path, WALK + 'notes = "no umbrella"\nlabel = "S01"\n')
    assert annotated.hash == a_plan(tmp_path, WALK).hash
