"""What the ledger and `takes.lock` say, seen from this disk."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kling_render.ledger import Attempt, Clip, Snapshot, State
from kling_render.rendering.view import seen_from_here, write_view

from ..ledger.conftest import FREE, HERE, NOW, a_ledger, a_locked_take, a_run, an_attempt, an_intent

CLIP = Clip("renders/walk.mp4", hashlib.sha256(b"walk").hexdigest(), 4, 5.0, 1280, 720, False)
LATER = NOW + timedelta(days=8)


def a_snapshot(*attempts: Attempt) -> Snapshot:
    return Snapshot(HERE, attempts, "nf-7c1e")


def on_disk(folder: Path, content: bytes = b"walk") -> None:
    path = folder / CLIP.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def the_state(view: Snapshot) -> State:
    (attempt,) = view.attempts
    return attempt.state


# Seen


def test_take_of_the_lock_without_its_clip_here_is_elsewhere(tmp_path: Path) -> None:
    view = seen_from_here(a_snapshot(), [a_locked_take(clip=CLIP)], tmp_path, NOW)
    assert (the_state(view), view.attempts[0].task_id) == (State.ELSEWHERE, "t-1")


def test_take_of_the_lock_whose_clip_lies_here_is_downloaded(tmp_path: Path) -> None:
    on_disk(tmp_path)
    assert the_state(seen_from_here(a_snapshot(), [a_locked_take(clip=CLIP)], tmp_path, NOW)) is State.DOWNLOADED


def test_take_of_the_lock_with_another_file_in_its_place_is_elsewhere(tmp_path: Path) -> None:
    on_disk(tmp_path, b"something else")
    assert the_state(seen_from_here(a_snapshot(), [a_locked_take(clip=CLIP)], tmp_path, NOW)) is State.ELSEWHERE


def test_take_of_the_lock_that_nobody_downloaded_is_elsewhere(tmp_path: Path) -> None:
    line = a_locked_take(clip=None, url_expires_at=None, is_paid=False, settled_micro_usd=None)
    assert the_state(seen_from_here(a_snapshot(), [line], tmp_path, LATER)) is State.ELSEWHERE


@pytest.mark.parametrize(
    ("now", "state"),
    [(NOW + timedelta(days=7, seconds=-1), State.ELSEWHERE), (NOW + timedelta(days=7), State.EXPIRED)],
)
def test_take_of_the_lock_is_lost_once_its_url_is_dead(tmp_path: Path, now: Any, state: State) -> None:
    assert the_state(seen_from_here(a_snapshot(), [a_locked_take(clip=CLIP)], tmp_path, now)) is state


@pytest.mark.parametrize(("now", "state"), [(NOW, State.DOWNLOADED), (LATER, State.EXPIRED)])
def test_downloaded_clip_that_is_missing_is_lost_once_its_url_is_dead(tmp_path: Path, now: Any, state: State) -> None:
    assert the_state(seen_from_here(a_snapshot(an_attempt(clip=CLIP)), [], tmp_path, now)) is state


def test_downloaded_clip_that_is_here_is_never_lost(tmp_path: Path) -> None:
    on_disk(tmp_path)
    assert the_state(seen_from_here(a_snapshot(an_attempt(clip=CLIP)), [], tmp_path, LATER)) is State.DOWNLOADED


def test_missing_clip_whose_url_is_not_known_to_die_is_not_lost(tmp_path: Path) -> None:
    attempt = an_attempt(clip=CLIP, url_expires_at=None)
    assert the_state(seen_from_here(a_snapshot(attempt), [], tmp_path, LATER)) is State.DOWNLOADED


def test_lost_clip_that_somebody_put_back_is_downloaded(tmp_path: Path) -> None:
    on_disk(tmp_path)
    attempt = an_attempt(clip=CLIP, state=State.EXPIRED)
    assert the_state(seen_from_here(a_snapshot(attempt), [], tmp_path, LATER)) is State.DOWNLOADED


def test_other_file_in_the_place_of_a_lost_clip_does_not_bring_it_back(tmp_path: Path) -> None:
    on_disk(tmp_path, b"something else")
    attempt = an_attempt(clip=CLIP, state=State.EXPIRED)
    assert the_state(seen_from_here(a_snapshot(attempt), [], tmp_path, LATER)) is State.EXPIRED


@pytest.mark.parametrize(
    "state", sorted(set(State) - {State.DOWNLOADED, State.ELSEWHERE, State.EXPIRED}), ids=lambda state: state.value
)
def test_other_states_are_seen_as_they_are(tmp_path: Path, state: State) -> None:
    on_disk(tmp_path)
    assert the_state(seen_from_here(a_snapshot(an_attempt(clip=CLIP, state=state)), [], tmp_path, LATER)) is state


def test_line_of_another_account_is_not_seen(tmp_path: Path) -> None:
    assert seen_from_here(a_snapshot(), [a_locked_take(account_id="8")], tmp_path, NOW).attempts == ()


# Written


def test_take_of_the_lock_is_adopted_and_written_as_it_was_seen(tmp_path: Path) -> None:
    on_disk(tmp_path)
    line = a_locked_take(clip=CLIP)
    with a_ledger(tmp_path) as ledger:
        known = ledger.snapshot("nf-7c1e", HERE)
        view = seen_from_here(known, [line], tmp_path, NOW)
        assert write_view(ledger, a_run(), known, view, [line], NOW) == 1
        (row,) = ledger.snapshot("nf-7c1e", HERE).attempts
    assert (row.state, row.task_id, row.clip, row.settled_micro_usd) == (State.DOWNLOADED, "t-1", CLIP, 420_000)


def test_view_that_was_written_once_adopts_nothing_more(tmp_path: Path) -> None:
    line = a_locked_take(clip=CLIP)
    with a_ledger(tmp_path) as ledger:
        for adopted in (1, 0):
            known = ledger.snapshot("nf-7c1e", HERE)
            view = seen_from_here(known, [line], tmp_path, NOW)
            assert write_view(ledger, a_run(), known, view, [line], NOW) == adopted


def test_loss_that_was_seen_is_written(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        attempt = ledger.reserve(a_run(), an_intent(), FREE, NOW)
        ledger.record(a_run(), attempt, State.DOWNLOADED, NOW, clip=CLIP, url_expires_at=NOW + timedelta(days=7))
        known = ledger.snapshot("nf-7c1e", HERE)
        view = seen_from_here(known, [], tmp_path, LATER)
        assert write_view(ledger, a_run(), known, view, [], LATER) == 0
        assert the_state(ledger.snapshot("nf-7c1e", HERE)) is State.EXPIRED


def test_looking_alone_writes_nothing(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        seen_from_here(ledger.snapshot("nf-7c1e", HERE), [a_locked_take(clip=CLIP)], tmp_path, LATER)
        assert ledger.snapshot("nf-7c1e", HERE).attempts == ()
