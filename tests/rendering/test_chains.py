"""Shots that refer to each other: each is asked for once the clip that it needs is here, and frozen then."""

from __future__ import annotations

import json
import shutil
from io import BytesIO
from typing import TYPE_CHECKING

import anyio
import httpx
import pytest
from PIL import Image

from kling_render.ledger import State
from kling_render.media import frame_of
from kling_render.planning import TakeState
from kling_render.project import load
from kling_render.rehearsal import rehearse

from .chained import clip_of, create_of, creates, fetched, on_frame_of, pick, planned, slow_tasks, states
from .conftest import FILM, KEY, SHOT_MICRO_USD, Answer, refuse

if TYPE_CHECKING:
    from .conftest import Studio


# What is sent


@pytest.mark.parametrize("which", ["first", "last"])
def test_shot_is_sent_with_that_frame_of_the_other_shots_clip(studio: Studio, which: str) -> None:
    studio.shoot("walk", "sit", sit=on_frame_of("walk", which))
    assert studio.render().exit_code == 0
    sent = fetched(studio, create_of(studio, "sits")["first_frame_image_url"])
    frame = frame_of(studio.folder / clip_of(studio, "walk#1"), "first" if which == "first" else "last")
    assert (sent, Image.open(BytesIO(sent)).format) == (frame, "PNG")


def test_request_is_frozen_in_the_ledger_with_the_url_of_the_frame(studio: Studio) -> None:
    studio.shoot("walk", "sit", sit=on_frame_of("walk"))
    studio.render()
    assert json.loads(studio.attempt("sit#1").body) == create_of(studio, "sits")


def test_shot_that_waits_is_asked_for_after_the_clip_that_it_begins_on_is_here(studio: Studio) -> None:
    studio.shoot("sit", "walk", sit=on_frame_of("walk"))
    studio.render()
    steps = [(each.kind, each.address) for each in studio.events if each.kind in ("reserved", "downloaded")]
    assert steps.index(("downloaded", "walk#1")) < steps.index(("reserved", "sit#1"))


def test_takes_that_were_planned_on_are_all_waited_for_although_others_are_done_first(studio: Studio) -> None:
    both = on_frame_of("walk") + '\nlast_frame_image_url = { shot = "run", frame = "first" }'
    studio.shoot("walk", "run", "sit", run="takes = 2", sit=both)
    studio.breaks("poll", slow_tasks(studio, {"walk#1": 300, "run#1": 900}), times=1000)
    assert studio.render().exit_code == 0
    sent = fetched(studio, create_of(studio, "sits")["last_frame_image_url"])
    assert sent == frame_of(studio.folder / clip_of(studio, "run#1"), "first")


def test_take_that_was_planned_on_counts_although_a_lower_one_is_here_first(studio: Studio) -> None:
    async def late(request: httpx.Request, forward: Answer) -> httpx.Response:
        await anyio.sleep(900)
        return await forward(request)

    studio.shoot("walk", walk="takes = 2")
    studio.breaks("poll", slow_tasks(studio, {"walk#1": 900}), times=1000)
    studio.breaks("clip", refuse(403), times=1000)
    studio.render(poll_timeout_seconds=300)
    studio.mended().breaks("clip", late)
    studio.shoot("walk", "sit", walk="takes = 2", sit=on_frame_of("walk"))
    studio.breaks("poll", slow_tasks(studio, {"walk#1": 60}), times=1000)
    assert studio.render().exit_code == 0
    steps = [each.address for each in studio.events if each.kind == "downloaded"]
    sent = fetched(studio, create_of(studio, "sits")["first_frame_image_url"])
    assert steps == ["walk#1", "walk#2", "sit#1"]
    assert sent == frame_of(studio.folder / clip_of(studio, "walk#2"), "last")


def test_extension_is_sent_with_the_task_of_the_other_shot(studio: Studio) -> None:
    film = FILM.replace("kling-3.0", "kling-v2.5-turbo").replace(
        'output_resolution = "720p"\nenable_sound = false\n', ""
    )
    film = film.replace("duration_seconds = 3", "duration_seconds = 5")
    longer = (
        'model = "kling-v2.5-turbo-text-to-video-pro"\nsource_task_id = { shot = "walk" }\nunset = ["duration_seconds"]'
    )
    studio.shoot("walk", "run", film=film, run=longer)
    assert studio.render().exit_code == 0
    assert create_of(studio, "runs")["source_task_id"] == studio.attempt("walk#1").task_id


def test_edit_is_sent_with_the_uploaded_clip_of_the_other_shot(studio: Studio) -> None:
    edit = 'model = "kling-v3-omni-edit"\naspect_ratio = "auto"\nsource_video_url = { shot = "walk" }\n'
    edit += 'unset = ["duration_seconds", "enable_sound"]\nestimate_seconds = 3'
    film = FILM.replace("[budget]\n", "[budget]\nunknown_price = { assume_usd_per_take = 1 }\n")
    studio.shoot("walk", "run", film=film, run=edit)
    outcome = studio.render()
    assert outcome.exit_code == 0, outcome.problems
    sent = fetched(studio, create_of(studio, "runs")["source_video_url"])
    assert sent == (studio.folder / clip_of(studio, "walk#1")).read_bytes()


def test_frame_that_two_shots_begin_on_is_uploaded_once(studio: Studio) -> None:
    studio.shoot("walk", "sit", "lie", sit=on_frame_of("walk"), lie=on_frame_of("walk"))
    studio.render()
    urls = {create_of(studio, prompt)["first_frame_image_url"] for prompt in ("sits", "lies")}
    assert (len(urls), len(studio.door.of_kind("prepare"))) == (1, 1)


# Three in a row


def test_three_shots_each_on_the_last_frame_of_the_one_before_are_rendered(studio: Studio) -> None:
    studio.shoot("walk", "sit", "lie", sit=on_frame_of("walk"), lie=on_frame_of("sit"))
    outcome = studio.render()
    assert (outcome.exit_code, len(studio.clips()), studio.settled()) == (0, 3, 3 * SHOT_MICRO_USD)


def test_three_shots_each_on_the_last_frame_of_the_one_before_are_rehearsed(studio: Studio) -> None:
    studio.shoot("walk", "sit", "lie", sit=on_frame_of("walk"), lie=on_frame_of("sit"))
    rehearsal = rehearse(load(studio.folder))
    assert (rehearsal.outcome.exit_code, len(studio.clips())) == (0, 3)
    assert rehearsal.charged_micro_usd == rehearsal.outcome.plan.due_micro_usd


def test_rehearsed_chain_leaves_nothing_outside_its_folder(studio: Studio) -> None:
    studio.shoot("walk", "sit", sit=on_frame_of("walk"))
    before = set(studio.folder.iterdir())
    rehearse(load(studio.folder))
    assert set(studio.folder.iterdir()) - before == {studio.folder / "rehearsal"}


def test_chain_that_is_whole_is_not_bought_again(studio: Studio) -> None:
    studio.shoot("walk", "sit", "lie", sit=on_frame_of("walk"), lie=on_frame_of("sit"))
    studio.render()
    assert (studio.render().submitted, len(creates(studio))) == ((), 3)


@pytest.mark.parametrize("concurrency", [1, 4])
def test_chain_written_in_any_order_is_rendered_with_any_concurrency(studio: Studio, concurrency: int) -> None:
    studio.shoot("lie", "sit", "walk", sit=on_frame_of("walk"), lie=on_frame_of("sit"))
    assert studio.render(concurrency=concurrency).exit_code == 0


# Ends in between


@pytest.mark.parametrize("kind", ["prepare", "confirm", "create"])
def test_chain_that_was_killed_between_two_shots_is_paid_once(studio: Studio, kind: str) -> None:
    studio.shoot("walk", "sit", sit=on_frame_of("walk"))
    studio.render_until(kind, skip=1 if kind == "create" else 0)
    assert studio.render().exit_code == 0
    assert (len(studio.clips()), studio.settled()) == (2, 2 * SHOT_MICRO_USD)


def test_request_that_was_frozen_before_a_kill_is_repeated_byte_for_byte(studio: Studio) -> None:
    studio.shoot("walk", "sit", sit=on_frame_of("walk"))
    studio.render_until("create", skip=1)
    frozen = studio.attempt("sit#1")
    studio.sleep(hours=3)  # the upload is dead by now
    studio.render()
    sent = studio.door.of_kind("create")[-1]
    assert frozen.state is State.INTENT
    assert (sent.content, sent.headers["Idempotency-Key"]) == (frozen.body, frozen.key)


def test_lost_ledger_finds_every_take_of_a_chain_paid(studio: Studio) -> None:
    studio.shoot("walk", "sit", "lie", sit=on_frame_of("walk"), lie=on_frame_of("sit"))
    studio.render()
    shutil.rmtree(studio.folder / ".kling-render")
    (studio.folder / "takes.lock").unlink()
    assert studio.render().exit_code == 0
    assert studio.settled(KEY) == 3 * SHOT_MICRO_USD


def test_fresh_clone_of_a_chain_buys_nothing(studio: Studio) -> None:
    studio.shoot("walk", "sit", "lie", walk="takes = 2", sit=on_frame_of("walk"), lie=on_frame_of("sit"))
    studio.render()
    pick(studio, "walk", 2)
    studio.render()
    for name in (".kling-render", "renders"):
        shutil.rmtree(studio.folder / name)
    outcome = studio.render()
    assert (outcome.exit_code, outcome.submitted, len(creates(studio))) == (0, (), 6)


# Picks


def test_second_take_upstream_alone_changes_nothing(studio: Studio) -> None:
    studio.shoot("walk", "sit", "lie", sit=on_frame_of("walk"), lie=on_frame_of("sit"))
    studio.render()
    studio.shoot("walk", "sit", "lie", walk="takes = 2", sit=on_frame_of("walk"), lie=on_frame_of("sit"))
    assert studio.render().submitted == ("walk#2",)
    assert set(states(studio).values()) == {"bought"}


def test_new_pick_upstream_marks_what_follows_as_changed_and_prices_it(studio: Studio) -> None:
    studio.shoot("walk", "sit", "lie", walk="takes = 2", sit=on_frame_of("walk"), lie=on_frame_of("sit"))
    studio.render()
    pick(studio, "walk", 2)
    again = planned(studio)
    assert states(studio) == {"walk#1": "bought", "walk#2": "bought", "sit#1": "changed", "lie#1": "pending"}
    assert again.due_micro_usd == 2 * SHOT_MICRO_USD


def test_new_pick_upstream_renders_what_follows_from_its_frame(studio: Studio) -> None:
    studio.shoot("walk", "sit", walk="takes = 2", sit=on_frame_of("walk"))
    studio.render()
    pick(studio, "walk", 2)
    outcome = studio.render()
    body = json.loads(studio.attempt("sit#1").body)
    assert (outcome.exit_code, outcome.submitted, len(studio.clips())) == (0, ("sit#1",), 4)
    sent = fetched(studio, body["first_frame_image_url"])
    assert sent == frame_of(studio.folder / clip_of(studio, "walk#2"), "last")


def test_pick_that_is_taken_back_finds_the_old_clip(studio: Studio) -> None:
    studio.shoot("walk", "sit", walk="takes = 2", sit=on_frame_of("walk"))
    studio.render()
    pick(studio, "walk", 2)
    studio.render()
    pick(studio, "walk", 1)
    assert (studio.render().submitted, states(studio)["sit#1"]) == ((), TakeState.BOUGHT)


def test_pick_of_the_take_that_was_used_changes_nothing(studio: Studio) -> None:
    studio.shoot("walk", "sit", walk="takes = 2", sit=on_frame_of("walk"))
    studio.render()
    pick(studio, "walk", 1)
    assert states(studio)["sit#1"] == "bought"
