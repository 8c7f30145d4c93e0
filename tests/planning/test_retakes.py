"""Further takes of one variant, beyond those that the project declares."""

from __future__ import annotations

from pathlib import Path

import pytest

from kling_render.errors import UsageError
from kling_render.expansion import expand
from kling_render.ledger import Attempt, Snapshot, State
from kling_render.planning import Plan, Retake, plan_takes, with_retakes
from kling_render.project import load

from .conftest import NOW, RUN, WALK, a_plan, a_snapshot, an_attempt

LIGHTS = '[shot.walk.matrix]\naxes = { light = ["dusk", "night"] }\n'


def a_retake(
    folder: Path, address: str, count: int = 1, *, shots: str = WALK + RUN, bought: Snapshot | None = None
) -> Plan:
    """The plan of a render that buys so many takes more, and nothing else."""
    known = bought or Snapshot()
    made = a_plan(folder, shots, snapshot=known)
    project = load(folder)
    expansion, selection = with_retakes(expand(project), made, Retake(address, count))
    return plan_takes(project, expansion, known, None, NOW, selection=selection)


def due(plan: Plan) -> list[str]:
    return [str(each.address) for each in plan.due]


def whole(folder: Path, shots: str = WALK + RUN) -> list[Attempt]:
    """What the ledger knows once these shots are rendered."""
    takes = a_plan(folder, shots).takes
    return [an_attempt(each, id=number) for number, each in enumerate(takes, 1)]


def further(folder: Path, number: int, state: State, shots: str = WALK + RUN) -> Attempt:
    """An attempt at a take of `walk` that the project does not declare."""
    return an_attempt(a_plan(folder, shots).takes[0], state, id=90 + number, take=number, address=f"walk#{number}")


@pytest.mark.parametrize("address", ["walk", "walk#1"])
def test_one_take_more_is_bought_and_nothing_else(tmp_path: Path, address: str) -> None:
    assert due(a_retake(tmp_path, address, bought=a_snapshot(*whole(tmp_path)))) == ["walk#2"]


def test_other_takes_that_are_due_are_left_for_a_render(tmp_path: Path) -> None:
    assert due(a_retake(tmp_path, "walk")) == ["walk#2"]


def test_further_take_has_the_request_and_price_of_the_others(tmp_path: Path) -> None:
    made = a_retake(tmp_path, "walk")
    (take,) = made.due
    assert (take.fingerprint, made.due_micro_usd) == (made.takes[0].fingerprint, 700_000)


def test_as_many_are_bought_as_asked_for(tmp_path: Path) -> None:
    assert due(a_retake(tmp_path, "walk", 3, shots=WALK + "takes = 2\n")) == ["walk#3", "walk#4", "walk#5"]


def test_next_retake_follows_the_last_one(tmp_path: Path) -> None:
    bought = a_snapshot(*whole(tmp_path), further(tmp_path, 2, State.DOWNLOADED))
    assert due(a_retake(tmp_path, "walk", bought=bought)) == ["walk#3"]


@pytest.mark.parametrize("state", [State.FAILED, State.MODERATED, State.UNKNOWN, State.EXPIRED], ids=lambda s: s.value)
def test_further_take_that_came_to_nothing_keeps_its_number(tmp_path: Path, state: State) -> None:
    bought = a_snapshot(*whole(tmp_path), further(tmp_path, 2, state))
    assert due(a_retake(tmp_path, "walk", bought=bought)) == ["walk#3"]


@pytest.mark.parametrize("state", [State.INTENT, State.SUBMITTED, State.COMPLETED], ids=lambda state: state.value)
def test_further_take_that_is_in_flight_already_counts(tmp_path: Path, state: State) -> None:
    bought = a_snapshot(*whole(tmp_path), further(tmp_path, 2, state))
    made = a_retake(tmp_path, "walk", bought=bought)
    assert (due(made), [str(each.address) for each in made.chosen]) == ([], ["walk#2"])


def test_further_takes_in_flight_are_filled_up_to_the_count(tmp_path: Path) -> None:
    bought = a_snapshot(*whole(tmp_path), further(tmp_path, 2, State.SUBMITTED))
    assert due(a_retake(tmp_path, "walk", 3, bought=bought)) == ["walk#3", "walk#4"]


def test_further_take_that_was_released_is_opened_again(tmp_path: Path) -> None:
    bought = a_snapshot(*whole(tmp_path), further(tmp_path, 2, State.RELEASED))
    assert due(a_retake(tmp_path, "walk", bought=bought)) == ["walk#2"]


def test_variant_is_named_by_its_address(tmp_path: Path) -> None:
    assert due(a_retake(tmp_path, "walk[light=night]", shots=WALK + LIGHTS)) == ["walk[light=night]#2"]


def test_shot_of_several_variants_is_refused_with_their_names(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="walk means 2 variants") as caught:
        a_retake(tmp_path, "walk", shots=WALK + LIGHTS)
    assert caught.value.hint == "Name one of walk[light=dusk], walk[light=night]."


def test_names_of_many_variants_are_cut_with_their_number(tmp_path: Path) -> None:
    lenses = "[shot.walk.matrix]\naxes = { mm = [24, 28, 35, 50, 85, 90, 99] }\n"
    with pytest.raises(UsageError, match="walk means 7 variants") as caught:
        a_retake(tmp_path, "walk", shots=WALK + lenses)
    assert caught.value.hint.endswith("walk[mm=85] and 2 more.")


def test_shot_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="sit"):
        a_retake(tmp_path, "sit")
