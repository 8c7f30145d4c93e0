"""A whole render: what is bought, what is shared, how many at a time, which exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kling_render.events import Event
from kling_render.ledger import Caps, State
from kling_render.ledger.store import Intent, Ledger, Run
from kling_render.rendering import LEDGER

from .conftest import FILM, KEY, OTHER_KEY, SHOT_MICRO_USD, fail_task, no_connection, raw, refuse

if TYPE_CHECKING:
    from .conftest import Studio


def test_every_take_is_bought_once_and_delivered(studio: Studio) -> None:
    outcome = studio.render()
    assert (outcome.exit_code, outcome.undelivered, outcome.problems) == (0, (), {})
    assert len(studio.clips()) == 2
    assert studio.settled() == outcome.run_micro_usd == 2 * SHOT_MICRO_USD


def test_second_run_submits_nothing(studio: Studio) -> None:
    studio.render()
    studio.door.requests.clear()
    outcome = studio.render()
    assert (outcome.exit_code, outcome.submitted, outcome.run_micro_usd) == (0, (), 0)
    assert {request.url.path for request in studio.door.requests} == {"/api/v1/me", "/api/v1/me/balance"}


def test_changed_shot_is_bought_alone_and_the_old_clip_stays(studio: Studio) -> None:
    studio.render()
    before = {path: (studio.folder / path).read_bytes() for path in studio.clips()}
    studio.shoot("walk", "run", walk="duration_seconds = 4")
    outcome = studio.render()
    assert outcome.submitted == ("walk#1",)
    assert {path: (studio.folder / path).read_bytes() for path in before} == before
    assert len(studio.clips()) == 3


def test_cost_of_a_run_leaves_out_earlier_clips_of_the_same_address(studio: Studio) -> None:
    studio.render()
    studio.shoot("walk", "run", walk="enable_sound = true")
    assert studio.render().run_micro_usd == 600_000


def test_one_more_take_is_bought_alone(studio: Studio) -> None:
    studio.render()
    studio.shoot("walk", "run", walk="takes = 2")
    assert studio.render().submitted == ("walk#2",)


def test_takes_of_one_shot_are_different_clips(studio: Studio) -> None:
    studio.shoot("walk", walk="takes = 3")
    studio.render()
    assert len({(studio.folder / path).read_bytes() for path in studio.clips()}) == 3


def test_shots_with_the_same_request_share_one_paid_take(studio: Studio) -> None:
    film = FILM + '[shot.twin]\nprompt = "Mira walks"\n'
    studio.shoot("walk", film=film)
    outcome = studio.render()
    assert (outcome.exit_code, outcome.undelivered, len(studio.clips())) == (0, (), 1)
    assert studio.settled() == SHOT_MICRO_USD


def test_another_account_finds_nothing_bought(studio: Studio) -> None:
    studio.render()
    outcome = studio.render(key=OTHER_KEY)
    assert sorted(outcome.submitted) == ["run#1", "walk#1"]
    assert (studio.settled(KEY), studio.settled(OTHER_KEY)) == (2 * SHOT_MICRO_USD, 2 * SHOT_MICRO_USD)


def test_another_account_does_not_overwrite_the_clips_of_the_first(studio: Studio) -> None:
    studio.render()
    before = {path: (studio.folder / path).read_bytes() for path in studio.clips()}
    studio.render(key=OTHER_KEY)
    assert {path: (studio.folder / path).read_bytes() for path in before} == before
    assert len(studio.clips()) == 4


def test_another_origin_finds_nothing_bought_and_has_its_own_folder(studio: Studio) -> None:
    studio.render()
    outcome = studio.render(base_url="http://127.0.0.1:8080")
    assert sorted(outcome.submitted) == ["run#1", "walk#1"]
    assert {path.split("/")[0] for path in studio.clips()} == {"renders", "renders-127.0.0.1-8080"}


def test_lost_ledger_costs_nothing(studio: Studio) -> None:
    studio.render()
    for file in (studio.folder / ".kling-render").iterdir():
        file.unlink()
    outcome = studio.render()
    assert (outcome.exit_code, len(studio.clips())) == (0, 2)
    assert studio.settled() == 2 * SHOT_MICRO_USD


@pytest.mark.parametrize("concurrency", [1, 2, 3])
def test_no_more_takes_are_in_flight_than_asked_for(studio: Studio, concurrency: int) -> None:
    studio.shoot("walk", walk="takes = 7")
    in_flight: set[str] = set()
    most = 0

    def watch(event: Event) -> None:
        nonlocal most
        if event.kind == "submitted":
            in_flight.add(event.address)
        elif event.kind == "completed":
            in_flight.discard(event.address)
        most = max(most, len(in_flight))

    studio.render(concurrency=concurrency, catch=watch)
    assert (most, studio.door.most_creates) == (concurrency, concurrency)


def test_concurrency_of_the_project_counts_where_the_settings_have_none(studio: Studio) -> None:
    studio.shoot("walk", film=FILM + "[render]\nconcurrency = 2\n", walk="takes = 5")
    studio.render()
    assert studio.door.most_creates == 2


def test_cap_holds_over_takes_that_are_bought_at_the_same_time(studio: Studio) -> None:
    studio.shoot("walk", walk="takes = 4")
    plan = studio.render(max_micro_usd=4 * SHOT_MICRO_USD).plan
    assert studio.settled() == plan.total_micro_usd == 4 * SHOT_MICRO_USD


def test_cap_that_another_process_uses_up_meanwhile_stops_the_run(studio: Studio) -> None:
    studio.shoot("walk", "run", film=FILM.replace("max_usd = 50", "max_usd = 1.26"))

    def spend_elsewhere(event: Event) -> None:
        if event.kind == "submitted":
            reserve_elsewhere(studio, 2 * SHOT_MICRO_USD)

    outcome = studio.render(concurrency=1, catch=spend_elsewhere)
    assert (outcome.exit_code, outcome.undelivered) == (3, ("run#1",))
    assert "would break max_usd = $1.26" in outcome.problems["run#1"].message
    assert studio.settled() == SHOT_MICRO_USD


def reserve_elsewhere(studio: Studio, micro_usd: int) -> None:
    """What another process that shares the ledger would write."""
    with Ledger(studio.folder / LEDGER) as ledger:
        identity = ledger.last_identity("nf-7c1e", "https://runapi.ai")
        assert identity is not None
        account = (identity.origin, identity.account_id, identity.account_name)
        run = Run("other", "nf-7c1e", *account, "default", "", "me", "card", "0", "h", studio.now())
        ledger.start_run(run)
        intent = Intent("x#1", "x", "0" * 64, 1, 1, "text_to_video", "m", "kr1-x", "c", b"{}", micro_usd)
        ledger.reserve(run, intent, Caps(), studio.now())


def test_failed_take_does_not_spoil_its_siblings(studio: Studio) -> None:
    studio.breaks("create", refuse(422), containing=b"walks")
    outcome = studio.render()
    assert (outcome.exit_code, outcome.undelivered) == (7, ("walk#1",))
    assert len(studio.clips()) == 1


@pytest.mark.parametrize("state", [State.FAILED, State.UNKNOWN])
def test_run_that_leaves_a_hole_of_an_earlier_run_exits_with_7(studio: Studio, state: State) -> None:
    studio.breaks("create", refuse(422 if state is State.FAILED else 409), containing=b"walks")
    studio.render()
    outcome = studio.mended().render()
    assert (outcome.exit_code, outcome.undelivered, outcome.submitted) == (7, ("walk#1",), ())


def test_take_that_failed_is_bought_anew_when_asked_for(studio: Studio) -> None:
    studio.breaks("create", refuse(422), containing=b"walks")
    studio.render()
    first = studio.attempt("walk#1")
    outcome = studio.mended().render(retry_failed=True)
    second = studio.attempt("walk#1")
    assert (outcome.exit_code, second.attempt, second.state) == (0, 2, State.DOWNLOADED)
    assert second.key != first.key


def test_key_that_is_refused_counts_before_everything_else(studio: Studio) -> None:
    studio.shoot("walk", "run", "rest")
    studio.breaks("poll", fail_task())
    studio.breaks("create", refuse(401), skip=2)
    outcome = studio.render(concurrency=1)
    assert {problem.exit_code for problem in outcome.problems.values()} == {7, 10}
    assert outcome.exit_code == 10


def test_unintelligible_server_counts_before_too_little_credit(studio: Studio) -> None:
    studio.breaks("create", refuse(402), containing=b"walks")
    studio.breaks("create", raw(200, b"<html>", "text/html"), containing=b"runs")
    outcome = studio.render(concurrency=2)
    assert {problem.exit_code for problem in outcome.problems.values()} == {3, 11}
    assert outcome.exit_code == 11


def test_events_tell_the_run_from_start_to_finish(studio: Studio) -> None:
    studio.shoot("walk")
    studio.render()
    kinds = [event.kind for event in studio.events if event.kind != "differs"]
    assert kinds == ["started", "reserved", "submitted", "processing", "completed", "downloaded", "finished"]
    assert studio.events[0].count == 1
    assert studio.events[5].micro_usd == SHOT_MICRO_USD


def test_reason_that_stops_the_run_is_told_once(studio: Studio) -> None:
    studio.breaks("create", no_connection(), times=9)
    studio.render(concurrency=2)
    stopped = [event for event in studio.events if event.kind == "stopped"]
    assert len(stopped) == 1
    assert "nothing more is submitted" in stopped[0].message
