"""What a plan has that the last run's had not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kling_render.planning import Change, Plan, Selection, changes_since, plan_rows

from .conftest import RUN, WALK, a_plan, a_snapshot, an_attempt

LIGHTS = '[shot.walk.matrix]\naxes = { light = ["dusk", "a [b] / \\"c\\" #2"] }\n'
VERSIONS = '[versions]\naxes = { lang = ["en", "de/at[x]"] }\n'


def changes(folder: Path, before: str, after: str, **now: Any) -> list[tuple[str, str]]:
    """What has changed from these shots to those: address and what."""
    rows = plan_rows(a_plan(folder, before))
    return [(each.address, each.what) for each in changes_since(rows, a_plan(folder, after, **now))]


def test_rows_are_json_of_address_fingerprint_and_estimate(tmp_path: Path) -> None:
    made = a_plan(tmp_path)
    assert json.loads(plan_rows(made)) == [["walk#1", made.takes[0].fingerprint, 700_000]]


def test_same_plan_has_no_changes(tmp_path: Path) -> None:
    assert changes(tmp_path, WALK + RUN, WALK + RUN) == []


def test_take_that_was_not_there_is_new(tmp_path: Path) -> None:
    rows = plan_rows(a_plan(tmp_path, WALK))
    assert changes_since(rows, a_plan(tmp_path, WALK + RUN)) == (Change("run#1", "new", None, 1_000_000),)


def test_take_that_is_gone_is_removed(tmp_path: Path) -> None:
    rows = plan_rows(a_plan(tmp_path, WALK + RUN))
    assert changes_since(rows, a_plan(tmp_path, WALK)) == (Change("run#1", "removed", 1_000_000, None),)


def test_take_with_another_request_is_changed_with_both_prices(tmp_path: Path) -> None:
    rows = plan_rows(a_plan(tmp_path, WALK))
    longer = a_plan(tmp_path, WALK + "duration_seconds = 10\n")
    assert changes_since(rows, longer) == (Change("walk#1", "changed", 700_000, 1_400_000),)


def test_same_request_at_another_price_is_told_as_such(tmp_path: Path) -> None:
    made = a_plan(tmp_path)
    rows = json.dumps([["walk#1", made.takes[0].fingerprint, 650_000]])
    assert changes_since(rows, made) == (Change("walk#1", "price", 650_000, 700_000),)


def test_price_that_is_known_now_is_a_change(tmp_path: Path) -> None:
    made = a_plan(tmp_path)
    rows = json.dumps([["walk#1", made.takes[0].fingerprint, None]])
    assert changes_since(rows, made) == (Change("walk#1", "price", None, 700_000),)


def test_one_more_take_is_new_alone(tmp_path: Path) -> None:
    assert changes(tmp_path, WALK, WALK + "takes = 2\n") == [("walk#2", "new")]


@pytest.mark.parametrize("after", [RUN + WALK, WALK + 'notes = "x"\nlabel = "S1"\n' + RUN], ids=["moved", "noted"])
def test_moved_and_annotated_shots_are_no_changes(tmp_path: Path, after: str) -> None:
    assert changes(tmp_path, WALK + RUN, after) == []


def test_renamed_shot_is_new_under_one_name_and_removed_under_the_other(tmp_path: Path) -> None:
    assert changes(tmp_path, WALK, WALK.replace("shot.walk", "shot.stroll")) == [
        ("stroll#1", "new"),
        ("walk#1", "removed"),
    ]


def test_what_was_bought_meanwhile_is_no_change(tmp_path: Path) -> None:
    (take,) = a_plan(tmp_path).takes
    assert changes(tmp_path, WALK, WALK, snapshot=a_snapshot(an_attempt(take))) == []


def test_removed_takes_come_last_and_the_others_in_the_order_of_the_plan(tmp_path: Path) -> None:
    sit = WALK.replace("shot.walk", "shot.sit")
    assert changes(tmp_path, WALK + RUN, RUN.replace("runs", "races") + sit) == [
        ("run#1", "changed"),
        ("sit#1", "new"),
        ("walk#1", "removed"),
    ]


def test_takes_that_were_not_asked_for_are_no_news_the_next_time(tmp_path: Path) -> None:
    some: Plan = a_plan(tmp_path, WALK + RUN, selection=Selection.parse(["run"]))
    assert changes_since(plan_rows(some), a_plan(tmp_path, WALK + RUN)) == ()


def test_takes_that_are_not_asked_for_now_are_not_removed(tmp_path: Path) -> None:
    whole = plan_rows(a_plan(tmp_path, WALK + RUN))
    assert changes_since(whole, a_plan(tmp_path, WALK + RUN, selection=Selection.parse(["run"]))) == ()


@pytest.mark.parametrize("shots", [WALK, WALK + LIGHTS, VERSIONS + WALK, VERSIONS + WALK + LIGHTS])
def test_change_names_the_shot_whatever_stands_in_its_address(tmp_path: Path, shots: str) -> None:
    found = changes_since("[]", a_plan(tmp_path, shots))
    assert {each.shot for each in found} == {"walk"}
