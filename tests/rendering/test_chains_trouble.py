"""Shots that refer to others which come to nothing: they are blocked with the reason, and nothing else is."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from kling_render.media import frame_of
from kling_render.planning import Selection
from kling_render.rendering.failures import BlockedError, TaskFailedError

from .chained import clip_of, create_of, creates, fail_tasks_of, fetched, on_frame_of, states
from .conftest import FILM, Act, fail_task, refuse

if TYPE_CHECKING:
    from .conftest import Studio


def test_independent_shots_are_delivered_when_a_chain_breaks(studio: Studio) -> None:
    studio.shoot("walk", "sit", "run", "rest", sit=on_frame_of("walk"), rest=on_frame_of("run"))
    studio.breaks("poll", fail_tasks_of(studio, "walks"), times=1000)
    outcome = studio.render()
    assert (outcome.exit_code, outcome.undelivered) == (7, ("walk#1", "sit#1"))


def test_all_that_follows_a_failed_take_is_blocked_with_the_reason(studio: Studio) -> None:
    studio.shoot("walk", "sit", "lie", sit=on_frame_of("walk"), lie=on_frame_of("sit"))
    studio.breaks("poll", fail_task())
    problems = studio.render().problems
    assert isinstance(problems["walk#1"], TaskFailedError)
    assert (problems["sit#1"].message, problems["lie#1"].message) == (
        "walk#1, which it refers to, failed",
        "sit#1, which it refers to, is blocked itself",
    )


@pytest.mark.parametrize(
    ("kind", "act", "reason"),
    [
        ("create", refuse(422, "content_policy_violation"), "was refused by moderation"),
        ("create", refuse(409), "was perhaps charged, and nobody knows its task"),
    ],
    ids=["moderated", "unknown"],
)
def test_what_follows_a_take_that_came_to_nothing_is_blocked_with_the_reason(
    studio: Studio, kind: str, act: Act, reason: str
) -> None:
    studio.shoot("walk", "sit", sit=on_frame_of("walk"))
    studio.breaks(kind, act)
    error = studio.render().problems["sit#1"]
    assert isinstance(error, BlockedError)
    assert error.message == f"walk#1, which it refers to, {reason}"


def test_what_follows_a_failed_take_is_planned_as_blocked(studio: Studio) -> None:
    studio.shoot("walk", "sit", "lie", sit=on_frame_of("walk"), lie=on_frame_of("sit"))
    studio.breaks("poll", fail_task())
    studio.render()
    assert states(studio) == {"walk#1": "failed", "sit#1": "blocked", "lie#1": "blocked"}


def test_blocked_takes_are_told_and_not_bought_by_the_next_run(studio: Studio) -> None:
    studio.shoot("walk", "sit", sit=on_frame_of("walk"))
    studio.breaks("poll", fail_task())
    studio.render()
    outcome = studio.mended().render()
    assert (outcome.exit_code, outcome.problems["sit#1"].message, len(creates(studio))) == (7, "walk#1 is failed", 1)


def test_chain_goes_on_when_the_failed_take_is_bought_anew(studio: Studio) -> None:
    studio.shoot("walk", "sit", "lie", sit=on_frame_of("walk"), lie=on_frame_of("sit"))
    studio.breaks("poll", fail_task())
    studio.render()
    outcome = studio.mended().render(retry_failed=True)
    assert (outcome.exit_code, outcome.submitted) == (0, ("sit#1", "lie#1", "walk#1"))


def test_other_take_stands_in_for_a_failed_one(studio: Studio) -> None:
    studio.shoot("walk", "sit", walk="takes = 2", sit=on_frame_of("walk"))
    studio.breaks("poll", fail_task())
    outcome = studio.render(concurrency=1)
    sent = fetched(studio, create_of(studio, "sits")["first_frame_image_url"])
    assert (outcome.exit_code, outcome.undelivered) == (7, ("walk#1",))
    assert sent == frame_of(studio.folder / clip_of(studio, "walk#2"), "last")


def test_retried_take_upstream_is_waited_for(studio: Studio) -> None:
    studio.shoot("walk", "sit", film=FILM + "[render]\nretries = 1\n", sit=on_frame_of("walk"))
    studio.breaks("poll", fail_task())
    outcome = studio.render()
    assert (outcome.exit_code, studio.attempt("walk#1").attempt, len(creates(studio))) == (0, 2, 3)


def test_take_that_follows_a_retried_one_is_delivered_to_every_version(studio: Studio) -> None:
    film = FILM + '[render]\nretries = 1\n[versions]\naxes = { lang = ["en", "fr"] }\n'
    studio.shoot("walk", "sit", film=film, sit=on_frame_of("walk"))
    studio.breaks("poll", fail_task())
    outcome = studio.render()
    assert (outcome.exit_code, outcome.undelivered, len(creates(studio))) == (0, (), 3)


def test_clip_that_is_fetched_again_is_waited_for(studio: Studio) -> None:
    studio.shoot("walk")
    studio.render()
    (studio.folder / clip_of(studio, "walk#1")).unlink()
    studio.shoot("walk", "sit", sit=on_frame_of("walk"))
    outcome = studio.render()
    assert (outcome.exit_code, outcome.submitted) == (0, ("sit#1",)), outcome.problems


def test_clip_that_was_changed_on_disk_is_no_source(studio: Studio) -> None:
    studio.shoot("walk", "run")
    studio.render()
    shutil.copy(studio.folder / clip_of(studio, "run#1"), studio.folder / clip_of(studio, "walk#1"))
    studio.shoot("walk", "sit", sit=on_frame_of("walk"))
    outcome = studio.render()
    assert (outcome.exit_code, outcome.submitted) == (7, ())
    assert "is not the one that was bought" in outcome.problems["sit#1"].message
    (studio.folder / clip_of(studio, "walk#1")).unlink()  # as the hint says
    assert studio.render().exit_code == 0


def test_take_that_waits_for_a_clip_to_come_home_keeps_no_place_from_another(studio: Studio) -> None:
    studio.shoot("walk")
    studio.breaks("clip", refuse(404), times=1000)
    studio.render()
    studio.sleep(days=8)
    studio.shoot("sit", "walk", walk="takes = 2", sit=on_frame_of("walk"))
    studio.breaks("clip", refuse(404), times=3)
    studio.door.rules.pop(0)
    outcome = studio.render(concurrency=1)
    assert (outcome.undelivered, len(studio.clips())) == (("walk#1",), 2)


def test_shot_that_was_left_out_blocks_what_begins_on_it(studio: Studio) -> None:
    studio.shoot("walk", "sit", sit=on_frame_of("walk"))
    outcome = studio.render(selection=Selection.parse(["sit"]))
    assert (outcome.exit_code, outcome.problems["sit#1"].message) == (7, "walk#1 is not selected")


def test_chain_that_was_not_begun_for_want_of_credit_is_told_of_once(studio: Studio) -> None:
    studio.shoot("walk", "sit", "lie", sit=on_frame_of("walk"), lie=on_frame_of("sit"))
    studio.breaks("create", refuse(402))
    outcome = studio.render()
    assert (outcome.exit_code, list(outcome.problems)) == (3, ["walk#1"])
