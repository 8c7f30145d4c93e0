"""What becomes of an attempt when the POST is refused, gets no answer, or gets one that nobody understands."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import httpx
import pytest

from kling_render.errors import (
    AuthenticationError,
    BudgetError,
    ConflictError,
    InsufficientCreditsError,
    RateLimitError,
    RequestRefusedError,
    ServerError,
    UnintelligibleAnswerError,
    UnreachableError,
)
from kling_render.ledger import State
from kling_render.rendering import LEDGER
from kling_render.rendering.consent import DeclinedError, Proposal

from .conftest import FILM, KEY, SHOT_MICRO_USD, Act, Answer, Killed, answer, lose_answer, no_connection, raw, refuse

if TYPE_CHECKING:
    from .conftest import Studio


def test_intent_with_key_and_bytes_is_on_disk_when_the_post_leaves(studio: Studio) -> None:
    seen: list[tuple[str, str, bytes]] = []

    async def look(request: httpx.Request, forward: Answer) -> httpx.Response:
        with closing(sqlite3.connect(studio.folder / LEDGER)) as connection:
            seen.extend(connection.execute("SELECT state, key, body FROM attempts").fetchall())
        return await forward(request)

    studio.shoot("walk")
    studio.breaks("create", look)
    studio.render()
    (request,) = studio.door.of_kind("create")
    assert seen == [("intent", request.headers["Idempotency-Key"], request.content)]


def test_request_id_leaves_the_address_out_where_the_project_says_so(studio: Studio) -> None:
    studio.shoot("walk", film=FILM + "[render]\nsend_address = false\n")
    studio.render()
    (request,) = studio.door.of_kind("create")
    assert request.headers["X-Client-Request-Id"].startswith("a=1;n=")


def test_request_id_carries_the_address(studio: Studio) -> None:
    studio.shoot("walk")
    studio.render()
    (request,) = studio.door.of_kind("create")
    assert request.headers["X-Client-Request-Id"].startswith("walk%231;a=1;n=")


# Refused for a reason that passes

REFUSED_FOR_NOW = [
    (401, AuthenticationError, 10),
    (403, AuthenticationError, 10),
    (402, InsufficientCreditsError, 3),
    (429, RateLimitError, 6),
]


@pytest.mark.parametrize(("status", "kind", "exit_code"), REFUSED_FOR_NOW)
def test_refusal_that_passes_releases_the_reservation(
    studio: Studio, status: int, kind: type[Exception], exit_code: int
) -> None:
    studio.shoot("walk")
    studio.breaks("create", refuse(status))
    outcome = studio.render()
    attempt = studio.attempt("walk#1")
    assert isinstance(outcome.problems["walk#1"], kind)
    assert (outcome.exit_code, attempt.state, attempt.counted_micro_usd) == (exit_code, State.RELEASED, 0)


@pytest.mark.parametrize(("status", "kind", "exit_code"), REFUSED_FOR_NOW)
def test_released_take_is_bought_later_with_the_same_key(
    studio: Studio, status: int, kind: type[Exception], exit_code: int
) -> None:
    studio.shoot("walk")
    studio.breaks("create", refuse(status))
    studio.render()
    studio.sleep(days=3)
    outcome = studio.mended().render()
    refused, bought = (request.headers["Idempotency-Key"] for request in studio.door.of_kind("create"))
    assert (outcome.exit_code, studio.attempt("walk#1").state) == (0, State.DOWNLOADED)
    assert refused == bought


def test_delivered_take_no_longer_shows_why_it_was_refused_before(studio: Studio) -> None:
    studio.shoot("walk")
    studio.breaks("create", refuse(402))
    studio.render()
    studio.mended().render()
    assert studio.manifest()["takes"][0]["error"] is None


@pytest.mark.parametrize("status", [401, 402, 429])
def test_nothing_more_is_submitted_after_a_refusal_that_concerns_the_account(studio: Studio, status: int) -> None:
    studio.shoot("walk", walk="takes = 5")
    studio.breaks("create", refuse(status), skip=1, times=9)
    outcome = studio.render(concurrency=1)
    assert len(studio.door.of_kind("create")) == 2
    assert outcome.undelivered == ("walk#2", "walk#3", "walk#4", "walk#5")


def test_what_is_in_flight_is_finished_and_kept_when_the_credit_ends(studio: Studio) -> None:
    studio.shoot("walk", walk="takes = 4")
    studio.breaks("create", refuse(402), skip=2, times=9)
    outcome = studio.render(concurrency=4)
    assert (outcome.exit_code, len(studio.clips())) == (3, 2)
    assert studio.settled() == 2 * SHOT_MICRO_USD


def test_rest_of_the_film_is_bought_once_there_is_credit_again(studio: Studio) -> None:
    studio.shoot("walk", walk="takes = 4")
    studio.breaks("create", refuse(402), skip=2, times=9)
    studio.render()
    assert studio.mended().render().exit_code == 0
    assert (len(studio.clips()), studio.settled()) == (4, 4 * SHOT_MICRO_USD)


@pytest.mark.parametrize("status", [401, 402, 429])
def test_refusal_after_a_lost_answer_keeps_the_intent(studio: Studio, status: int) -> None:
    studio.shoot("walk")
    studio.breaks("create", lose_answer())
    studio.breaks("create", refuse(status), times=9)
    outcome = studio.render(retries=2)
    attempt = studio.attempt("walk#1")
    assert outcome.exit_code != 0
    assert (attempt.state, attempt.counted_micro_usd) == (State.INTENT, SHOT_MICRO_USD)


@pytest.mark.parametrize("status", [401, 402, 429])
def test_refusal_of_a_repeated_intent_keeps_the_intent(studio: Studio, status: int) -> None:
    studio.shoot("walk")
    studio.render_until("create", lose_answer(Killed()))
    studio.breaks("create", refuse(status))
    studio.render()
    assert studio.attempt("walk#1").state is State.INTENT


@pytest.mark.parametrize("status", [401, 402, 429])
def test_take_whose_answer_was_lost_before_the_refusal_is_charged_once(studio: Studio, status: int) -> None:
    studio.shoot("walk")
    studio.breaks("create", lose_answer())
    studio.breaks("create", refuse(status), times=9)
    studio.render(retries=2)
    assert studio.mended().render().exit_code == 0
    assert (studio.settled(), len(studio.simulator.tasks)) == (SHOT_MICRO_USD, 1)


def test_rate_limit_that_passes_is_waited_out(studio: Studio) -> None:
    studio.shoot("walk")
    studio.breaks("create", refuse(429), times=9)
    assert studio.render(rate_limit_patience_seconds=600).exit_code == 0


# Refused for good


@pytest.mark.parametrize("status", [400, 404, 413, 415, 422])
def test_request_that_is_refused_has_failed_and_costs_nothing(studio: Studio, status: int) -> None:
    studio.breaks("create", refuse(status), containing=b"walks")
    outcome = studio.render()
    attempt = studio.attempt("walk#1")
    assert isinstance(outcome.problems["walk#1"], RequestRefusedError)
    assert (outcome.exit_code, attempt.state, attempt.counted_micro_usd) == (7, State.FAILED, 0)


@pytest.mark.parametrize("status", [400, 404, 422])
def test_refusal_of_a_repetition_leaves_the_take_unknown_and_counted(studio: Studio, status: int) -> None:
    studio.shoot("walk")
    studio.render_until("create", lose_answer(Killed()))
    studio.breaks("create", refuse(status))
    outcome = studio.render(retry_failed=True)
    attempt = studio.attempt("walk#1")
    assert (outcome.exit_code, attempt.state, attempt.counted_micro_usd) == (7, State.UNKNOWN, SHOT_MICRO_USD)


def test_refusal_right_after_a_lost_answer_leaves_the_take_unknown(studio: Studio) -> None:
    studio.shoot("walk")
    studio.breaks("create", lose_answer())
    studio.breaks("create", refuse(422))
    studio.render(retries=2)
    studio.mended().render(retry_failed=True)
    assert studio.attempt("walk#1").state is State.UNKNOWN
    assert len(studio.simulator.tasks) == 1


def test_siblings_of_a_refused_request_are_delivered(studio: Studio) -> None:
    studio.shoot("walk", "run", "rest")
    studio.breaks("create", refuse(422), containing=b"walks")
    outcome = studio.render(concurrency=1)
    assert (outcome.undelivered, len(studio.clips())) == (("walk#1",), 2)


def test_refused_request_is_not_sent_again_by_itself(studio: Studio) -> None:
    studio.shoot("walk")
    studio.breaks("create", refuse(422))
    studio.render()
    studio.mended().render()
    assert len(studio.door.of_kind("create")) == 1


def test_conflict_over_a_key_leaves_the_take_unknown(studio: Studio) -> None:
    studio.breaks("create", refuse(409), containing=b"walks")
    outcome = studio.render()
    attempt = studio.attempt("walk#1")
    assert isinstance(outcome.problems["walk#1"].__cause__, ConflictError)
    assert (outcome.exit_code, attempt.state, attempt.counted_micro_usd) == (7, State.UNKNOWN, SHOT_MICRO_USD)


@pytest.mark.parametrize("retry_failed", [False, True])
def test_unknown_take_is_never_submitted_again(studio: Studio, retry_failed: bool) -> None:
    studio.shoot("walk")
    studio.breaks("create", refuse(409))
    studio.render()
    studio.mended().render(retry_failed=retry_failed)
    assert len(studio.door.of_kind("create")) == 1


# No answer, or none that can be read

NO_USE: list[tuple[Act, type[Exception]]] = [
    (lose_answer(), UnreachableError),
    (raw(200, b"<!doctype html><title>Log in</title>", "text/html"), UnintelligibleAnswerError),
    (raw(200, b'{"id": ', "application/json"), UnintelligibleAnswerError),
    (raw(200, b"{}", "application/json"), UnintelligibleAnswerError),
    (raw(200, b"", "application/json"), UnintelligibleAnswerError),
    (raw(302, b"", "text/html"), UnintelligibleAnswerError),
    (raw(418, b"tea", "text/plain"), UnintelligibleAnswerError),
    (raw(500, b"", "text/plain"), ServerError),
    (raw(503, b"<html>", "text/html"), ServerError),
]


@pytest.mark.parametrize(("act", "kind"), NO_USE)
def test_post_without_a_useful_answer_keeps_the_intent(studio: Studio, act: Act, kind: type[Exception]) -> None:
    studio.shoot("walk")
    studio.breaks("create", act)
    outcome = studio.render()
    attempt = studio.attempt("walk#1")
    assert isinstance(outcome.problems["walk#1"], kind)
    assert (outcome.exit_code, attempt.state, attempt.counted_micro_usd) == (11, State.INTENT, SHOT_MICRO_USD)


def test_take_that_certainly_was_not_sent_is_released_and_bought_later(studio: Studio) -> None:
    studio.shoot("walk")
    studio.breaks("create", no_connection())
    assert studio.render().exit_code == 11
    assert (studio.attempt("walk#1").state, studio.attempt("walk#1").counted_micro_usd) == (State.RELEASED, 0)
    studio.sleep(hours=30)
    assert studio.mended().render().exit_code == 0
    assert (len(studio.simulator.tasks), studio.settled()) == (1, SHOT_MICRO_USD)


def test_take_not_sent_after_a_lost_answer_keeps_the_intent(studio: Studio) -> None:
    studio.shoot("walk")
    studio.breaks("create", lose_answer())
    studio.breaks("create", no_connection(), times=9)
    studio.render(retries=2)
    assert studio.attempt("walk#1").state is State.INTENT


def test_unanswered_request_is_repeated_only_with_consent(studio: Studio) -> None:
    studio.shoot("walk")
    studio.render_until("create")
    asked: list[int] = []

    def decline(proposal: Proposal) -> bool:
        asked.append(len(proposal.plan.snapshot.unanswered))
        return False

    with pytest.raises(DeclinedError):
        studio.render(confirm=decline)
    assert (asked, studio.simulator.tasks) == ([1], ())


def test_unanswered_request_counts_against_the_cap_of_the_run(studio: Studio) -> None:
    studio.shoot("walk")
    studio.render_until("create")
    with pytest.raises(BudgetError, match="--max-usd"):
        studio.render(max_micro_usd=SHOT_MICRO_USD - 1)
    assert studio.simulator.tasks == ()


def test_odd_task_does_not_stop_its_siblings(studio: Studio) -> None:
    studio.shoot("walk", "run", "rest", "turn")
    studio.breaks("poll", answer(200, {"id": "t", "status": 3}), times=3)
    outcome = studio.render(concurrency=1)
    assert (len(outcome.undelivered), len(studio.clips())) == (1, 3)


def test_task_id_of_an_otherwise_odd_answer_is_kept(studio: Studio) -> None:
    studio.shoot("walk")
    studio.breaks("create", raw(200, b'{"id": "t-1", "status": "dreaming"}', "application/json"))
    studio.render()
    attempt = studio.attempt("walk#1")
    assert (attempt.state, attempt.task_id) == (State.SUBMITTED, "t-1")


@pytest.mark.parametrize(("act", "kind"), NO_USE)
def test_next_run_repeats_a_post_without_a_useful_answer_byte_for_byte(
    studio: Studio, act: Act, kind: type[Exception]
) -> None:
    studio.shoot("walk")
    studio.breaks("create", act)
    studio.render()
    outcome = studio.mended().render()
    first, again = studio.door.of_kind("create")
    assert (outcome.exit_code, studio.settled()) == (0, SHOT_MICRO_USD)
    assert (again.content, again.headers["Idempotency-Key"]) == (first.content, first.headers["Idempotency-Key"])


@pytest.mark.parametrize(("act", "kind"), NO_USE)
def test_nothing_more_is_submitted_to_a_server_that_gives_no_useful_answer(
    studio: Studio, act: Act, kind: type[Exception]
) -> None:
    studio.shoot("walk", walk="takes = 4")
    studio.breaks("create", act, times=9)
    studio.render(concurrency=1)
    assert len(studio.door.of_kind("create")) == 1


def test_lost_answer_is_asked_for_again_within_the_run(studio: Studio) -> None:
    studio.shoot("walk")
    studio.breaks("create", lose_answer(), times=2)
    assert studio.render(retries=3).exit_code == 0
    assert (studio.settled(), len(studio.simulator.tasks)) == (SHOT_MICRO_USD, 1)


def test_key_that_the_server_repeats_in_its_refusal_is_in_no_file(studio: Studio) -> None:
    studio.breaks("create", refuse(422, f"bad key {KEY}"), times=2)
    studio.render()
    assert KEY.encode() not in b"".join(path.read_bytes() for path in studio.folder.rglob("*") if path.is_file())
