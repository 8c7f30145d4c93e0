"""A run that ended anywhere is gone on with: the same bytes under the same key, and never two payments."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from kling_render.ledger import State

from .conftest import FILM, SHOT_MICRO_USD, Act, Killed, kill, lose_answer, no_connection

if TYPE_CHECKING:
    from .conftest import Studio

ENDS: list[tuple[str, Act, int, State]] = [
    ("create", kill(), 0, State.INTENT),
    ("create", lose_answer(Killed()), 0, State.INTENT),
    ("poll", kill(), 0, State.SUBMITTED),
    ("poll", kill(), 4, State.PROCESSING),
    ("clip", kill(), 0, State.COMPLETED),
    ("clip", lose_answer(Killed()), 0, State.COMPLETED),
]
"""Where a run ends, and what the ledger knows then."""

everywhere = pytest.mark.parametrize(
    ("kind", "act", "skip", "state"), ENDS, ids=["before-post", "after-post", "pending", "processing", "clip", "clip2"]
)


@everywhere
def test_ledger_knows_how_far_the_run_came(studio: Studio, kind: str, act: Act, skip: int, state: State) -> None:
    studio.shoot("walk")
    studio.render_until(kind, act, skip=skip)
    assert studio.attempt("walk#1").state is state


@everywhere
def test_next_run_delivers_and_pays_once(studio: Studio, kind: str, act: Act, skip: int, state: State) -> None:
    studio.shoot("walk", "run", "rest")
    studio.render_until(kind, act, skip=skip)
    outcome = studio.render()
    assert (outcome.exit_code, len(studio.clips()), studio.parts()) == (0, 3, [])
    assert (studio.settled(), len(studio.simulator.tasks)) == (3 * SHOT_MICRO_USD, 3)


@everywhere
def test_shot_that_was_changed_meanwhile_is_finished_as_it_was(
    studio: Studio, kind: str, act: Act, skip: int, state: State
) -> None:
    studio.shoot("walk")
    studio.render_until(kind, act, skip=skip)
    before = studio.attempt("walk#1")
    studio.shoot("walk", walk="duration_seconds = 4")
    outcome = studio.render()
    sent = {request.content for request in studio.door.of_kind("create") if b'"duration_seconds": 3' in request.content}
    assert sent == {before.body}
    assert [each.state for each in outcome.snapshot.attempts] == [State.DOWNLOADED, State.DOWNLOADED]
    assert (outcome.exit_code, len(studio.clips())) == (0, 2)


@everywhere
def test_shot_that_was_removed_meanwhile_is_finished(
    studio: Studio, kind: str, act: Act, skip: int, state: State
) -> None:
    studio.shoot("walk")
    studio.render_until(kind, act, skip=skip)
    studio.shoot("run")
    studio.render()
    assert studio.attempt("walk#1").state is State.DOWNLOADED
    assert studio.settled() == 2 * SHOT_MICRO_USD


@everywhere
def test_lost_ledger_costs_nothing_wherever_the_run_ended(
    studio: Studio, kind: str, act: Act, skip: int, state: State
) -> None:
    studio.shoot("walk", "run")
    studio.render_until(kind, act, skip=skip)
    for file in (studio.folder / ".kling-render").iterdir():
        file.unlink()
    outcome = studio.render()
    assert (outcome.exit_code, studio.parts()) == (0, [])
    assert studio.settled() == 2 * SHOT_MICRO_USD


@everywhere
def test_run_that_ends_again_and_again_pays_once(studio: Studio, kind: str, act: Act, skip: int, state: State) -> None:
    studio.shoot("walk", "run")
    for _ in range(3):
        try:
            studio.render_until(kind, act, skip=skip)
        except pytest.fail.Exception:  # it came to its end before this point
            break
    studio.mended().render()
    assert studio.settled() == 2 * SHOT_MICRO_USD


def test_repeated_post_has_the_stored_bytes_key_and_request_id(studio: Studio) -> None:
    studio.shoot("walk")
    studio.render_until("create")
    studio.shoot("walk", film=FILM.replace("720p", "1080p") + "[render]\nsend_address = false\n")
    studio.render(concurrency=1)
    first, again, _ = studio.door.of_kind("create")
    for name in ("Idempotency-Key", "X-Client-Request-Id"):
        assert again.headers[name] == first.headers[name]
    assert again.content == first.content


def test_no_other_intent_is_repeated_once_the_server_is_found_gone(studio: Studio) -> None:
    studio.breaks("create", lose_answer(), times=2)
    studio.render(concurrency=2)
    studio.door.requests.clear()
    studio.mended().breaks("create", no_connection(), times=9)
    outcome = studio.render(concurrency=1)
    assert (outcome.exit_code, len(studio.door.of_kind("create"))) == (11, 1)
    assert {each.state for each in outcome.snapshot.attempts} == {State.INTENT}


def test_resumed_take_is_told_of(studio: Studio) -> None:
    studio.shoot("walk")
    studio.render_until("poll")
    studio.render()
    assert [event.message for event in studio.events if event.kind == "resumed"] == ["submitted"]


# Intents that can no longer be repeated


def test_intent_within_the_replay_window_is_repeated(studio: Studio) -> None:
    studio.shoot("walk")
    studio.render_until("create", lose_answer(Killed()))
    studio.sleep(hours=23, minutes=59)
    assert studio.render().exit_code == 0
    assert studio.settled() == SHOT_MICRO_USD


def test_intent_older_than_the_replay_window_is_unknown_and_never_repeated(studio: Studio) -> None:
    studio.shoot("walk")
    studio.render_until("create", lose_answer(Killed()))
    studio.sleep(hours=24, minutes=1)
    outcome = studio.render()
    attempt = studio.attempt("walk#1")
    assert (outcome.exit_code, attempt.state, attempt.counted_micro_usd) == (7, State.UNKNOWN, SHOT_MICRO_USD)
    assert len(studio.door.of_kind("create")) == 1


def test_replay_window_is_the_projects(studio: Studio) -> None:
    studio.shoot("walk", film=FILM + '[render]\nreplay_window = "90m"\n')
    studio.render_until("create")
    studio.sleep(minutes=91)
    outcome = studio.render()
    assert "older than 1:30:00" in outcome.problems["walk#1"].message
    assert len(studio.door.of_kind("create")) == 1


def test_intent_is_unknown_when_the_clock_was_set_back_before_it(studio: Studio) -> None:
    studio.shoot("walk")
    studio.render_until("create")
    studio.sleep(minutes=-1)
    outcome = studio.render()
    assert "the clock stands before the ledger's newest entry" in outcome.problems["walk#1"].message
    assert (outcome.exit_code, len(studio.door.of_kind("create"))) == (7, 1)


def test_intent_is_unknown_when_the_clock_was_set_back_before_any_later_entry(studio: Studio) -> None:
    studio.breaks("create", lose_answer(), times=2, containing=b"walks")
    studio.render(concurrency=2, poll_timeout_seconds=0.1)
    both_intents_are_older = studio.start + timedelta(hours=1)
    studio.sleep(hours=12)
    studio.render(concurrency=2)
    assert studio.attempt("run#1").state is State.DOWNLOADED
    studio.start = both_intents_are_older
    studio.render()
    assert studio.attempt("walk#1").state is State.UNKNOWN


def test_unknown_take_goes_on_counting_against_the_caps(studio: Studio) -> None:
    studio.shoot("walk", film=FILM.replace("max_usd = 50", "max_usd = 0.83"))
    studio.render_until("create")
    studio.sleep(days=2)
    studio.render()
    studio.shoot("run", film=FILM.replace("max_usd = 50", "max_usd = 0.83"))
    with pytest.raises(Exception, match=r"\$0\.42 would break max_usd = \$0\.83 with \$0\.42 spent or reserved"):
        studio.render()


def test_submitted_take_is_fetched_however_old_it_is(studio: Studio) -> None:
    studio.shoot("walk")
    studio.render_until("poll")
    studio.sleep(days=6)
    assert studio.render().exit_code == 0
    assert len(studio.door.of_kind("create")) == 1
