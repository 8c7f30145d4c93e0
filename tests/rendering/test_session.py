"""What a render insists on before it spends anything, and what it leaves in the books."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock, Timeout

from kling_render._version import __version__
from kling_render.errors import (
    AuthenticationError,
    BudgetError,
    InvalidProjectError,
    KeyMissingError,
    LockedError,
    PlanChangedError,
    StorageError,
    UnintelligibleAnswerError,
    UnreachableError,
)
from kling_render.events import Event
from kling_render.ledger import Snapshot, State
from kling_render.project import load
from kling_render.rendering import LEDGER
from kling_render.rendering.consent import DeclinedError, Proposal
from kling_render.rendering.snapshots import read_snapshot
from kling_render.settings import Settings

from .conftest import FILM, KEY, ORIGIN, SHOT_MICRO_USD, no_connection, raw, refuse

if TYPE_CHECKING:
    from .conftest import Studio

WITHOUT_CAP = FILM.replace("[budget]\nmax_usd = 50\n", "")


def has_submitted(studio: Studio) -> bool:
    return bool(studio.door.of_kind("create"))


def tables(studio: Studio, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(studio.folder / LEDGER)) as connection:
        return connection.execute(query).fetchall()


# Key and server


def test_without_a_key_nothing_is_asked_of_the_network(studio: Studio) -> None:
    with pytest.raises(KeyMissingError, match="there is no API key") as caught:
        studio.render(key=None)
    assert (caught.value.exit_code, studio.door.requests) == (10, [])
    assert "kling-render rehearse" in caught.value.hint


def test_faults_of_the_project_come_before_the_missing_key(studio: Studio) -> None:
    studio.shoot("walk", walk="duration_seconds = 99")
    with pytest.raises(InvalidProjectError, match="1 fault"):
        studio.render(key=None)


def test_refused_key_ends_the_run_before_anything_is_written(studio: Studio) -> None:
    key = "rk-wrong-of-the-tests"
    with pytest.raises(AuthenticationError, match="refuses the API key") as caught:
        studio.render(key=key)
    assert key not in str(caught.value) + caught.value.hint
    assert (caught.value.exit_code, [path.name for path in studio.folder.iterdir()]) == (10, ["project.toml"])


@pytest.mark.parametrize("kind", ["me", "balance"])
def test_server_that_is_not_there_ends_the_run_before_anything_is_written(studio: Studio, kind: str) -> None:
    studio.breaks(kind, no_connection())
    with pytest.raises(UnreachableError, match=f"No connection to {re.escape(ORIGIN)}") as caught:
        studio.render()
    assert (caught.value.exit_code, [path.name for path in studio.folder.iterdir()]) == (11, ["project.toml"])


def test_page_in_place_of_an_account_ends_the_run_before_anything_is_written(studio: Studio) -> None:
    studio.breaks("me", raw(200, b"<html><title>Log in</title>", "text/html"))
    with pytest.raises(UnintelligibleAnswerError, match=r"answered HTML, not JSON \(Log in\)"):
        studio.render()
    assert [path.name for path in studio.folder.iterdir()] == ["project.toml"]


# Budget and consent


def test_plan_over_a_cap_is_refused_before_the_first_post(studio: Studio) -> None:
    studio.shoot("walk", "run", film=FILM.replace("max_usd = 50", "max_usd = 0.83"))
    with pytest.raises(BudgetError, match=r"\$0\.84 would break max_usd = \$0\.83") as caught:
        studio.render()
    assert (caught.value.exit_code, has_submitted(studio)) == (3, False)


def test_cap_of_this_run_is_held_before_the_first_post(studio: Studio) -> None:
    with pytest.raises(BudgetError, match="--max-usd"):
        studio.render(max_micro_usd=2 * SHOT_MICRO_USD - 1)
    assert not has_submitted(studio)


def test_cap_per_day_counts_todays_earlier_runs(studio: Studio) -> None:
    film = FILM.replace("max_usd = 50", "max_usd_per_day = 0.84")
    studio.shoot("walk", "run", film=film)
    studio.render()
    studio.shoot("walk", "run", "rest", film=film)
    with pytest.raises(BudgetError, match="max_usd_per_day"):
        studio.render()


def test_cap_per_day_is_free_again_the_next_day(studio: Studio) -> None:
    film = FILM.replace("max_usd = 50", "max_usd_per_day = 0.84")
    studio.shoot("walk", "run", film=film)
    studio.render()
    studio.sleep(days=1)
    studio.shoot("walk", "run", "rest", film=film)
    assert studio.render().submitted == ("rest#1",)


def test_cap_for_the_life_of_the_project_counts_every_run(studio: Studio) -> None:
    film = FILM.replace("max_usd = 50", "max_usd = 1.00")
    studio.shoot("walk", "run", film=film)
    studio.render()
    studio.sleep(days=400)
    studio.shoot("walk", "run", "rest", film=film)
    with pytest.raises(BudgetError, match=r"\$0\.42 would break max_usd = \$1\.00 with \$0\.84 spent"):
        studio.render()


def test_without_a_cap_and_with_nobody_to_ask_nothing_starts(studio: Studio) -> None:
    studio.shoot("walk", film=WITHOUT_CAP)
    with pytest.raises(BudgetError, match="without a cap, a render that nobody watches does not start"):
        studio.render()
    assert not has_submitted(studio)


def test_cap_per_take_alone_bounds_nothing(studio: Studio) -> None:
    studio.shoot("walk", film=FILM.replace("max_usd = 50", "max_usd_per_take = 5"))
    with pytest.raises(BudgetError, match="without a cap"):
        studio.render()


def test_without_a_cap_somebody_who_agrees_is_enough(studio: Studio) -> None:
    studio.shoot("walk", film=WITHOUT_CAP)
    assert studio.render(confirm=lambda proposal: True).exit_code == 0


def test_without_a_cap_the_one_of_this_run_is_enough(studio: Studio) -> None:
    studio.shoot("walk", film=WITHOUT_CAP)
    assert studio.render(max_micro_usd=SHOT_MICRO_USD).exit_code == 0


def test_whoever_is_asked_sees_plan_account_and_balance(studio: Studio) -> None:
    seen: list[Proposal] = []

    def agree(proposal: Proposal) -> bool:
        seen.append(proposal)
        assert not has_submitted(studio)
        return True

    studio.render(confirm=agree)
    (proposal,) = seen
    assert (proposal.plan.due_micro_usd, proposal.balance.balance_cents) == (2 * SHOT_MICRO_USD, 10_000)
    assert proposal.account.account_name.startswith("Mock account")


def test_whoever_does_not_agree_spends_nothing(studio: Studio) -> None:
    with pytest.raises(DeclinedError):
        studio.render(confirm=lambda proposal: False)
    assert not has_submitted(studio)
    assert tables(studio, "SELECT count(*) FROM runs") == [(0,)]


def test_nobody_is_asked_when_nothing_is_to_be_bought(studio: Studio) -> None:
    studio.render()

    def ask(proposal: Proposal) -> bool:
        raise AssertionError(proposal)

    assert studio.render(confirm=ask).exit_code == 0


# The agreed plan


def test_agreed_plan_is_rendered(studio: Studio) -> None:
    agreed = studio.render().plan.hash
    assert studio.render(expect_plan=agreed[:8]).exit_code == 0


def test_plan_is_still_the_agreed_one_while_it_is_rendered(studio: Studio) -> None:
    agreed = studio.render().plan.hash
    assert studio.render(expect_plan=agreed).exit_code == 0


@pytest.mark.parametrize("agreed", ["0" * 64, "0" * 8, ""])
def test_another_plan_than_the_agreed_one_is_refused_before_the_first_post(studio: Studio, agreed: str) -> None:
    with pytest.raises(PlanChangedError, match=f"the plan is [0-9a-f]{{16}}, not {agreed}") as caught:
        studio.render(expect_plan=agreed)
    assert (caught.value.exit_code, has_submitted(studio)) == (9, False)


def test_beginning_of_a_hash_that_is_too_short_is_no_agreement(studio: Studio) -> None:
    agreed = studio.render().plan.hash
    with pytest.raises(PlanChangedError, match=agreed[:7]):
        studio.render(expect_plan=agreed[:7])


# The lock


def test_render_while_another_is_at_work_is_refused(studio: Studio) -> None:
    lock = FileLock(studio.folder / ".kling-render" / "render.lock")
    (studio.folder / ".kling-render").mkdir()
    with lock, pytest.raises(LockedError, match="another render of this project is at work") as caught:
        studio.render()
    assert (caught.value.exit_code, has_submitted(studio)) == (8, False)


def test_lock_is_held_while_a_render_is_at_work(studio: Studio) -> None:
    lock, refused = FileLock(studio.folder / ".kling-render" / "render.lock"), []

    def try_to_lock(event: Event) -> None:
        with pytest.raises(Timeout):
            lock.acquire(timeout=0)
        refused.append(event.kind)

    studio.render(catch=try_to_lock)
    assert {"started", "submitted", "downloaded", "finished"} <= set(refused)


def test_lock_is_free_after_a_run_that_was_refused(studio: Studio) -> None:
    with pytest.raises(PlanChangedError, match="not 00000000"):
        studio.render(expect_plan="0" * 8)
    assert studio.render().exit_code == 0


def test_folder_that_cannot_be_made_is_a_storage_error_before_the_first_post(studio: Studio) -> None:
    (studio.folder / ".kling-render").write_text("a file in the way")
    with pytest.raises(StorageError, match="cannot write") as caught:
        studio.render()
    assert (caught.value.exit_code, has_submitted(studio)) == (12, False)


def test_ledger_that_is_none_is_a_storage_error_before_the_first_post(studio: Studio) -> None:
    (studio.folder / LEDGER).parent.mkdir()
    (studio.folder / LEDGER).write_bytes(b"not a ledger" * 100)
    with pytest.raises(StorageError, match="file is not a database"):
        studio.render()
    assert not has_submitted(studio)


# The books


def test_run_is_recorded_with_client_person_profile_account_prices_and_version(studio: Studio) -> None:
    outcome = studio.render()
    identity = outcome.snapshot.identity
    assert identity is not None
    columns = (
        "project_id, origin, account_id, account_name, profile, client, person, price_card, tool_version, plan_hash"
    )
    assert tables(studio, f"SELECT {columns} FROM runs") == [  # noqa: S608 - our own columns
        (
            "nf-7c1e", ORIGIN, identity.account_id, identity.account_name, "default", "ACME", "mira", "2026-07-28",
            __version__, outcome.plan.hash,
        )
    ]  # fmt: skip


def test_every_run_has_an_id_of_its_own(studio: Studio) -> None:
    studio.render()
    studio.render()
    assert tables(studio, "SELECT count(DISTINCT id) FROM runs") == [(2,)]


def test_history_tells_every_step_of_a_take(studio: Studio) -> None:
    studio.shoot("walk")
    studio.render()
    assert [state for (state,) in tables(studio, "SELECT state FROM history ORDER BY id")] == [
        "intent",
        "submitted",
        "processing",
        "completed",
        "downloaded",
    ]


def test_key_is_not_in_the_ledger(studio: Studio) -> None:
    studio.breaks("create", refuse(422, f"{KEY} is not yours"), containing=b"walks")
    studio.render()
    assert KEY.encode() not in (studio.folder / LEDGER).read_bytes()
    assert b"[API key] is not yours" in (studio.folder / LEDGER).read_bytes()


# Reading without rendering


def known_of(studio: Studio, base_url: str = ORIGIN) -> Snapshot:
    return read_snapshot(load(studio.folder), Settings(base_url=base_url), studio.now())


def test_snapshot_of_a_project_without_a_ledger_is_empty_and_writes_nothing(studio: Studio) -> None:
    assert known_of(studio).attempts == ()
    assert [path.name for path in studio.folder.iterdir()] == ["project.toml"]


def test_snapshot_is_that_of_the_account_that_rendered_last(studio: Studio) -> None:
    studio.render()
    snapshot = known_of(studio)
    assert [each.state for each in snapshot.attempts] == [State.DOWNLOADED, State.DOWNLOADED]


def test_snapshot_of_another_origin_is_empty(studio: Studio) -> None:
    studio.render()
    assert known_of(studio, "http://127.0.0.1:8080").attempts == ()


def test_snapshot_of_a_damaged_ledger_is_a_storage_error(studio: Studio) -> None:
    (studio.folder / LEDGER).parent.mkdir()
    (studio.folder / LEDGER).write_bytes(b"not a ledger" * 100)
    with pytest.raises(StorageError, match="cannot be used"):
        known_of(studio)
