"""A project that is moved, copied, renamed or cloned, or that lost its ledger: nothing is bought twice."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kling_render.errors import BudgetError
from kling_render.ledger import State, read_lock
from kling_render.rendering import LEDGER

from .conftest import FILM, OTHER_KEY, SHOT_MICRO_USD, Door, kill, refuse

if TYPE_CHECKING:
    from .conftest import Studio


def lose_ledger(studio: Studio) -> None:
    shutil.rmtree(studio.folder / LEDGER.parent)


def lose_clips(studio: Studio) -> None:
    shutil.rmtree(studio.folder / "renders")


def copied(studio: Studio, name: str, *, ignore: tuple[str, ...] = ()) -> Path:
    """A copy of the project in another folder."""
    folder = studio.folder.with_name(name)
    shutil.copytree(studio.folder, folder, ignore=shutil.ignore_patterns(*ignore))
    return folder


def fresh_clone(studio: Studio) -> Studio:
    """The studio at a copy of what is committed."""
    return at(studio, copied(studio, "clone", ignore=(".kling-render", "renders")))


def at(studio: Studio, folder: Path) -> Studio:
    """The studio at another folder, with its server, time and connection."""
    studio.folder = folder
    return studio


def notices(studio: Studio) -> list[str]:
    return [each.message for each in studio.events if each.kind == "noticed"]


def bought(studio: Studio) -> int:
    return len({request.headers["Idempotency-Key"] for request in studio.door.of_kind("create")})


def rows(studio: Studio) -> set[tuple[object, ...]]:
    """What the ledger knows of every take."""
    return {(each.address, each.task_id, each.settled_micro_usd, each.state) for each in studio.snapshot().attempts}


# Moved, copied, renamed


def test_moved_project_buys_nothing_again(studio: Studio) -> None:
    studio.render()
    studio.folder = studio.folder.rename(studio.folder.with_name("elsewhere"))
    assert (studio.render().submitted, bought(studio)) == ((), 2)


def test_project_that_was_moved_in_between_goes_on(studio: Studio) -> None:
    studio.render_until("poll", kill())
    studio.folder = studio.folder.rename(studio.folder.with_name("elsewhere"))
    assert (studio.render().exit_code, bought(studio), studio.settled()) == (0, 2, 2 * SHOT_MICRO_USD)


def test_copied_project_buys_nothing_again(studio: Studio) -> None:
    studio.render()
    assert at(studio, copied(studio, "copy")).render().submitted == ()


@pytest.mark.parametrize("kind", ["create", "poll", "clip"])
def test_copies_of_a_project_that_was_interrupted_pay_once_together(studio: Studio, kind: str) -> None:
    studio.render_until(kind, kill())
    for folder in (copied(studio, "copy"), studio.folder):
        assert (at(studio, folder).render().exit_code, len(studio.clips())) == (0, 2)
    assert studio.settled() == 2 * SHOT_MICRO_USD


def test_clones_without_ledger_and_lock_pay_once_together(studio: Studio) -> None:
    for folder in (copied(studio, "clone"), studio.folder):
        assert (at(studio, folder).render().exit_code, len(studio.clips())) == (0, 2)
    assert studio.settled() == 2 * SHOT_MICRO_USD


def test_project_with_another_name_buys_nothing_again(studio: Studio) -> None:
    studio.render()
    studio.shoot("walk", "run", film=FILM.replace('"night-ferry"', '"day-ferry"'))
    assert studio.render().submitted == ()


def test_project_with_another_id_is_another_project(studio: Studio) -> None:
    studio.render()
    studio.shoot("walk", "run", film=FILM.replace("nf-7c1e", "nf-8d2f"))
    assert studio.render().submitted == ("walk#1", "run#1")


# Cloned, with takes.lock


def test_fresh_clone_fetches_what_the_lock_knows_and_buys_nothing(studio: Studio) -> None:
    studio.render()
    fresh_clone(studio)
    outcome = studio.render()
    assert (outcome.exit_code, outcome.submitted, len(studio.clips())) == (0, (), 2)
    assert (bought(studio), studio.settled()) == (2, 2 * SHOT_MICRO_USD)


def test_fresh_clone_enters_what_it_fetched_into_its_own_ledger(studio: Studio) -> None:
    studio.render()
    mine = rows(studio)
    fresh_clone(studio).render()
    assert rows(studio) == mine


def test_clone_of_an_unfinished_render_fetches_its_open_tasks(studio: Studio) -> None:
    studio.render_until("poll", kill())
    fresh_clone(studio)
    assert (studio.render().exit_code, bought(studio), studio.settled()) == (0, 2, 2 * SHOT_MICRO_USD)


def test_clone_with_the_clips_fetches_nothing(studio: Studio) -> None:
    studio.render()
    at(studio, copied(studio, "clone", ignore=(".kling-render",)))
    studio.door.requests.clear()
    assert studio.render().exit_code == 0
    assert not [*studio.door.of_kind("create"), *studio.door.of_kind("poll"), *studio.door.of_kind("clip")]


def test_clone_of_another_account_knows_nothing_of_the_lock(studio: Studio) -> None:
    studio.render()
    fresh_clone(studio)
    assert sorted(studio.render(key=OTHER_KEY).submitted) == ["run#1", "walk#1"]
    assert len(read_lock(studio.folder / "takes.lock")) == 4


def test_clone_past_the_life_of_the_clips_buys_nothing_by_itself(studio: Studio) -> None:
    studio.render()
    studio.sleep(days=8)
    fresh_clone(studio)
    outcome = studio.render()
    assert (outcome.exit_code, outcome.submitted, bought(studio)) == (7, (), 2)
    assert {each.state for each in studio.snapshot().attempts} == {State.EXPIRED}


def test_clone_past_the_life_of_the_clips_buys_anew_when_asked_and_polls_no_old_task(studio: Studio) -> None:
    studio.shoot("walk")
    studio.render()
    studio.sleep(days=8)
    old = studio.attempt("walk#1").task_id
    fresh_clone(studio)
    studio.door.requests.clear()
    outcome = studio.render(again=True)
    assert (outcome.exit_code, outcome.submitted, studio.attempt("walk#1").attempt) == (0, ("walk#1",), 2)
    assert [request for request in studio.door.of_kind("poll") if str(old) in request.url.path] == []


def test_lost_clip_that_somebody_put_back_is_delivered(studio: Studio) -> None:
    studio.shoot("walk")
    studio.render()
    clip = studio.folder / studio.clips()[0]
    kept = clip.rename(studio.folder / "kept")
    studio.sleep(days=8)
    assert studio.render().exit_code == 7
    kept.rename(clip)
    assert (studio.render().exit_code, studio.attempt("walk#1").state) == (0, State.DOWNLOADED)


# A lost ledger


def test_lost_ledger_is_rebuilt_from_the_lock_and_that_is_told(studio: Studio) -> None:
    studio.render()
    lose_ledger(studio)
    outcome = studio.render()
    assert (outcome.exit_code, outcome.submitted, bought(studio)) == (0, (), 2)
    assert notices(studio) == ["there is no ledger here; takes.lock knows 2 takes: they are fetched, not bought again"]


def test_lost_ledger_and_clips_come_back_from_the_lock_and_the_server(studio: Studio) -> None:
    studio.render()
    lose_ledger(studio)
    lose_clips(studio)
    assert (studio.render().exit_code, len(studio.clips()), bought(studio)) == (0, 2, 2)


def test_lost_ledger_is_rebuilt_after_the_server_has_forgotten_the_keys(studio: Studio) -> None:
    studio.render()
    lose_ledger(studio)
    studio.sleep(days=3)
    assert (studio.render().submitted, studio.settled()) == ((), 2 * SHOT_MICRO_USD)


def test_lost_ledger_and_lock_with_a_manifest_are_told(studio: Studio) -> None:
    studio.render()
    lose_ledger(studio)
    (studio.folder / "takes.lock").unlink()
    assert (studio.render().exit_code, studio.settled()) == (0, 2 * SHOT_MICRO_USD)
    (notice,) = notices(studio)
    assert notice.startswith("there is no ledger here; a manifest tells of takes")


def test_first_render_of_a_project_has_lost_nothing(studio: Studio) -> None:
    studio.render()
    assert notices(studio) == []


def test_lock_of_another_project_is_no_lost_ledger(studio: Studio) -> None:
    studio.render()
    lose_ledger(studio)
    lose_clips(studio)
    studio.shoot("walk", film=FILM.replace("nf-7c1e", "nf-8d2f"))
    studio.render()
    assert notices(studio) == []


def test_clip_of_a_lost_ledger_that_the_server_forgot_is_told_and_not_bought(studio: Studio) -> None:
    studio.shoot("walk")
    studio.render()
    lose_ledger(studio)
    lose_clips(studio)
    studio.breaks("poll", refuse(404), times=1000)
    outcome = studio.render()
    assert (outcome.exit_code, outcome.undelivered, outcome.submitted) == (7, ("walk#1",), ())


def test_caps_count_what_the_lock_knows(studio: Studio) -> None:
    studio.render()
    lose_ledger(studio)
    studio.shoot("walk", "run", "rest", film=FILM.replace("max_usd = 50", "max_usd = 1"))
    with pytest.raises(BudgetError, match="max_usd"):
        studio.render()


# A clock that was set back


def test_clock_that_was_set_back_fetches_what_is_open_and_buys_nothing_twice(studio: Studio) -> None:
    studio.render_until("poll", kill())
    studio.sleep(hours=-2)
    studio.door = Door(studio.simulator, lambda: studio.now() + timedelta(hours=2))  # its clock is right
    outcome = studio.render()
    assert (outcome.exit_code, len(studio.clips()), studio.door.of_kind("create")) == (0, 2, [])


def test_clock_that_was_set_back_repeats_no_unanswered_request(studio: Studio) -> None:
    studio.shoot("walk")
    studio.render_until("create", kill())
    studio.sleep(hours=-2)
    assert (studio.render().exit_code, studio.attempt("walk#1").state) == (7, State.UNKNOWN)
