"""Ways in which a take was nearly paid twice, or a cap nearly broken: clones, refusals, retries, picks in between."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from kling_render.errors import BudgetError, PlanChangedError
from kling_render.ledger import Pick, State, read_lock, read_picks, write_picks
from kling_render.planning import Selection
from kling_render.rendering.consent import Proposal

from .chained import on_frame_of
from .conftest import FILM, SHOT_MICRO_USD, Answer, fail_task, lose_answer, refuse
from .test_retries import fail_and_charge

if TYPE_CHECKING:
    from .conftest import Studio

RETRYING = f"{FILM}[render]\nretries = 2\n"
UNCAPPED = RETRYING.replace("[budget]\nmax_usd = 50\n", "")
LIPS = (
    'model = "kling-v3-omni-reference"\naspect_ratio = "1:1"\nreference_image_urls = ["https://media.example/a.png"]\n'
)


def agree(_: Proposal) -> bool:
    return True


def creates(studio: Studio) -> int:
    return len(studio.door.of_kind("create"))


def bought_by_a_colleague(studio: Studio) -> str:
    """Another clone buys the take; its lock comes here. The task's id."""
    here, there = studio.folder, studio.folder.with_name("clone")
    shutil.copytree(here, there)
    shutil.rmtree(there / ".kling-render")
    studio.mended().folder = there
    studio.render()
    shutil.copy(there / "takes.lock", here / "takes.lock")
    studio.folder = here
    return read_lock(here / "takes.lock")[0].task_id


@pytest.mark.parametrize("trouble", [refuse(402), refuse(422), lose_answer()], ids=["released", "failed", "intent"])
@pytest.mark.parametrize("known", [{}, {"retry_failed": True}], ids=["plain", "retry failed"])
def test_take_that_a_colleague_bought_after_trouble_here_is_fetched(
    studio: Studio, trouble: Any, known: dict[str, Any]
) -> None:
    studio.shoot("walk")
    studio.breaks("create", trouble)
    studio.render()
    task_id = bought_by_a_colleague(studio)
    studio.sleep(days=3)
    before = creates(studio)
    assert studio.render(**known).exit_code == 0
    assert (creates(studio) - before, studio.settled()) == (0, SHOT_MICRO_USD)
    attempt = studio.attempt("walk#1")
    assert (attempt.task_id, attempt.state, attempt.settled_micro_usd) == (task_id, State.DOWNLOADED, SHOT_MICRO_USD)
    assert [each.task_id for each in read_lock(studio.folder / "takes.lock")] == [task_id]


def in_flight(studio: Studio, film: str) -> None:
    """One take is submitted; the next look at it will tell that it has failed."""
    studio.shoot("walk", film=film)
    studio.render_until("poll", confirm=agree)
    studio.shoot("walk", "run", film=film)
    studio.breaks("poll", fail_task())


def test_render_that_is_refused_buys_no_retry_of_what_it_finishes(studio: Studio) -> None:
    in_flight(studio, UNCAPPED)
    before = creates(studio)
    with pytest.raises(BudgetError, match="without a cap"):
        studio.render()
    assert creates(studio) == before


def test_take_that_is_not_selected_is_finished_and_not_retried(studio: Studio) -> None:
    in_flight(studio, RETRYING)
    studio.render(selection=Selection.parse(["run"]))
    assert [(each.address, each.attempt) for each in studio.snapshot().attempts] == [("walk#1", 1), ("run#1", 1)]


def test_retry_of_a_take_whose_price_nobody_knows_any_more_is_refused(studio: Studio) -> None:
    film = RETRYING.replace('output_resolution = "720p"\nenable_sound = false\n', "")
    assumed = film.replace("max_usd = 50", "max_usd = 1\nunknown_price = { assume_usd_per_take = 0.9 }")
    studio.shoot("lips", film=assumed, lips=LIPS)
    studio.render_until("poll")
    studio.shoot("lips", film=film.replace("max_usd = 50", "max_usd = 1"), lips=LIPS)
    studio.breaks("poll", fail_and_charge(), times=3)
    outcome = studio.render()
    assert isinstance(outcome.problems["lips#1"], BudgetError)
    assert len(outcome.snapshot.attempts) == 1


def test_repeated_intent_counts_against_the_cap_of_the_run_that_repeats_it(studio: Studio) -> None:
    film = FILM.replace("max_usd = 50", "max_usd_per_run = 0.84") + "[render]\nretries = 1\n"
    studio.shoot("walk", film=film)
    studio.breaks("create", lose_answer())
    studio.render()
    studio.mended().shoot("walk", "run", film=film)
    studio.breaks("poll", fail_and_charge())
    outcome = studio.render()
    assert outcome.run_micro_usd <= 840_000
    assert any(isinstance(each, BudgetError) for each in outcome.problems.values())


def test_pick_that_is_made_while_the_question_stands_changes_nothing_that_was_agreed(studio: Studio) -> None:
    studio.shoot("walk", walk="takes = 2")
    studio.render()
    shutil.rmtree(studio.folder / ".kling-render")
    studio.shoot("walk", "sit", walk="takes = 2", sit=on_frame_of("walk"))
    agreed: list[str] = []

    def pick_and_agree(proposal: Proposal) -> bool:
        agreed.extend(each.fingerprint for each in proposal.plan.due)
        file, mark = studio.folder / "picks.toml", proposal.plan.takes[0].fingerprint
        write_picks(file, read_picks(file).with_pick("walk", Pick(2, mark)))
        return True

    studio.render(confirm=pick_and_agree)
    assert [each.fingerprint for each in studio.snapshot().attempts if each.address == "sit#1"] == agreed


def test_plan_that_is_another_after_the_question_is_refused(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    studio.shoot("walk")
    studio.render()
    shutil.rmtree(studio.folder / ".kling-render")
    studio.shoot("walk", "run")
    before = creates(studio)

    def edit_and_agree(_: Proposal) -> bool:
        monkeypatch.setattr("kling_render.planning.tally.Tally.hash", property(lambda self: f"{id(self)}"))
        return True

    with pytest.raises(PlanChangedError, match="the plan has changed since it was agreed"):
        studio.render(confirm=edit_and_agree)
    assert creates(studio) == before


def test_answer_about_another_task_is_not_taken_for_this_one(studio: Studio) -> None:
    answers: list[httpx.Response] = []

    async def mix_up(request: httpx.Request, forward: Answer) -> httpx.Response:
        answers.append(await forward(request))
        return answers[0]

    studio.breaks("poll", mix_up, times=2)
    assert studio.render(concurrency=2).exit_code == 0
    one, other = (studio.folder / path for path in studio.clips())
    assert one.read_bytes() != other.read_bytes()


def test_retry_that_waits_for_its_source_holds_no_place_that_the_source_needs(studio: Studio) -> None:
    film = FILM + "[render]\nretries = 1\nconcurrency = 1\n"
    studio.shoot("walk", film=film)
    studio.render()
    studio.shoot("walk", "sit", film=film, sit=on_frame_of("walk"))
    studio.render_until("poll")
    (studio.folder / next(path for path in studio.clips() if "walk" in path)).unlink()
    studio.sleep(days=8)
    studio.breaks("poll", fail_task())
    assert studio.render(again=True).manifest.exists()
