"""Which clip a reference to another shot means: the picked take, else the lowest that is there; frozen once used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kling_render.ledger import Attempt, Pick, Picks, State
from kling_render.planning import Plan, PlannedTake, TakeState, Wishes

from .conftest import a_plan, a_snapshot, an_attempt, states

WALK = '[shot.walk]\nprompt = "She walks"\ntakes = 3\n'
SIT = '[shot.sit]\nprompt = "She sits"\nfirst_frame_image_url = { shot = "walk", frame = "last" }\n'
LIE = '[shot.lie]\nprompt = "She lies"\nfirst_frame_image_url = { shot = "sit", frame = "last" }\n'


def planned(plan: Plan, address: str) -> PlannedTake:
    (found,) = (each for each in plan.takes if str(each.address) == address)
    return found


def bought(folder: Path, **walks: State) -> list[Attempt]:
    """Attempts at takes of `walk`: a1=State.DOWNLOADED is about walk#1."""
    made = a_plan(folder, WALK)
    return [an_attempt(planned(made, f"walk#{name[1:]}"), state, id=int(name[1:])) for name, state in walks.items()]


def a_chain(folder: Path, *attempts: Attempt, shots: str = WALK + SIT + LIE, **known: Any) -> Plan:
    return a_plan(folder, shots, snapshot=a_snapshot(*attempts), **known)


def source_of(plan: Plan, address: str) -> str:
    (source,) = planned(plan, address).sources
    return source.shown


def picked(plan: Plan, number: int) -> Picks:
    """The choice of a take of `walk`."""
    return Picks({"walk": Pick(number, planned(plan, f"walk#{number}").fingerprint)})


# What is meant


def test_before_anything_is_bought_the_first_take_is_meant_and_waited_for(tmp_path: Path) -> None:
    made = a_chain(tmp_path)
    assert (source_of(made, "sit#1"), states(made)["sit#1"]) == ("walk#1", TakeState.PENDING)
    assert [each.shown for each in planned(made, "lie#1").waits_for] == ["sit#1"]


def test_waiting_takes_are_priced(tmp_path: Path) -> None:
    assert a_chain(tmp_path).due_micro_usd == 5 * 700_000


def test_lowest_take_that_is_there_is_meant(tmp_path: Path) -> None:
    made = a_chain(tmp_path, *bought(tmp_path, a1=State.SUBMITTED, a2=State.DOWNLOADED, a3=State.DOWNLOADED))
    assert (source_of(made, "sit#1"), states(made)["sit#1"]) == ("walk#2", TakeState.NEW)


@pytest.mark.parametrize("state", [State.COMPLETED, State.DOWNLOADED, State.ELSEWHERE], ids=lambda state: state.value)
def test_clip_that_is_made_is_there_wherever_it_lies(tmp_path: Path, state: State) -> None:
    made = a_chain(tmp_path, *bought(tmp_path, a3=state))
    assert source_of(made, "sit#1") == "walk#3"


@pytest.mark.parametrize("state", [State.FAILED, State.MODERATED, State.UNKNOWN, State.EXPIRED], ids=lambda s: s.value)
def test_take_that_will_not_be_there_leaves_it_to_the_next(tmp_path: Path, state: State) -> None:
    made = a_chain(tmp_path, *bought(tmp_path, a1=state))
    assert (source_of(made, "sit#1"), states(made)["sit#1"]) == ("walk#2", TakeState.PENDING)


def test_shot_whose_source_will_not_be_there_is_blocked_and_so_is_what_follows(tmp_path: Path) -> None:
    nothing = bought(tmp_path, a1=State.FAILED, a2=State.MODERATED, a3=State.UNKNOWN)
    made = a_chain(tmp_path, *nothing)
    assert [planned(made, name).state for name in ("sit#1", "lie#1")] == [TakeState.BLOCKED, TakeState.BLOCKED]
    assert [planned(made, name).blocked_by for name in ("sit#1", "lie#1")] == ["walk#1 is failed", "sit#1 is blocked"]
    assert made.due_micro_usd == 0


def test_failed_source_that_shall_be_retried_is_waited_for_as_its_next_attempt(tmp_path: Path) -> None:
    one = WALK.replace("takes = 3\n", "")
    failed = an_attempt(a_plan(tmp_path, one).takes[0], State.FAILED)
    made = a_chain(tmp_path, failed, shots=one + SIT, wishes=Wishes(retry_failed=True))
    (source,) = planned(made, "sit#1").sources
    assert (source.attempt_number, source.attempt, states(made)["sit#1"]) == (2, None, TakeState.PENDING)


def test_take_beyond_those_that_are_declared_is_there_once_it_is_bought(tmp_path: Path) -> None:
    third = bought(tmp_path, a3=State.DOWNLOADED)
    made = a_chain(tmp_path, *third, shots=WALK.replace("takes = 3\n", "") + SIT)
    assert source_of(made, "sit#1") == "walk#3"


def test_picked_take_that_is_neither_declared_nor_bought_is_not_waited_for(tmp_path: Path) -> None:
    released = bought(tmp_path, a3=State.RELEASED)
    choice = picked(a_chain(tmp_path), 3)
    made = a_chain(tmp_path, *released, shots=WALK.replace("takes = 3\n", "") + SIT, picks=choice)
    assert (source_of(made, "sit#1"), states(made)["sit#1"]) == ("walk#3", TakeState.BLOCKED)


# Identity


def test_take_and_attempt_upstream_are_part_of_the_identity(tmp_path: Path) -> None:
    first, second, third = bought(tmp_path, a1=State.DOWNLOADED, a2=State.DOWNLOADED, a3=State.DOWNLOADED)
    known = [[first], [second], [third], [replace(first, attempt=2)]]
    marks = {planned(a_chain(tmp_path, *each), "sit#1").fingerprint for each in known}
    assert len(marks) == 4


def test_identity_is_the_same_before_and_after_the_first_take_is_bought(tmp_path: Path) -> None:
    before = planned(a_chain(tmp_path), "sit#1").fingerprint
    assert planned(a_chain(tmp_path, *bought(tmp_path, a1=State.DOWNLOADED)), "sit#1").fingerprint == before


# Picks


def test_picked_take_is_meant_rather_than_a_lower_one(tmp_path: Path) -> None:
    clips = bought(tmp_path, a1=State.DOWNLOADED, a2=State.DOWNLOADED)
    made = a_chain(tmp_path, *clips, picks=picked(a_chain(tmp_path), 2))
    assert source_of(made, "sit#1") == "walk#2"


def test_picked_take_that_is_not_bought_yet_is_waited_for(tmp_path: Path) -> None:
    made = a_chain(tmp_path, *bought(tmp_path, a1=State.DOWNLOADED), picks=picked(a_chain(tmp_path), 2))
    assert (source_of(made, "sit#1"), states(made)["sit#1"]) == ("walk#2", TakeState.PENDING)


def test_picked_take_that_failed_blocks_although_another_is_there(tmp_path: Path) -> None:
    known = bought(tmp_path, a1=State.DOWNLOADED, a2=State.FAILED)
    made = a_chain(tmp_path, *known, picks=picked(a_chain(tmp_path), 2))
    assert planned(made, "sit#1").blocked_by == "walk#2 is failed"


def test_pick_of_an_earlier_request_does_not_count(tmp_path: Path) -> None:
    clips = bought(tmp_path, a1=State.DOWNLOADED, a2=State.DOWNLOADED)
    made = a_chain(tmp_path, *clips, picks=Picks({"walk": Pick(2, "0" * 64)}))
    assert source_of(made, "sit#1") == "walk#1"


def test_picked_take_is_marked_in_the_plan(tmp_path: Path) -> None:
    made = a_chain(tmp_path, picks=picked(a_chain(tmp_path), 2))
    assert [str(each.address) for each in made.takes if each.is_picked] == ["walk#2"]


# Frozen


def a_frozen_chain(folder: Path, state: State = State.DOWNLOADED) -> list[Attempt]:
    """`sit` was submitted with the second take of `walk`, the only one that was there."""
    clips = bought(folder, a2=State.DOWNLOADED)
    return [*clips, an_attempt(planned(a_chain(folder, *clips), "sit#1"), state, id=9)]


def test_lower_take_that_comes_later_changes_nothing(tmp_path: Path) -> None:
    made = a_chain(tmp_path, *a_frozen_chain(tmp_path), *bought(tmp_path, a1=State.DOWNLOADED, a3=State.DOWNLOADED))
    assert (source_of(made, "sit#1"), states(made)["sit#1"]) == ("walk#2", TakeState.BOUGHT)


@pytest.mark.parametrize("state", sorted(set(State) - {State.RELEASED}), ids=lambda state: state.value)
def test_attempt_in_any_state_but_released_keeps_its_source(tmp_path: Path, state: State) -> None:
    made = a_chain(tmp_path, *a_frozen_chain(tmp_path, state), *bought(tmp_path, a1=State.DOWNLOADED))
    assert source_of(made, "sit#1") == "walk#2"


def test_released_attempt_is_resolved_anew(tmp_path: Path) -> None:
    made = a_chain(tmp_path, *a_frozen_chain(tmp_path, State.RELEASED), *bought(tmp_path, a1=State.DOWNLOADED))
    assert source_of(made, "sit#1") == "walk#1"


def test_source_that_was_bought_anew_leaves_what_was_made_from_the_first_attempt(tmp_path: Path) -> None:
    walk, sit = a_frozen_chain(tmp_path)
    again = replace(walk, id=10, attempt=2)
    made = a_chain(tmp_path, replace(walk, state=State.EXPIRED), sit, again)
    (source,) = planned(made, "sit#1").sources
    assert (states(made)["sit#1"], source.attempt_number) == (TakeState.BOUGHT, 1)


def test_new_pick_changes_what_was_frozen_and_what_follows(tmp_path: Path) -> None:
    frozen = a_frozen_chain(tmp_path)
    lie = an_attempt(planned(a_chain(tmp_path, *frozen), "lie#1"), id=10)
    third = bought(tmp_path, a3=State.DOWNLOADED)
    made = a_chain(tmp_path, *frozen, lie, *third, picks=picked(a_chain(tmp_path), 3))
    assert (source_of(made, "sit#1"), states(made)["sit#1"]) == ("walk#3", TakeState.CHANGED)
    assert states(made)["lie#1"] is TakeState.PENDING


def test_pick_of_the_frozen_source_changes_nothing(tmp_path: Path) -> None:
    frozen = a_frozen_chain(tmp_path)
    made = a_chain(tmp_path, *frozen, picks=picked(a_chain(tmp_path), 2))
    assert states(made)["sit#1"] is TakeState.BOUGHT


def test_each_take_of_the_shot_that_refers_is_frozen_by_itself(tmp_path: Path) -> None:
    two = WALK + SIT + "takes = 2\n"
    frozen = a_frozen_chain(tmp_path)
    made = a_chain(tmp_path, *frozen, *bought(tmp_path, a1=State.DOWNLOADED), shots=two)
    assert [source_of(made, f"sit#{number}") for number in (1, 2)] == ["walk#2", "walk#1"]


def test_frozen_source_is_found_among_many_takes_that_two_references_may_mean(tmp_path: Path) -> None:
    many = WALK.replace("takes = 3", "takes = 60")
    both = SIT + 'last_frame_image_url = { shot = "walk", frame = "first" }\n'
    clips = [an_attempt(each, id=each.address.number) for each in a_plan(tmp_path, many).takes]
    sit = an_attempt(planned(a_chain(tmp_path, clips[-1], shots=many + both), "sit#1"), id=99)
    made = a_chain(tmp_path, *clips, sit, shots=many + both)
    assert [each.shown for each in planned(made, "sit#1").sources] == ["walk#60", "walk#60"]
    assert states(made)["sit#1"] is TakeState.BOUGHT
